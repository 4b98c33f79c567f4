/** A site's calls to customers who are called back: out by the edge and the customer's trunk. Answered, such a leg is like any other caller's. */
import { messageOf } from '../../errors.ts';
import { agree, makeOffer } from '../../media/index.ts';
import { hostPortText } from '../../sip/message/fields.ts';
import type { SipStack } from '../../sip/stack.ts';
import type { Call } from '../core/call.ts';
import { nextSessionId, offerLike, replyToOffer, SDP } from './caller-sdp.ts';
import type { CallerLeg } from './legs.ts';
import type { SiteMedia } from './rtp.ts';
import type { SiteWorld } from './site-front.ts';

/** Of a call-back that could not even be sent. */
const NO_PORT = 488;

export class CallBackSide {
  readonly #world: SiteWorld;
  readonly #media: SiteMedia;
  readonly #stack: () => SipStack | null;

  /** `stack`: the site's, null while it is stopped. */
  constructor(world: SiteWorld, media: SiteMedia, stack: () => SipStack | null) {
    this.#world = world;
    this.#media = media;
    this.#stack = stack;
  }

  dial(leg: CallerLeg, call: Call): void {
    const stack = this.#stack();
    // A site that died unnoticed makes no call: it rings nowhere, and is given up in time.
    if (stack) void this.#dial(leg, call, stack);
  }

  async #dial(leg: CallerLeg, call: Call, stack: SipStack): Promise<void> {
    const { centre, config, edge } = this.#world;
    try {
      if (leg.audio) leg.rtp = await this.#media.open((digit) => centre.digit(call, digit));
    } catch (error) {
      this.#world.problem(`call-back: ${messageOf(error)}`);
      return centre.broken(call, NO_PORT);
    }
    if (call.state !== 'dialling' || stack !== this.#stack()) return this.#close(leg);
    const { caller, called } = call.row;
    const outside = hostPortText(config.trunk!);
    const local = { host: config.host, port: leg.rtp?.port ?? 0, sessionId: nextSessionId(), version: 1 };
    const offer = leg.rtp ? makeOffer(local) : offerLike(null, local);
    leg.sessionId = local.sessionId;
    leg.version = 1;
    leg.outgoing = stack.call(
      {
        requestUri: `sip:${called}@${outside}`,
        fromUri: `sip:${caller}@${hostPortText(edge)}`,
        toUri: `sip:${called}@${outside}`,
        nextHop: { ...edge, transport: 'udp' },
        body: { type: SDP, content: offer },
      },
      {
        provisional: (response) => {
          if (response.status > 100) call.row.ringing_ms ??= response.at;
        },
        answered: (response, dialog) => {
          leg.dialog = dialog;
          const agreement = leg.rtp ? agree(offer, response.body) : undefined;
          if (agreement) leg.rtp?.agree(agreement);
          if (centre.customerAnswered(call)) return;
          leg.dialog = null;
          void dialog.bye();
        },
        failed: (failure) => {
          leg.outgoing = null;
          this.#close(leg);
          centre.broken(call, failure.kind === 'response' ? failure.response.status : null);
        },
        offer: (request) => {
          leg.version++;
          return replyToOffer(request.body, leg.rtp, { ...local, version: leg.version });
        },
        ended: () => {
          leg.dialog = null;
          centre.left(call);
        },
      },
    );
    call.row.sip_call_id = leg.outgoing.sipCallId;
  }

  #close(leg: CallerLeg): void {
    leg.rtp?.close();
    leg.rtp = null;
  }
}
