/** Reading session descriptions, RFC 8866. Tolerant: an unknown line is passed over, a broken one is as if it were not there; never throws. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface SdpMedia {
  /** audio, video, image … */
  kind: string;
  /** 0: refused, or not to be used. */
  port: number;
  protocol: string;
  /** Payload types as written, in order of preference. */
  formats: string[];
  /** c= of the media, else of the session; '' without one. */
  host: string;
  direction: Direction;
  ptimeMs: number | undefined;
  maxPtimeMs: number | undefined;
  /** Encodings of the payload types, upper case; the static types of RFC 3551 are known without a=rtpmap. */
  encodings: Map<number, { name: string; rate: number; channels: number }>;
  fmtp: Map<number, string>;
  rtcp: { port: number; host: string | undefined } | undefined;
}

export interface SdpReading {
  sessionId: string;
  version: number;
  media: SdpMedia[];
}

const LONGEST = 65_536;
const MOST_MEDIA = 32;
const DIRECTIONS = new Set<string>(['sendrecv', 'sendonly', 'recvonly', 'inactive']);
/** RFC 3551 table 4, the ones a telephone may meet. */
const STATIC_TYPES: Record<number, string> = { 0: 'PCMU', 3: 'GSM', 4: 'G723', 8: 'PCMA', 9: 'G722', 13: 'CN', 15: 'G728', 18: 'G729' };

/** @returns undefined where the text is no session description at all (no v=0, or longer than 64 KiB). */
export function readSdp(text: string): SdpReading | undefined {
  if (typeof text !== 'string' || text.length > LONGEST) return undefined;
  const lines = text.split(/\r\n|\n|\r/);
  if (!lines.some((line) => line.trim() === 'v=0')) return undefined;

  const reading: SdpReading = { sessionId: '', version: 0, media: [] };
  let sessionHost = '';
  let sessionDirection: Direction = 'sendrecv';
  let media: SdpMedia | undefined;
  for (const line of lines) {
    if (line[1] !== '=') continue;
    const value = line.slice(2).trim();
    switch (line[0]) {
      case 'o':
        readOrigin(value, reading);
        break;
      case 'c': {
        const host = readConnection(value);
        if (media) media.host = host;
        else sessionHost = host;
        break;
      }
      case 'm':
        if (reading.media.length === MOST_MEDIA) return reading;
        media = readMedia(value, sessionHost, sessionDirection);
        reading.media.push(media);
        break;
      case 'a':
        if (media) readAttribute(value, media);
        else if (DIRECTIONS.has(value)) sessionDirection = value as Direction;
        break;
      default:
    }
  }
  return reading;
}

function readOrigin(value: string, into: SdpReading): void {
  const [, sessionId, version] = value.split(/\s+/);
  into.sessionId = sessionId ?? '';
  into.version = Number(version) || 0;
}

/** `IN IP4 host[/ttl]`. */
const readConnection = (value: string) => value.split(/\s+/)[2]?.split('/')[0] ?? '';

/** `audio 49170[/2] RTP/AVP 8 0 101`. A line that breaks off is kept as refused: the answer's lines must keep their places. */
function readMedia(value: string, host: string, direction: Direction): SdpMedia {
  const [kind = '', port = '', protocol = '', ...formats] = value.split(/\s+/);
  const encodings: SdpMedia['encodings'] = new Map();
  for (const format of formats) {
    const name = STATIC_TYPES[Number(format)];
    if (name && /^\d+$/.test(format)) encodings.set(Number(format), { name, rate: 8000, channels: 1 });
  }
  return {
    kind,
    port: portOf(port.split('/')[0]!) ?? 0,
    protocol,
    formats,
    host,
    direction,
    ptimeMs: undefined,
    maxPtimeMs: undefined,
    encodings,
    fmtp: new Map(),
    rtcp: undefined,
  };
}

function readAttribute(value: string, media: SdpMedia): void {
  if (DIRECTIONS.has(value)) {
    media.direction = value as Direction;
    return;
  }
  const colon = value.indexOf(':');
  const rest = value.slice(colon + 1);
  switch (colon < 0 ? '' : value.slice(0, colon)) {
    case 'rtpmap': {
      const map = /^(\d{1,3})\s+([^/\s]+)\/(\d+)(?:\/(\d+))?/.exec(rest);
      if (map && Number(map[1]) < 128)
        media.encodings.set(Number(map[1]), { name: map[2]!.toUpperCase(), rate: Number(map[3]), channels: Number(map[4] ?? 1) });
      break;
    }
    case 'fmtp': {
      const format = /^(\d{1,3})\s+(.*)$/.exec(rest);
      if (format) media.fmtp.set(Number(format[1]), format[2]!);
      break;
    }
    case 'ptime':
      media.ptimeMs = Number.parseFloat(rest) || undefined;
      break;
    case 'maxptime':
      media.maxPtimeMs = Number.parseFloat(rest) || undefined;
      break;
    case 'rtcp': {
      const [port, , , host] = rest.split(/\s+/);
      const number = portOf(port ?? '');
      if (number) media.rtcp = { port: number, host };
      break;
    }
    default:
  }
}

const portOf = (text: string): number | undefined => (/^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined);
