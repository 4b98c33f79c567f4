/** `npm run truth -- failover`: outages, scaling and quiet load whose truth is known, on virtual time, 20 seeds each. */
import { elapsedText } from './elapsed.ts';
import { scaleUp } from './elasticity-case.ts';
import { CASES, judge } from './failover-cases.ts';
import { falseOutages } from './false-alarms.ts';

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
/** What a scale-up time may be off by: the crowd needs a moment to get through. */
const SCALE_LIMIT_MS = 1000;

export const title =
  'Outages and scale-up times against the truth. Virtual time: callers with the timers of RFC 3261 in front of the embedded vendor’s own core, ' +
  '20 calls and 10 probes a second, 20 seeds; “within” means within the ± that the report prints, plus 15 ms for the way along the line.';

export async function run(): Promise<{ title: string; columns: string[]; rows: string[][]; ok: boolean }> {
  const rows: string[][] = [];
  let ok = true;
  const add = (what: string, truth: string, within: number, of: number, worst: string, printed: string) => {
    ok &&= within === of;
    rows.push([what, truth, `${within} of ${of}`, worst, printed]);
  };
  for (const one of CASES) {
    const errors = SEEDS.flatMap((seed) => judge(one.play(seed)));
    const worst = Math.max(...errors.map(({ length }) => Math.abs(length)));
    const printed = Math.max(...errors.map(({ resolution }) => resolution));
    add(one.name, one.truth, errors.filter(({ within }) => within).length, errors.length, elapsedText(worst), `± ${elapsedText(printed)}`);
  }
  for (const delayMs of [5000, 20_000]) {
    const times = SEEDS.map((seed) => scaleUp(seed, delayMs).scaleUpMs);
    const good = times.filter((ms) => ms !== null && ms >= delayMs && ms - delayMs <= SCALE_LIMIT_MS).length;
    const worst = Math.max(...times.map((ms) => (ms ?? Number.POSITIVE_INFINITY) - delayMs));
    add(`capacity ${delayMs / 1000} s after it was asked for`, `${delayMs / 1000} s`, good, SEEDS.length, elapsedText(worst), 'limit 1 s');
  }
  const quiet = SEEDS.map((seed) => falseOutages(seed));
  const calls = quiet.reduce((sum, one) => sum + one.calls, 0);
  const none = quiet.filter(({ unprovoked, provoked }) => unprovoked + provoked === 0).length;
  add(`30 min without a fault (${calls} calls in all)`, 'no outage', none, SEEDS.length, '–', '–');
  return { title, columns: ['what happened', 'truth', 'within', 'largest error', 'largest ± printed'], rows, ok };
}
