/**
 * Offer and answer, RFC 3264, for one audio stream of G.711 and telephone-event. What the other side may send has no end, so its descriptions
 * are read by sdp-read.ts; ours are written here.
 */
import { isIPv6 } from 'node:net';
import { type Direction, readSdp, type SdpMedia } from './sdp-read.ts';
import type { CodecName, MediaAgreement } from './stream.ts';

export interface LocalSdp {
  host: string;
  port: number;
  /** In order of preference. Default PCMA, PCMU. */
  codecs?: readonly CodecName[];
  /** RFC 4733 payload type of an offer; null: none. Default 101. An answer takes the offer's number. */
  telephoneEvent?: number | null;
  /** What we want. Default sendrecv. */
  direction?: Direction;
  /** o=: one id per dialog, the version one higher for each changed description (RFC 3264 8). */
  sessionId: number | string;
  version: number;
  /** Default 20. */
  ptimeMs?: number;
}

const PREFERENCE: readonly CodecName[] = ['PCMA', 'PCMU'];
const STATIC_TYPE: Record<CodecName, number> = { PCMA: 8, PCMU: 0 };
const TELEPHONE_EVENT = 101;
const DEFAULT_PTIME_MS = 20;

/** An offer of one audio stream, lines ended by CRLF. */
export function makeOffer(local: LocalSdp): string {
  const types = (local.codecs ?? PREFERENCE).map((codec): [number, CodecName] => [STATIC_TYPE[codec], codec]);
  const event = local.telephoneEvent === undefined ? TELEPHONE_EVENT : local.telephoneEvent;
  const media = audioLines(
    local.port,
    'RTP/AVP',
    types,
    event ?? undefined,
    local.ptimeMs ?? DEFAULT_PTIME_MS,
    local.direction ?? 'sendrecv',
  );
  return describe(local, media);
}

/** What offer (ours) and answer (theirs) came to. @returns undefined where the answer refuses the audio, has no codec of ours, or is unreadable. */
export function agree(localOffer: string, remoteAnswer: string): MediaAgreement | undefined {
  const ours = readSdp(localOffer);
  const theirs = readSdp(remoteAnswer);
  const index = ours?.media.findIndex((media) => media.kind === 'audio') ?? -1;
  const offered = ours?.media[index];
  // RFC 3264 6: the answer's lines stand in the offer's order.
  const answered = theirs?.media[index]?.kind === 'audio' ? theirs.media[index] : theirs?.media.find((media) => media.kind === 'audio');
  if (!offered || !answered || answered.port === 0) return undefined;
  // The answerer's order counts (6.1): its first codec that we offered.
  const ourCodecs = codecsOf(offered).map(([, codec]) => codec);
  const chosen = codecsOf(answered).find(([, codec]) => ourCodecs.includes(codec));
  if (!chosen) return undefined;
  const sendEvents = eventsOf(offered) === undefined ? undefined : eventsOf(answered);
  return agreementOf(answered, chosen, sendEvents, eventsOf(offered), offered.direction);
}

export interface Answer {
  answer: string;
  agreement: MediaAgreement;
}

/**
 * The answer to their offer: the first audio stream over plain RTP with a codec of ours is taken, all other streams are refused (port 0).
 * @returns undefined where there is none: the call gets 488 Not Acceptable Here.
 */
export function answerTo(remoteOffer: string, local: LocalSdp): Answer | undefined {
  const theirs = readSdp(remoteOffer);
  if (!theirs) return undefined;
  const preference = local.codecs ?? PREFERENCE;
  const choose = (media: SdpMedia) => {
    const codecs = codecsOf(media);
    const codec = preference.find((name) => codecs.some(([, theirName]) => theirName === name));
    return codecs.find(([, name]) => name === codec);
  };
  const index = theirs.media.findIndex((media) => isPlainAudio(media) && choose(media) !== undefined);
  const offered = theirs.media[index];
  if (!offered) return undefined;
  const chosen = choose(offered)!;
  const events = local.telephoneEvent === null ? undefined : eventsOf(offered);
  const agreement = agreementOf(offered, chosen, events, events, local.direction ?? 'sendrecv');
  const lines = theirs.media.flatMap((media, i) =>
    i === index
      ? audioLines(local.port, media.protocol, [chosen], events, agreement.ptimeMs, answerDirection(media, local.direction ?? 'sendrecv'))
      : [`m=${media.kind || 'audio'} 0 ${media.protocol || 'RTP/AVP'} ${media.formats.join(' ') || '0'}`],
  );
  return { answer: describe(local, lines), agreement };
}

