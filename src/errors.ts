/**
 * Everything that can go wrong and that a user can do something about is a CallsurgeError: a stable code, what happened, where, and what to
 * do. The command line prints it as one line; `cli/exit-codes.ts` maps the code to the process's exit code.
 */

export type ErrorCode =
  /** A scenario, profile or option that cannot be used as written. Exit 104. */
  | 'scenario-not-found'
  | 'scenario-syntax'
  | 'scenario-invalid'
  | 'option-invalid'
  | 'vendor-invalid'
  | 'secret-missing'
  | 'contract-violation'
  | 'threshold-invalid'
  | 'usage'
  | 'run-folder-invalid'
  /** A log to import, by row and column; its mapping, by field. */
  | 'log-invalid'
  | 'mapping-invalid'
  /** The scenario's own code threw. Exit 107. */
  | 'scenario-threw'
  /** The outside world. Exits from 120. */
  | 'vendor-unreachable'
  | 'port-in-use'
  | 'folder-unwritable'
  | 'machine-limit'
  /** Verbs of a call, raised inside a scenario. */
  | 'call-failed'
  | 'call-ended'
  | 'patience-over'
  | 'stopped'
  | 'verb-misused'
  /** Ours: a defect in callsurge or in the machine it runs on. */
  | 'internal';

export interface ErrorDetails {
  /** File, field or address the error is about: `scenarios/a.ts:12`, `vendor.trunks[0].host`. */
  where?: string;
  /** What the reader should do, as a sentence without a full stop. */
  todo?: string;
  cause?: unknown;
}

export class CallsurgeError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly todo: string | undefined;

  constructor(code: ErrorCode, what: string, details: ErrorDetails = {}) {
    super(what, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CallsurgeError';
    this.code = code;
    this.where = details.where;
    this.todo = details.todo;
  }

  /** `what (where): what to do [code]`, always one line. */
  oneLine(): string {
    const where = this.where ? ` (${this.where})` : '';
    const todo = this.todo ? `: ${this.todo}` : '';
    return `${this.message}${where}${todo} [${this.code}]`.replace(/\s*\n\s*/g, ' ');
  }
}

/** The text of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof CallsurgeError) return thrown.oneLine();
  return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\s*\n\s*/g, ' ');
}

/** The known name that a misspelt one was probably meant to be: at most a third of its letters wrong, missing, surplus or swapped; case is ignored. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }));
  const best = distances.sort((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein's, with neighbours swapped as one mistake (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [above, row] = [rows[i - 1]!, [i]];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(
        Math.min(row[j - 1]! + 1, above[j]! + 1, above[j - 1]! + same, swapped ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY),
      );
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
