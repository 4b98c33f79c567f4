/**
 * Cuts a byte stream into SIP messages (RFC 3261 18.3, 7.5): headers up to an empty line, then as many bytes as Content-Length says. Many messages
 * may come in one segment and one may come in many. Between messages CRLF CRLF is a ping and a single CRLF a pong (RFC 5626 3.5.1).
 */

/** A peer that sends more than this before the empty line, or announces a longer body, is no SIP peer. */
export const MAX_HEAD_BYTES = 64 * 1024;
export const MAX_BODY_BYTES = 1024 * 1024;

const CR = 13;
const LF = 10;
const COLON = 58;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

export interface FramerEvents {
  /** One whole message. The bytes are its own. */
  message(bytes: Buffer): void;
  /** CRLF CRLF: wants a CRLF back. */
  ping(): void;
}

export class StreamFramer {
  readonly #events: FramerEvents;
  /** Received and not yet delivered, in order; joined only where a message ends. */
  #held: Buffer = EMPTY;
  #more: Buffer[] = [];
  #moreBytes = 0;
  /** Bytes needed before another look is worth it. */
  #wanted = 0;
  /** How far the search for the end of the head has come. */
  #searched = 0;
  #broken = false;

  constructor(events: FramerEvents) {
    this.#events = events;
  }

  /** @returns why the stream cannot be read on, once; undefined while all is well. What comes after that is ignored. */
  push(chunk: Buffer): string | undefined {
    if (this.#broken) return undefined;
    this.#more.push(chunk);
    this.#moreBytes += chunk.length;
    if (this.#held.length + this.#moreBytes < this.#wanted) return undefined;
    this.#held = this.#held.length === 0 && this.#more.length === 1 ? chunk : Buffer.concat([this.#held, ...this.#more]);
    this.#more = [];
    this.#moreBytes = 0;
    this.#wanted = 0;
    for (;;) {
      const problem = this.#next();
      if (problem === undefined) continue;
      if (problem === '') return undefined;
      this.#broken = true;
      this.#held = EMPTY;
      return problem;
    }
  }

  /** Takes one message or keep-alive. @returns undefined: there may be another; '': more bytes are needed; else what is wrong. */
  #next(): string | undefined {
    const bytes = this.#held;
    if (bytes.length === 0) return '';
    if (bytes[0] === CR || bytes[0] === LF) return this.#keepAlive(bytes);
    const end = bytes.indexOf(END_OF_HEAD, Math.max(0, this.#searched - 3));
    if (end < 0) {
      this.#searched = bytes.length;
      return bytes.length > MAX_HEAD_BYTES ? `no end of headers within ${MAX_HEAD_BYTES} bytes` : '';
    }
    if (end > MAX_HEAD_BYTES) return `headers longer than ${MAX_HEAD_BYTES} bytes`;
    const length = contentLength(bytes, end);
    if (length === undefined) return 'a message without a readable Content-Length';
    if (length > MAX_BODY_BYTES) return `a body of ${length} bytes announced`;
    const total = end + 4 + length;
    if (bytes.length < total) {
      this.#wanted = total;
      this.#searched = end;
      return '';
    }
    this.#take(total);
    this.#events.message(bytes.subarray(0, total));
    return undefined;
  }

  #keepAlive(bytes: Buffer): string | undefined {
    if (bytes[0] === LF) this.#take(1);
    else if (bytes.length >= 4 && bytes[1] === LF && bytes[2] === CR && bytes[3] === LF) {
      this.#take(4);
      this.#events.ping();
    } else if (bytes.length < 4 && END_OF_HEAD.subarray(0, bytes.length).equals(bytes)) {
      // A pong, or the first part of a ping: a pong is worth nothing to wait for, and a ping's other half comes at once.
      return '';
    } else this.#take(bytes[1] === LF ? 2 : 1);
    return undefined;
  }

  #take(count: number): void {
    this.#held = count === this.#held.length ? EMPTY : this.#held.subarray(count);
    this.#searched = 0;
  }
}

const EMPTY = Buffer.alloc(0);

/** The value of Content-Length or `l` (RFC 3261 7.3.3), read from the bytes; undefined where absent, unreadable, or given twice differently. */
export function contentLength(bytes: Buffer, end: number): number | undefined {
  let found: number | undefined;
  for (let line = bytes.indexOf(LF) + 1; line > 0 && line < end; line = bytes.indexOf(LF, line) + 1) {
    const name = nameEnd(bytes, line, end);
    if (name === undefined) continue;
    const value = number(bytes, name, end);
    if (value === undefined || (found !== undefined && found !== value)) return undefined;
    found = value;
  }
  return found;
}

/** Index after the colon where this line is Content-Length or l. */
function nameEnd(bytes: Buffer, line: number, end: number): number | undefined {
  const first = bytes[line]! | 32;
  if (first !== 108 && first !== 99) return undefined;
  let colon = line;
  while (colon < end && colon - line < 40 && bytes[colon] !== COLON && bytes[colon] !== CR) colon++;
  if (bytes[colon] !== COLON) return undefined;
  const name = bytes.toString('latin1', line, colon).trimEnd().toLowerCase();
  return name === 'content-length' || name === 'l' ? colon + 1 : undefined;
}

function number(bytes: Buffer, start: number, end: number): number | undefined {
  let stop = bytes.indexOf(LF, start);
  if (stop < 0 || stop > end) stop = end;
  const text = bytes.toString('latin1', start, stop).trim();
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
