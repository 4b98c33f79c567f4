/**
 * What the call centre asks of the world around it: the SIP front, or the model on virtual time. Each is an order to be carried out, none
 * returns anything; what comes of it is told to the `CallCentre` by its inputs.
 */
import type { OfferTruth, SimulatorEvent, TruthRow } from '../truth.ts';
import type { Agent } from './agents.ts';
import type { Call, Offer } from './call.ts';
import type { Site } from './sites.ts';

/** What the caller hears. hold 440 Hz · menu 600 Hz · busy 350 Hz · noted (the number, for a call-back) 600 Hz. */
export type Sound = 'menu' | 'hold' | 'busy' | 'noted' | 'echo';

export interface CentreHost {
  /** Sends the INVITE on to that site. Answer: `accepted(call, attempt)`; silence counts as a dead site. */
  place(call: Call, site: Site, attempt: number): void;
  /** Final refusal of a call that was not answered. By the edge where it has no site, else by the site. */
  refuse(call: Call, status: number, headers: { retryAfterS?: number; divertTo?: string }): void;
  /** 180 */
  ring(call: Call): void;
  /** 183: hold tone as early media. */
  early(call: Call): void;
  /** 200 */
  answer(call: Call): void;
  play(call: Call, sound: Sound): void;
  /** Calls the customer of `of` back. Answers: `customerAnswered`, `broken`, `left`. */
  callBack(call: Call, of: Call): void;
  /** Rings an account or a phone. Answers: `agentAnswered`, `agentRefused`. Never asked for own agents. */
  offer(offer: Offer): void;
  /** Stops ringing it. An answer that comes all the same must be hung up. */
  withdraw(offer: Offer): void;
  /** The agent is on the line. `offer` is null for own agents. */
  connect(call: Call, agent: Agent, offer: Offer | null): void;
  /** BYE (or CANCEL) to whoever is still there; nothing at all when `by` is fault. */
  end(call: Call, by: NonNullable<TruthRow['ended_by']>): void;
  /** One OPTIONS to that site. Answer: `probed`. */
  probe(site: Site): void;
  /** A call has ended, its row is complete. */
  truth(row: TruthRow): void;
  /** An offer to a registered agent is over. */
  offered?(row: OfferTruth): void;
  event(event: SimulatorEvent): void;
  /** The vendor's monitoring noticed: a webhook goes out. */
  alarm(kind: 'site-down' | 'site-up', site: Site, at: number): void;
}
