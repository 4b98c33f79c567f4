/**
 * How fast capacity came (docs/metrics.md, elasticity). t0 = the vendor accepted the request.
 *
 *   first extra = answered > 105 % of the plateau before t0
 *   scale-up    = answered ≥ 98 % of the target, with < 0.5 % blocked, and both for the whole hold
 */
import { durationMs } from '../duration.ts';
import { countBelow } from '../metrics/column.ts';
import type { AttemptList, AttemptLog } from './attempts.ts';
import type { ImpactLog } from './impact.ts';
import type { Incidents } from './incidents.ts';
import type { Level } from './level.ts';
import type { ScaleFigures } from './model.ts';

const PLATEAU_MS = 10_000;
const EXTRA = 1.05;
const REACHED = 0.98;
const BLOCKED_LIMIT = 0.005;
const HOLD_MS = 30_000;

/** A scaling step as the scenario asked for it. */
export interface ScaleAim {
  name: string;
  target: number;
  holdMs: number;
}

/**
 * From `surge.scaling` of run.json: `{ name, target, holdMs }` as checked, or `hold` as a scenario writes it. What is not readable is left out.
 */
export function scaleAims(surge: unknown): ScaleAim[] {
  const steps = (surge as { scaling?: unknown } | null)?.scaling;
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: { name?: unknown; target?: unknown; holdMs?: unknown; hold?: unknown } | null) => {
    if (!step || typeof step.name !== 'string' || typeof step.target !== 'number') return [];
    const hold = step.holdMs ?? step.hold ?? HOLD_MS;
    return [{ name: step.name, target: step.target, holdMs: durationMs(hold as string, 'surge.scaling.hold') }];
  });
}

export function elasticity(
  log: AttemptLog,
  incidents: Incidents,
  answered: Level,
  aims: readonly ScaleAim[],
  lastMs: number,
  impact?: ImpactLog,
): ScaleFigures[] {
  const attempts = log.attempts();
  const steps = incidents.scaling();
  return steps.map((step) => {
    const aim = aims.find(({ name }) => name === step.name);
    const base = { name: step.name, triggerMs: step.triggerMs, failed: step.failed, target: aim?.target ?? 0 };
    if (step.triggerMs === null || !aim)
      return {
        ...base,
        oldPlateau: null,
        firstExtraMs: null,
        scaleUpMs: null,
        resolutionMs: null,
        blockedWhile: 0,
        droppedWhile: 0,
        reached: null,
      };
    const t0 = step.triggerMs;
    const next = steps.find((other) => other.triggerMs !== null && other.triggerMs > t0)?.triggerMs ?? Number.POSITIVE_INFINITY;
    const until = Math.min(next, lastMs);
    const { plateau, extraMs } = extraCapacity(attempts, answered, t0, until);
    const reachedMs = sustained(attempts, answered, aim, t0, until);
    const whileMs = reachedMs ?? answered.firstAtLeast(Math.ceil(REACHED * aim.target), t0, until) ?? until;
    const figures: ScaleFigures = {
      ...base,
      oldPlateau: plateau,
      firstExtraMs: extraMs === null ? null : extraMs - t0,
      scaleUpMs: reachedMs === null ? null : reachedMs - t0,
      resolutionMs: reachedMs === null ? null : gapAround(attempts, reachedMs),
      blockedWhile: blockedIn(attempts, t0, whileMs),
      droppedWhile: log.lostIn(t0, whileMs),
      reached: answered.maxIn(t0, until),
      lastRefusalMs: sinceOrNull(lastRefusal(attempts, t0, until), t0),
    };
    return { ...figures, ...impact?.scaled(figures, step.readyMs, until) };
  });
}

/**
 * The old plateau is where the vendor stood when it was asked: the most answered in the 10 s before, or, where the load was still rising then,
 * the level at which it first refused a call. The latter only if the level went beyond it afterwards; else that refusal is of the new limit.
 */
function extraCapacity(attempts: AttemptList, answered: Level, t0: number, until: number): { plateau: number; extraMs: number | null } {
  const before = answered.maxIn(t0 - PLATEAU_MS, t0);
  const beyond = (plateau: number, from: number) => answered.firstAtLeast(Math.floor(plateau * EXTRA) + 1, from, until);
  let i = countBelow(attempts.at, t0 - PLATEAU_MS);
  while (i < attempts.length && attempts.at[i]! < until && !attempts.blocked[i]) i++;
  if (i < attempts.length && attempts.at[i]! < until) {
    const refusedAt = attempts.at[i]!;
    const plateau = Math.max(before, answered.at(refusedAt));
    const extraMs = beyond(plateau, Math.max(t0, refusedAt));
    if (extraMs !== null) return { plateau, extraMs };
  }
  return { plateau: before, extraMs: beyond(before, t0) };
}

/** When the last call was refused for capacity in [from, to). */
function lastRefusal(attempts: AttemptList, from: number, to: number): number | null {
  for (let i = countBelow(attempts.at, to) - 1; i >= 0 && attempts.at[i]! >= from; i--) if (attempts.blocked[i]) return attempts.at[i]!;
  return null;
}

/** The earliest moment from which level and blocking hold for the whole hold. */
function sustained(attempts: AttemptList, answered: Level, aim: ScaleAim, t0: number, until: number): number | null {
  for (const [from, to] of answered.spansAtLeast(Math.ceil(REACHED * aim.target), t0, until)) {
    const last = to - aim.holdMs;
    if (last < from) continue;
    if (calm(attempts, from, aim.holdMs)) return from;
    // Blocking in a moving window can only fall below the limit where a refusal leaves it.
    for (let i = countBelow(attempts.at, from); i < attempts.length && attempts.at[i]! <= last; i++) {
      if (!attempts.blocked[i]) continue;
      const after = attempts.at[i + 1] ?? attempts.at[i]! + 1;
      if (after <= last && calm(attempts, after, aim.holdMs)) return after;
    }
  }
  return null;
}

function calm(attempts: AttemptList, from: number, holdMs: number): boolean {
  const n = countBelow(attempts.at, from + holdMs) - countBelow(attempts.at, from);
  return n === 0 || blockedIn(attempts, from, from + holdMs) / n < BLOCKED_LIMIT;
}

function blockedIn(attempts: AttemptList, from: number, to: number): number {
  let blocked = 0;
  for (let i = countBelow(attempts.at, from); i < attempts.length && attempts.at[i]! < to; i++) blocked += attempts.blocked[i]!;
  return blocked;
}

const sinceOrNull = (at: number | null, t0: number) => (at === null ? null : at - t0);

/** Time between the attempts around a moment. */
function gapAround(attempts: AttemptList, at: number): number | null {
  const after = countBelow(attempts.at, at);
  const before = attempts.at[after - 1];
  const next = attempts.at[Math.min(after, attempts.length - 1)];
  return before === undefined || next === undefined ? null : Math.max(0, next - before);
}
