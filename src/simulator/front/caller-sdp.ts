/** What the vendor answers to a caller's session description, and what it offers to an agent. */
import { answerTo, type CodecName, type MediaAgreement, makeOffer, readSdp } from '../../media/index.ts';
import type { Body, OfferReply } from '../../sip/stack.ts';
import type { RtpLeg } from './rtp.ts';

export const SDP = 'application/sdp';
/** RFC 863's port: by custom, "no media here". */
const DISCARD_PORT = 9;

let sessions = 0;
/** o= session ids of this vendor. */
export const nextSessionId = () => ++sessions;

/** Does the caller want to hear or say anything? No SDP, port 0 or 9, and a=inactive all mean signalling only. */
export function wantsAudio(sdp: string): boolean {
  if (sdp === '') return false;
  return (
    readSdp(sdp)?.media.some(
      (media) => media.kind === 'audio' && media.port !== 0 && media.port !== DISCARD_PORT && media.direction !== 'inactive',
    ) ?? false
  );
}

/** The answer to their offer for that port; null: 488. */
export function answerWith(
  offer: string,
  local: { host: string; port: number; sessionId: number; version: number },
): { body: Body; agreement: MediaAgreement } | null {
  const made = answerTo(offer, local);
  return made ? { body: { type: SDP, content: made.answer }, agreement: made.agreement } : null;
}

/** What a signalling-only call gets: an answer that accepts and sends nothing, or, where there was no offer, an offer of nothing. */
export function silentBody(offer: string, host: string, sessionId: number): Body {
  const local = { host, port: DISCARD_PORT, direction: 'inactive' as const, sessionId, version: 1 };
  const made = offer === '' ? undefined : answerTo(offer, local);
  return { type: SDP, content: made?.answer ?? (offer === '' ? makeOffer(local) : refusing(offer, host, sessionId)) };
}

/** All streams refused (RFC 3264 6): the offer had no audio that could be taken. */
function refusing(offer: string, host: string, sessionId: number): string {
  const media = readSdp(offer)?.media ?? [];
  const lines = media.map((line) => `m=${line.kind} 0 ${line.protocol} ${line.formats.join(' ')}`);
  const address = `IN ${host.includes(':') ? 'IP6' : 'IP4'} ${host}`;
  return ['v=0', `o=- ${sessionId} 1 ${address}`, 's=-', `c=${address}`, 't=0 0', ...lines, ''].join('\r\n');
}

/** To an agent: the caller's codec and event type and nothing else, so that packets can be passed on as they are. */
export function offerLike(
  caller: MediaAgreement | null,
  local: { host: string; port: number; sessionId: number; version: number },
): string {
  if (!caller) return makeOffer({ ...local, port: DISCARD_PORT, direction: 'inactive' });
  const codecs: CodecName[] = [caller.codec];
  return makeOffer({ ...local, codecs, telephoneEvent: caller.telephoneEvent ?? null, ptimeMs: caller.ptimeMs });
}

/** The reply to an offer inside a dialog, or to a re-INVITE without one (RFC 3264 8, RFC 3261 14.2). Null: a leg without audio. */
export function replyToOffer(
  offer: string,
  rtp: RtpLeg | null,
  local: { host: string; port: number; sessionId: number; version: number },
): OfferReply {
  if (!rtp) return { status: 200, body: silentBody(offer, local.host, local.sessionId) };
  if (offer === '') return { status: 200, body: { type: SDP, content: offerLike(rtp.agreement, local) } };
  const made = answerWith(offer, local);
  if (!made) return { status: 488 };
  rtp.agree(made.agreement);
  return { status: 200, body: made.body };
}
