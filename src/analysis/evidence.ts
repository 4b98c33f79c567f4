/**
 * Which calls' signalling is at hand, by kind of end, and one call of each kind to show. Calls first, then their traces (record/replay.ts does so):
 * the first calls of a kind are those whose traces are always kept.
 */
import type { CallRow, Outcome, TraceRow } from '../record/schema.ts';
import { OUTCOMES } from '../record/schema.ts';
import type { EvidenceFigures, EvidenceKind } from './model.ts';

/** Kinds of end that are looked at; a strange vendor's further ones are in trace.csv all the same. */
const MOST_KINDS = 100;
/** Calls of each kind that may be named. */
const CANDIDATES = 50;
export const MOST_NAMED = 5;

interface Kind extends Omit<EvidenceKind, 'example'> {
  candidates: number;
  example: TraceRow[];
}

export class EvidenceFold {
  readonly #kinds = new Map<string, Kind>();
  readonly #kindOf = new Map<string, Kind>();

  addCall({ call, outcome, status, q850, reason }: CallRow): void {
    if (call === null || !OUTCOMES.includes(outcome as Outcome)) return;
    const key = JSON.stringify([outcome, status, q850, reason]);
    let kind = this.#kinds.get(key);
    if (!kind) {
      if (this.#kinds.size >= MOST_KINDS) return;
      kind = { outcome: outcome as Outcome, status, q850, reason, calls: [], candidates: 0, example: [] };
      this.#kinds.set(key, kind);
    }
    if (kind.candidates++ < CANDIDATES) this.#kindOf.set(call, kind);
  }

  addTrace(row: TraceRow): void {
    const kind = row.call === null ? undefined : this.#kindOf.get(row.call);
    if (!kind) return;
    const { calls, example } = kind;
    if (!calls.includes(row.call!) && calls.length < MOST_NAMED) calls.push(row.call!);
    if (row.call === calls[0]) example.push({ ...row, message: headOf(row.message) });
  }

  figures(): EvidenceFigures {
    const kinds = [...this.#kinds.values()].filter(({ calls }) => calls.length > 0);
    return { kinds: kinds.map(({ candidates: _, ...kind }) => ({ ...kind, calls: [...kind.calls] })) };
  }
}

/** What a ladder shows of a message: nothing of its headers but CSeq. */
function headOf(message: string | null): string {
  const text = message ?? '';
  const line = /^[^\r\n]*/.exec(text)![0];
  const cseq = /\n(?:CSeq|cseq|CSEQ)[ \t]*:[^\r\n]*/.exec(text)?.[0] ?? '';
  return `${line}\r${cseq}\r\n\r\n${/\r?\n\r?\nv=0/.test(text) ? 'v=0' : ''}`;
}
