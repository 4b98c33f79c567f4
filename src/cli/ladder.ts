/** What passed a stack's socket as a ladder (report/ladder.ts). */
import { ladder as ladderOf } from '../report/ladder.ts';
import type { TracedMessage } from '../sip/index.ts';

/** @param start ms that count as 0; @param us our own host:port, for the head. */
export function ladder(messages: readonly TracedMessage[], start: number, us: string): string {
  return ladderOf(
    messages.map(({ at, sent, remote, text }) => ({ at, sent, remote: `${remote.host}:${remote.port}`, text })),
    start,
    us,
  );
}
