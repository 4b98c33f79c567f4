/**
 * Callers who try again: the storm that a full queue brings upon itself.
 *
 *     try 1 ──busy──▶ (probability) ──after──▶ try 2 ──abandoned──▶ … ──▶ tries used up, or enough of it
 *
 * Whether and when is decided by a stream of the try's own, so that a redial never changes what the caller is otherwise. A redial is meant for the end
 * of the call before it plus the delay. The VU stays the caller's in between: plan maxVUs for the callers who wait to redial, too.
 */
import { sleepOn } from '../clock.ts';
import { CallsurgeError } from '../errors.ts';
import { OUTCOMES, type Outcome } from '../record/schema.ts';
import { currentVu, type VuContext, within, withVu } from './context.ts';
import { adopt, endIteration, isStoryEnd } from './iteration.ts';
import { drawSpan, type Span, streamOf } from './streams.ts';

export interface RedialOptions {
  /** From the end of a call to the next try. Default 20s. */
  after?: Span;
  /** Of trying again after a call that came to nothing, 0…1. Default 1. */
  probability?: number;
  /** Calls in all, the first one too. Default 3. */
  tries?: number;
  /** Ends after which the caller tries again. Default blocked, rejected, timeout, abandoned and dropped. */
  on?: Outcome[];
}

export interface Attempt {
  /** 1 for the first call, 2 for the first redial … */
  try: number;
  /** The call that this one repeats, as in calls.csv. */
  redialOf: string | null;
}

const AGAIN: Outcome[] = ['blocked', 'rejected', 'timeout', 'abandoned', 'dropped'];

/**
 * Plays `story` until a call comes to something. `dial()` inside it fills in `redial_of` and `try`.
 * @returns what the story returned. @throws what its last try threw.
 */
export async function redials<T>(options: RedialOptions, story: (attempt: Attempt) => Promise<T>): Promise<T> {
  const vu = currentVu('caller.redials');
  const { after = '20s', probability = 1, tries = 3, on = AGAIN } = options;
  check(probability, tries, on);
  let redialOf: string | null = null;
  let intendedAt = vu.intendedAt;
  for (let n = 1; ; n++) {
    const attempt = within(vu, n === 1 ? {} : { redial: { of: redialOf, try: n }, intendedAt, startedAt: vu.services.clock.now() });
    const played = await play(attempt, () => story({ try: n, redialOf }));
    const last = adopt.last(attempt);
    await endIteration(attempt, played.ended ? played.thrown : undefined);
    const again =
      last !== undefined && on.includes(last.row.outcome as Outcome) && n < tries && streamOf(attempt, 'redial').next() < probability;
    if (!again || (played.ended && !isStoryEnd(played.thrown)) || vu.signal.aborted) {
      if (played.ended) throw played.thrown;
      return played.value;
    }
    redialOf = last.row.call;
    const { clock } = vu.services;
    intendedAt = (last.row.end_ms ?? clock.now()) + drawSpan(attempt, after, 'redial', 'caller.redials({ after })');
    await sleepOn(clock, Math.max(0, intendedAt - clock.now()), vu.signal);
  }
}

type Played<T> = { ended: false; value: T } | { ended: true; thrown: unknown };

async function play<T>(attempt: VuContext, story: () => Promise<T>): Promise<Played<T>> {
  try {
    return { ended: false, value: await withVu(attempt, story) };
  } catch (thrown) {
    return { ended: true, thrown };
  }
}

function check(probability: number, tries: number, on: readonly Outcome[]): void {
  const refuse = (what: string) => new CallsurgeError('verb-misused', `caller.redials(): ${what}`);
  if (!(probability >= 0 && probability <= 1)) throw refuse(`the probability ${probability} is not from 0 to 1`);
  if (!Number.isInteger(tries) || tries < 1) throw refuse(`${tries} tries are none`);
  const wrong = on.find((outcome) => !OUTCOMES.includes(outcome));
  if (wrong !== undefined) throw refuse(`there is no outcome "${wrong}"; there are ${OUTCOMES.join(', ')}`);
}
