/** SIP messages as a ladder of text: time, direction, what it says; and how long we took with it. */

export interface LadderMessage {
  /** When it passed the socket, ms. */
  at: number;
  sent: boolean;
  /** host:port of the other side. */
  remote: string;
  text: string;
  /** Received: when all that it set off was done. */
  handledAt?: number | null;
  /** Messages left out before it. */
  skipped?: number;
}

/** Handling that took less is not worth a reader's eye, ms. */
const SLOW_MS = 1;

/** @param start ms that count as 0; @param us our own host:port, for the head. */
export function ladder(messages: readonly LadderMessage[], start: number, us: string): string {
  const lines = [`      ms  ${us.padEnd(24)}${(messages[0]?.remote ?? 'vendor').padStart(24)}`];
  for (const message of messages) {
    if (message.skipped) lines.push(`          ${`… ${message.skipped} left out …`.padStart(30)}`);
    const what = titleOf(message.text).slice(0, 38);
    const bar = message.sent
      ? `│── ${what} ${'─'.repeat(Math.max(0, 40 - what.length))}▶│`
      : `│◀${'─'.repeat(Math.max(0, 40 - what.length))} ${what} ──│`;
    const took = (message.handledAt ?? message.at) - message.at;
    const slow = !message.sent && took >= SLOW_MS ? `  +${took.toFixed(1)}` : '';
    lines.push(`${(message.at - start).toFixed(1).padStart(8)}  ${bar}${slow}`);
  }
  return lines.join('\n');
}

/** `INVITE (1) +SDP`, `180 Ringing`: first line and body, no more. */
function titleOf(text: string): string {
  const first = text.slice(0, text.indexOf('\r\n'));
  const sdp = /\r\n\r\nv=0/.test(text) ? ' +SDP' : '';
  const cseq = /\r\nCSeq:\s*(\d+)\s+(\w+)/i.exec(text);
  const status = /^SIP\/2\.0 (\d{3} .*)$/.exec(first);
  return status ? `${status[1]} (${cseq?.[2] ?? '?'})${sdp}` : `${first.split(' ')[0]} (CSeq ${cseq?.[1] ?? '?'})${sdp}`;
}
