/** A site's legs to registered agents: rung at the call centre's orders, joined to the caller's media when answered. */

import { messageOf } from '../../errors.ts';
import { agree } from '../../media/index.ts';
import { hostPortText } from '../../sip/message/fields.ts';
import type { SipStack } from '../../sip/stack.ts';
import { nextSessionId, offerLike, replyToOffer, SDP } from './caller-sdp.ts';
import type { AgentLeg, CallerLeg } from './legs.ts';
import type { SiteMedia } from './rtp.ts';
import type { SiteWorld } from './site-front.ts';

export class AgentSide {
  readonly #world: SiteWorld;
  readonly #media: SiteMedia;
  readonly #stack: () => SipStack | null;

  /** `stack`: the site's, null while it is stopped. */
  constructor(world: SiteWorld, media: SiteMedia, stack: () => SipStack | null) {
    this.#world = world;
    this.#media = media;
    this.#stack = stack;
  }

  /** Rings the account for this call. */
  offer(leg: CallerLeg, agentLeg: AgentLeg): void {
    // One rung by mistake is not this caller's agent.
    if (!agentLeg.offer.decoy) leg.agent = agentLeg;
    const contact = this.#world.contactOf(agentLeg.offer.agent.name);
    const stack = this.#stack();
    if (!contact || !stack) this.#world.centre.agentRefused(agentLeg.offer);
    else if (!leg.rtp) this.#invite(leg, agentLeg, contact, stack);
    else void this.#offerWithAudio(leg, agentLeg, contact, stack);
  }

  async #offerWithAudio(leg: CallerLeg, agentLeg: AgentLeg, contact: string, stack: SipStack): Promise<void> {
    try {
      agentLeg.rtp = await this.#media.open(() => {});
    } catch (error) {
      this.#world.problem(`agent ${agentLeg.offer.agent.name}: ${messageOf(error)}`);
      this.#world.centre.agentRefused(agentLeg.offer);
      return;
    }
    if (agentLeg.withdrawn || stack !== this.#stack()) this.#close(agentLeg);
    else this.#invite(leg, agentLeg, contact, stack);
  }

  #invite(leg: CallerLeg, agentLeg: AgentLeg, contact: string, stack: SipStack): void {
    const { centre, config, edge } = this.#world;
    const { offer } = agentLeg;
    const { row, customer } = offer.call;
    const at = hostPortText(edge);
    const local = { host: config.host, port: agentLeg.rtp?.port ?? 0, sessionId: nextSessionId(), version: 1 };
    agentLeg.sdp = offerLike(agentLeg.rtp ? (leg.rtp?.agreement ?? null) : null, local);
    agentLeg.outgoing = stack.call(
      {
        requestUri: contact,
        fromUri: `sip:${customer}@${at}`,
        fromDisplay: customer,
        toUri: `sip:${offer.agent.name}@${at}`,
        nextHop: { ...edge, transport: 'udp' },
        headers: [
          ['P-Asserted-Identity', `<sip:${customer}@${at}>`],
          ['X-Call', row.sip_call_id],
          ['X-Skill', row.skill ?? ''],
        ],
        body: { type: SDP, content: agentLeg.sdp },
      },
      {
        answered: (response, dialog) => {
          agentLeg.dialog = dialog;
          const agreement = agentLeg.rtp ? agree(agentLeg.sdp, response.body) : undefined;
          if (agreement) agentLeg.rtp?.agree(agreement);
          if (agentLeg.withdrawn || !centre.agentAnswered(offer)) this.hangUp(agentLeg);
        },
        failed: () => {
          this.#close(agentLeg);
          centre.agentRefused(offer);
        },
        offer: (request) => {
          local.version++;
          return replyToOffer(request.body, agentLeg.rtp, local);
        },
        ended: () => {
          agentLeg.dialog = null;
          agentLeg.outgoing = null;
          this.#close(agentLeg);
          if (!offer.decoy) centre.agentLeft(offer.call);
        },
      },
    );
  }

  /** CANCEL while it rings, BYE after; nothing where the agent has already hung up. */
  hangUp(agentLeg: AgentLeg): void {
    agentLeg.withdrawn = true;
    if (agentLeg.dialog) void agentLeg.dialog.bye();
    else agentLeg.outgoing?.cancel();
    agentLeg.dialog = null;
    this.#close(agentLeg);
  }

  #close(agentLeg: AgentLeg): void {
    agentLeg.rtp?.close();
    agentLeg.rtp = null;
  }
}
