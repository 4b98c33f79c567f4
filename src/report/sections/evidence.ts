/** Beside the table of failures: one call of each kind of failure as a ladder, and where to look for the rest. */
import type { EvidenceFigures, EvidenceKind, OutcomeFigures } from '../../analysis/model.ts';
import { ladder } from '../ladder.ts';
import { type Html, html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { heading, note } from './context.ts';

type Kind = OutcomeFigures['byStatus'][number];
const MOST_LADDERS = 8;
/** Ends that are nobody's failure. */
const WELL: readonly string[] = ['completed', 'cut'];

const keyOf = ({ outcome, status, q850, reason }: Pick<Kind, 'outcome' | 'status' | 'q850' | 'reason'>) =>
  JSON.stringify([outcome, status, q850, reason]);

/** Names of calls of that kind whose signalling was kept. */
export function keptCalls(evidence: EvidenceFigures | undefined, kind: Kind): string {
  const key = keyOf(kind);
  return evidence?.kinds.find((one) => keyOf(one) === key)?.calls.join(' ') ?? '';
}

/** @param kinds the table's rows, the most frequent first. */
export function ladders(evidence: EvidenceFigures | undefined, kinds: readonly Kind[]): Html | null {
  const byKey = new Map(evidence?.kinds.map((kind) => [keyOf(kind), kind]));
  const shown = kinds
    .filter(({ outcome }) => !WELL.includes(outcome))
    .flatMap((kind) => byKey.get(keyOf(kind)) ?? [])
    .slice(0, MOST_LADDERS);
  if (shown.length === 0) return null;
  return html`${heading('evidence.title')}${note(both('evidence.note'))}${shown.map(oneLadder)}`;
}

function oneLadder(kind: EvidenceKind): Html {
  const messages = kind.example.map((row) => ({
    at: row.socket_ms ?? Number.NaN,
    sent: row.sent === true,
    remote: row.remote ?? '',
    text: row.message ?? '',
    handledAt: row.handled_ms,
    skipped: row.skipped ?? 0,
  }));
  const start = messages[0]?.at ?? 0;
  return html`<details><summary>${both(`outcome.${kind.outcome}`)} ${kind.status ?? ''} ${kind.reason ?? ''} · ${both('evidence.call', { call: kind.calls[0]! })}</summary><pre class="ladder">${ladder(messages, start, 'callsurge')}</pre></details>`;
}
