/**
 * Rounds of probes into outages: rounds in a row that were down, from the first of them to the first up one after it. A gap in the record cuts an
 * outage: then it lasted at least until its last down round. Pure.
 */

/** Probes made at one moment. */
export interface Round {
  /** What it tells, it tells of this moment: when it was answered, or when it was sent and nobody answered. */
  at: number;
  sentMs: number;
  up: boolean;
  why: string | null;
}

export interface ProbeOutage {
  startMs: number;
  /** First round that was up again; null: not seen to end. */
  endMs: number | null;
  /** Surely down: first to last down round. */
  leastMs: number;
  /** To the first up round; where no end was seen, as `leastMs`. */
  ms: number;
  /** From the sending of the last up round before it to the answer of the first after it; null where one of them was not observed. */
  mostMs: number | null;
  why: string | null;
}

/** @param rounds in order of time. @param gapMs rounds further apart leave a gap */
export function outagesOf(rounds: readonly Round[], gapMs: number): ProbeOutage[] {
  const outages: ProbeOutage[] = [];
  let first: Round | null = null;
  let before: Round | null = null;
  let last: Round | null = null;
  const close = (up: Round | null) => {
    if (!first || !last) return;
    const leastMs = last.at - first.at;
    outages.push({
      startMs: first.at,
      endMs: up?.at ?? null,
      leastMs,
      ms: up ? up.at - first.at : leastMs,
      mostMs: up && before ? up.at - before.sentMs : null,
      why: first.why,
    });
    first = null;
  };
  let previous: Round | null = null;
  for (const round of rounds) {
    const gap = previous !== null && round.at - previous.at > gapMs;
    if (gap) close(null);
    if (!round.up) {
      if (!first) {
        first = round;
        before = gap ? null : previous;
      }
      last = round;
    } else close(round);
    previous = round;
  }
  close(null);
  return outages;
}