function agreementOf(
  remote: SdpMedia,
  [payloadType, codec]: [number, CodecName],
  sendEvents: number | undefined,
  receiveEvents: number | undefined,
  local: Direction,
): MediaAgreement {
  const agreement: MediaAgreement = {
    codec,
    payloadType,
    telephoneEvent: sendEvents,
    ptimeMs: ptimeOf(remote),
    remote: { host: remote.host, port: remote.port },
    direction: held(remote) ? 'inactive' : answerDirection(remote, local),
  };
  if (remote.rtcp) agreement.remoteRtcp = { port: remote.rtcp.port, host: remote.rtcp.host ?? remote.host };
  if (receiveEvents !== undefined && receiveEvents !== sendEvents) agreement.telephoneEventIn = receiveEvents;
  return agreement;
}

/** What we may do where we want `local` and they do what their line says (RFC 3264 6.1): their sending is our receiving. */
function answerDirection(remote: SdpMedia, local: Direction): Direction {
  const sends = local.startsWith('send') && (remote.direction === 'sendrecv' || remote.direction === 'recvonly');
  const receives = (local === 'sendrecv' || local === 'recvonly') && remote.direction.startsWith('send');
  return sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive';
}

/** The hold of RFC 2543 (RFC 3264 8.4): connected to nowhere. Without any c= there is nowhere to send to either. */
const held = (media: SdpMedia) => media.host === '' || media.host === '0.0.0.0' || media.host === '::';

const isPlainAudio = (media: SdpMedia) => media.kind === 'audio' && media.port > 0 && /^RTP\/AVPF?$/i.test(media.protocol);

/** G.711 payload types in their order. */
function codecsOf(media: SdpMedia): [number, CodecName][] {
  return media.formats.flatMap((format): [number, CodecName][] => {
    const encoding = media.encodings.get(Number(format));
    const codec = PREFERENCE.find((name) => name === encoding?.name);
    return codec && encoding?.rate === 8000 && encoding.channels === 1 ? [[Number(format), codec]] : [];
  });
}

/** Their telephone-event at 8 kHz, whatever its number and its fmtp: events 0-15 are what it is for. */
function eventsOf(media: SdpMedia): number | undefined {
  const format = media.formats.find((type) => {
    const encoding = media.encodings.get(Number(type));
    return encoding?.name === 'TELEPHONE-EVENT' && encoding.rate === 8000;
  });
  return format === undefined ? undefined : Number(format);
}

/** Their a=ptime is what they want to receive (RFC 8866 6.4); 10 to 60 ms in steps of 10, else 20. */
function ptimeOf(media: SdpMedia): number {
  const asked = media.ptimeMs ?? DEFAULT_PTIME_MS;
  const ptime = asked >= 10 && asked <= 60 && asked % 10 === 0 ? asked : DEFAULT_PTIME_MS;
  return media.maxPtimeMs !== undefined && media.maxPtimeMs >= 10 && media.maxPtimeMs < ptime
    ? Math.floor(media.maxPtimeMs / 10) * 10
    : ptime;
}

function audioLines(
  port: number,
  protocol: string,
  codecs: [number, CodecName][],
  events: number | undefined,
  ptimeMs: number,
  direction: Direction,
): string[] {
  const types = codecs.map(([type]) => type);
  return [
    `m=audio ${port} ${protocol} ${(events === undefined ? types : [...types, events]).join(' ')}`,
    ...codecs.map(([type, codec]) => `a=rtpmap:${type} ${codec}/8000`),
    ...(events === undefined ? [] : [`a=rtpmap:${events} telephone-event/8000`, `a=fmtp:${events} 0-15`]),
    `a=ptime:${ptimeMs}`,
    `a=${direction}`,
  ];
}

function describe(local: LocalSdp, media: string[]): string {
  const address = `IN ${isIPv6(local.host) ? 'IP6' : 'IP4'} ${local.host}`;
  const lines = ['v=0', `o=- ${local.sessionId} ${local.version} ${address}`, 's=-', `c=${address}`, 't=0 0', ...media];
  return lines.join('\r\n') + '\r\n';
}
