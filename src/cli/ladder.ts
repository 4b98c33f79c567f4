/** SIP messages as a ladder: time, direction, what it says. */
import type { TracedMessage } from '../sip/index.ts';

/** @param start ms that count as 0; @param us our own host:port, for the head. */
export function ladder(messages: readonly TracedMessage[], start: number, us: string): string {
  const remote = messages[0] ? `${messages[0].remote.host}:${messages[0].remote.port}` : 'vendor';
  const lines = [`      ms  ${us.padEnd(24)}${remote.padStart(24)}`];
  for (const message of messages) {
    const what = titleOf(message.text).slice(0, 38);
    const bar = message.sent
      ? `│── ${what} ${'─'.repeat(Math.max(0, 40 - what.length))}▶│`
      : `│◀${'─'.repeat(Math.max(0, 40 - what.length))} ${what} ──│`;
    lines.push(`${(message.at - start).toFixed(1).padStart(8)}  ${bar}`);
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
