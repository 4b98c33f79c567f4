/** Axes: round numbers between zero and the largest value, and round times. Pure arithmetic. */

export interface Axis {
  max: number;
  ticks: number[];
}

/** Zero to a round number not below `largest`, with three to six ticks. @param integer no ticks between whole numbers */
export function valueAxis(largest: number, integer = false): Axis {
  const top = Number.isFinite(largest) && largest > 0 ? largest : 1;
  let step = roundUp(top / 5);
  if (integer) step = Math.max(1, Math.ceil(step));
  return ticksOf(top, step);
}

/** As `valueAxis` for milliseconds: seconds and minutes get round steps too (15 s, 30 s, 1 min). */
export function durationAxis(largestMs: number): Axis {
  const top = Number.isFinite(largestMs) && largestMs > 0 ? largestMs : 1;
  const step = TIME_STEPS.find((candidate) => candidate >= 5000 && candidate >= top / 5);
  return ticksOf(top, top <= 25_000 || step === undefined ? roundUp(top / 5) : step);
}

function ticksOf(top: number, step: number): Axis {
  const steps = Math.max(1, Math.ceil(top / step - 1e-9));
  return { max: steps * step, ticks: Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12))) };
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10) * power;
}

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const TIME_STEPS = [1, 2, 5, 10, 15, 30]
  .map((s) => s * S)
  .concat([1, 2, 5, 10, 15, 30].map((m) => m * M))
  .concat([1, 2, 3, 6, 12, 24, 48, 168].map((h) => h * H));

/** Round times after `zeroMs` inside [fromMs, toMs], at most `most` of them. */
export function timeTicks(fromMs: number, toMs: number, zeroMs: number, most = 9): number[] {
  const span = toMs - fromMs;
  if (!(span > 0)) return [];
  const step = TIME_STEPS.find((candidate) => span / candidate <= most) ?? Math.ceil(span / most / (168 * H)) * 168 * H;
  const ticks = [];
  for (let i = Math.ceil((fromMs - zeroMs) / step); zeroMs + i * step <= toMs && ticks.length <= most; i++) ticks.push(zeroMs + i * step);
  return ticks;
}

/** A round time step that covers [0, span] in at most `most` steps: for regrouping counts into bars. */
export function roundStep(spanMs: number, most: number): number {
  return TIME_STEPS.find((candidate) => spanMs / candidate <= most) ?? 168 * H;
}
