/**
 * A datagram into start line, headers and body, by index: the hot path of the stack. Headers stay text until somebody asks for one.
 * RFC 3261 7 (format), 7.3.3 (compact forms), 18.3 (framing: Content-Length against the datagram's end), 7.3.1 (folding).
 */

export interface Scanned {
  startLine: string;
  /** Lower case, compact forms expanded; parallel to `values`. */
  names: string[];
  values: string[];
  body: string;
  /** The first of each; what every message must have (RFC 3261 8.1.1). */
  via: string | undefined;
  from: string | undefined;
  to: string | undefined;
  callId: string | undefined;
  cseq: string | undefined;
  /** One of the last four stands there more than once (RFC 3261 7.3.1). */
  twice: boolean;
}

const COMPACT: Record<string, string> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};

/** As most write them: known from the start, so that all messages share these very strings, and comparing them is comparing pointers. */
const USUAL = [
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Max-Forwards',
  'Content-Length',
  'Content-Type',
  'Allow',
  'Supported',
  'Require',
  'Record-Route',
  'Route',
  'User-Agent',
  'Server',
  'RSeq',
  'RAck',
  'Session-Expires',
  'Min-SE',
  'Reason',
  'Expires',
  'Date',
];
/** Spellings met so far. Bounded: a peer that invents names must not grow it. */
const spellings = new Map<string, string>(USUAL.map((name) => [name, name.toLowerCase()]));
for (const name of [...spellings.values()]) spellings.set(name, name);
const MAX_SPELLINGS = 500;

export function canonicalName(raw: string): string {
  const known = spellings.get(raw);
  if (known !== undefined) return known;
  const lower = raw.trim().toLowerCase();
  const full = lower.length === 1 ? (COMPACT[lower] ?? lower) : lower;
  const name = spellings.get(full) ?? full;
  if (spellings.size < MAX_SPELLINGS && raw.length < 40) spellings.set(raw, name);
  return name;
}

/** @returns what was read; a sentence saying what is wrong; or undefined for a keep-alive (nothing but line ends and zero bytes). */
export function scan(bytes: Buffer): Scanned | string | undefined {
  const text = bytes.toString('utf8');
  let pos = 0;
  while (pos < text.length && (text.charCodeAt(pos) === 13 || text.charCodeAt(pos) === 10 || text.charCodeAt(pos) === 0)) pos++;
  if (pos === text.length) return undefined;

  let lineEnd = text.indexOf('\n', pos);
  if (lineEnd < 0) return 'no line end';
  const startLine = text.slice(pos, text.charCodeAt(lineEnd - 1) === 13 ? lineEnd - 1 : lineEnd);
  const names: string[] = [];
  const values: string[] = [];
  let contentLength = '';
  const found: Scanned = {
    startLine,
    names,
    values,
    body: '',
    via: undefined,
    from: undefined,
    to: undefined,
    callId: undefined,
    cseq: undefined,
    twice: false,
  };
  for (;;) {
    pos = lineEnd + 1;
    lineEnd = text.indexOf('\n', pos);
    if (lineEnd < 0) return 'headers do not end';
    const end = lineEnd > pos && text.charCodeAt(lineEnd - 1) === 13 ? lineEnd - 1 : lineEnd;
    if (end === pos) break;
    const first = text.charCodeAt(pos);
    if (first === 32 || first === 9) {
      if (values.length === 0) return 'continuation without a header';
      const folded = `${values[values.length - 1]} ${text.slice(pos, end).trim()}`.trim();
      values[values.length - 1] = folded;
      unfold(found, names, folded);
      continue;
    }
    const colon = text.indexOf(':', pos);
    if (colon < 0 || colon >= end || colon === pos) return 'header line without a name';
    const name = canonicalName(text.slice(pos, colon));
    let from = colon + 1;
    let to = end;
    while (from < to && text.charCodeAt(from) <= 32) from++;
    while (to > from && text.charCodeAt(to - 1) <= 32) to--;
    const value = text.slice(from, to);
    switch (name) {
      case 'via':
        found.via ??= value;
        break;
      case 'from':
        if (found.from !== undefined) found.twice = true;
        found.from ??= value;
        break;
      case 'to':
        if (found.to !== undefined) found.twice = true;
        found.to ??= value;
        break;
      case 'call-id':
        if (found.callId !== undefined) found.twice = true;
        found.callId ??= value;
        break;
      case 'cseq':
        if (found.cseq !== undefined) found.twice = true;
        found.cseq ??= value;
        break;
      case 'content-length':
        if (contentLength !== '' && contentLength !== value) return 'two different Content-Lengths';
        contentLength = value;
        break;
      default:
    }
    names.push(name);
    values.push(value);
  }
  const body = bodyOf(bytes, text, lineEnd + 1, contentLength);
  if (body === undefined) return 'Content-Length is not the length of the body';
  found.body = body;
  return found;
}

/** A header that goes on in the next line: what was taken of it is not all. */
function unfold(found: Scanned, names: string[], value: string): void {
  const name = names[names.length - 1]!;
  if (names.indexOf(name) !== names.length - 1) return;
  if (name === 'via') found.via = value;
  else if (name === 'from') found.from = value;
  else if (name === 'to') found.to = value;
  else if (name === 'call-id') found.callId = value;
  else if (name === 'cseq') found.cseq = value;
}

/** The body: as long as Content-Length says, or to the datagram's end. Undefined where the datagram is shorter, or the length is no number. */
function bodyOf(bytes: Buffer, text: string, start: number, contentLength: string): string | undefined {
  const ascii = text.length === bytes.length;
  const from = ascii ? start : afterHeaders(bytes);
  const available = bytes.length - from;
  if (contentLength === '') return ascii ? text.slice(start) : bytes.toString('utf8', from);
  if (contentLength.length > 9) return undefined;
  for (let i = 0; i < contentLength.length; i++) {
    const c = contentLength.charCodeAt(i);
    if (c < 48 || c > 57) return undefined;
  }
  const length = Number(contentLength);
  if (length > available) return undefined;
  return ascii ? text.slice(start, start + length) : bytes.toString('utf8', from, from + length);
}

/** Where the body starts in bytes: needed only where bytes and characters differ. */
function afterHeaders(bytes: Buffer): number {
  let pos = 0;
  while (bytes[pos] === 13 || bytes[pos] === 10 || bytes[pos] === 0) pos++;
  for (let line = bytes.indexOf(10, pos); line >= 0; line = bytes.indexOf(10, line + 1)) {
    if (bytes[line + 1] === 10) return line + 2;
    if (bytes[line + 1] === 13 && bytes[line + 2] === 10) return line + 3;
  }
  return bytes.length;
}
