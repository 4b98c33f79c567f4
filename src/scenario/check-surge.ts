/** `export const surge`, checked: faults and scaling inside the run, hooks that the profile has, durations in ms. */
import { CallsurgeError } from '../errors.ts';
import { CALL_METRICS } from '../metrics/builtin.ts';
import type { StopRule } from '../metrics/stop-rules.ts';
import { parseMetricKey, parseThreshold } from '../metrics/threshold-grammar.ts';
import { Fields } from '../schedule/fields.ts';
import { planScenarios, type RunPlan } from '../schedule/plan.ts';
import type { Hook, VendorProfile } from '../vendor/profile.ts';
import { type CheckedExpect, checkExpect } from './check-expect.ts';
import {
  checkFaultAgainst,
  checkNamesOfRelay,
  checkRelay,
  heldBy,
  isMoreFault,
  MORE_FAULT_KINDS,
  type MoreFaultKind,
  readFault,
} from './check-faults.ts';
import type { CheckedOptions } from './options.ts';
import { type CheckedReplay, checkReplay, readReplay } from './replay.ts';
import type { FaultAction, FaultStep, ScaleAction, ScaleStep } from './surge.ts';

export interface CheckedFault extends Omit<FaultStep, 'at' | 'for' | 'repeat' | 'expected'> {
  atMs: number;
  forMs: number;
  /** From start to start, and how often in all. */
  repeat?: { everyMs: number; times: number };
  expectedMs?: number;
}

/** When the last repetition is over, ms from the load's start. */
const overAt = ({ atMs, forMs, repeat }: CheckedFault) => atMs + forMs + (repeat ? repeat.everyMs * (repeat.times - 1) : 0);

export interface CheckedScale extends Omit<ScaleStep, 'at' | 'hold'> {
  atMs: number;
  holdMs: number;
}

/** Plain data, complete. */
export interface CheckedSurge {
  seed: number;
  arrivals: 'even' | 'poisson';
  /** A log whose times one scenario takes. */
  replayed?: CheckedReplay;
  faults: CheckedFault[];
  scaling: CheckedScale[];
  /** The circuit breaker. */
  stopWhen?: StopRule[];
  probesPerSecond: number;
  /** Our own relay stands between us and the vendor, also without a relay fault. */
  relay?: boolean;
  media: 'rtp' | 'none';
  trace: 'on' | 'off';
  drainMs: number;
  /** What the author expects of a call's length, for planning alone: by scenario, `''` for all others. */
  callLengthMs: Record<string, number>;
  /** Means that the author expects; for planning alone. */
  expect?: CheckedExpect;
}

/**
 * @param overrides `folder`: of the scenario file, what a replayed log is relative to; default the working directory.
 * @throws CallsurgeError `option-invalid`, naming the field: `surge.faults[0].at`.
 */
export function checkSurge(raw: unknown, overrides: { seed?: number | undefined; folder?: string } = {}): CheckedSurge {
  const fields = new Fields(raw ?? {}, 'surge');
  const faults = fields.has('faults') ? fields.list('faults').map(checkFault) : [];
  const scaling = fields.has('scaling') ? fields.list('scaling').map(checkScale) : [];
  const checked: CheckedSurge = {
    seed: overrides.seed ?? fields.integer('seed', Number.MIN_SAFE_INTEGER, 1),
    ...checkArrivals(fields, overrides.folder ?? '.'),
    faults,
    scaling,
    probesPerSecond: checkProbes(fields, faults.length > 0 ? 10 : 0),
    ...(fields.has('stopWhen') ? { stopWhen: fields.list('stopWhen').map(checkStopRule) } : {}),
    ...(fields.boolean('relay', false) ? { relay: true } : {}),
    media: fields.oneOf('media', ['rtp', 'none'], 'rtp'),
    trace: fields.oneOf('trace', ['on', 'off'], 'on'),
    drainMs: fields.duration('drain', '35s'),
    callLengthMs: checkCallLength(fields),
    ...(fields.has('expect') ? { expect: checkExpect(new Fields(fields.raw('expect'), fields.path('expect'))) } : {}),
  };
  fields.raw('seed');
  fields.end();
  const names = [...faults, ...scaling].map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice)
    throw new CallsurgeError('option-invalid', `the name "${twice}" is used twice`, {
      where: 'surge',
      todo: 'every fault and scaling step needs its own',
    });
  refuseOverlap(faults);
  return checked;
}

function checkArrivals(fields: Fields, folder: string): Pick<CheckedSurge, 'arrivals' | 'replayed'> {
  const raw = fields.raw('arrivals');
  if (typeof raw === 'object') return { arrivals: 'even', replayed: checkReplay(raw, fields.path('arrivals'), folder) };
  return { arrivals: fields.oneOf('arrivals', ['even', 'poisson'], 'even') };
}

/** Two faults that hold the same thing at once would end each other. */
function refuseOverlap(faults: readonly CheckedFault[]): void {
  const sameThing = (a: FaultAction, b: FaultAction) =>
    (a.kind === 'simulator' && b.kind === 'simulator' && a.site === b.site) ||
    (a.kind === 'hook' && b.kind === 'hook' && a.hook === b.hook) ||
    (isMoreFault(a) && isMoreFault(b) && heldBy(a) === heldBy(b));
  for (const [i, fault] of faults.entries()) {
    const other = faults.slice(0, i).find((one) => sameThing(one.do, fault.do) && one.atMs < overAt(fault) && fault.atMs < overAt(one));
    if (other)
      throw new CallsurgeError('option-invalid', `"${fault.name}" begins before "${other.name}" has ended, on the same target`, {
        where: `surge.faults[${i}].at`,
        todo: 'let one end before the next begins',
      });
  }
}

/** What only the run and the profile can tell. @throws CallsurgeError `option-invalid`. */
export function checkSurgeAgainst(surge: CheckedSurge, plan: RunPlan, profile: VendorProfile): void {
  if (surge.relay) checkRelay(undefined, 'surge.relay', profile);
  checkNamesOfRelay(surge, profile);
  for (const [list, steps] of [
    ['faults', surge.faults],
    ['scaling', surge.scaling],
  ] as const) {
    for (const [i, step] of steps.entries()) {
      const where = `surge.${list}[${i}]`;
      if (step.atMs >= plan.loadMs)
        throw new CallsurgeError('option-invalid', `"${step.name}" begins after the load has ended`, {
          where: `${where}.at`,
          todo: `the load ends at ${plan.loadMs}ms`,
        });
      checkAction(step.do, list, `${where}.do`, profile);
      if ('forMs' in step && overAt(step) - step.forMs >= plan.loadMs)
        throw new CallsurgeError('option-invalid', `the last "${step.name}" begins after the load has ended`, {
          where: `${where}.repeat`,
          todo: `the load ends at ${plan.loadMs}ms`,
        });
    }
  }
}

/** Reads a replayed log. @throws CallsurgeError `option-invalid` */
export function planRun(
  options: CheckedOptions,
  { arrivals, seed, replayed }: Pick<CheckedSurge, 'arrivals' | 'seed' | 'replayed'>,
): RunPlan {
  return planScenarios(options.scenarios, { arrivals, seed, replay: replayed && readReplay(replayed) });
}

function checkStopRule(fields: Fields): StopRule {
  const rule: StopRule = {
    metric: fields.string('metric'),
    when: fields.string('when'),
    forMs: fields.duration('for', undefined, 1000),
    least: fields.integer('least', 1, 20),
  };
  const { metric } = parseMetricKey(rule.metric, fields.path('metric'));
  const known = CALL_METRICS.map(({ name }) => name);
  if (!known.some((name) => name === metric)) throw fields.invalid('metric', `must be a metric of calls, not ${metric}`, known.join(', '));
  parseThreshold(rule.when, fields.path('when'));
  fields.end();
  return rule;
}

function checkFault(fields: Fields): CheckedFault {
  const forMs = fields.duration('for', undefined, 1);
  const checked: CheckedFault = {
    name: fields.string('name'),
    atMs: fields.duration('at'),
    forMs,
    ...(fields.has('repeat') ? { repeat: checkRepeat(fields, forMs) } : {}),
    ...(fields.has('expected') ? { expectedMs: fields.duration('expected') } : {}),
    do: checkDo(fields, ['simulator', 'hook', 'request', 'command', 'manual', ...MORE_FAULT_KINDS], faultAction),
  };
  fields.end();
  return checked;
}

function checkRepeat(fields: Fields, forMs: number): { everyMs: number; times: number } {
  const repeat = new Fields(fields.raw('repeat'), fields.path('repeat'));
  const everyMs = repeat.duration('every');
  if (everyMs <= forMs) throw repeat.invalid('every', `must be longer than the fault lasts (${forMs}ms)`);
  const times = repeat.integer('times', 2);
  repeat.end();
  return { everyMs, times };
}

function checkScale(fields: Fields): CheckedScale {
  const checked = {
    name: fields.string('name'),
    atMs: fields.duration('at'),
    target: fields.integer('target', 1),
    holdMs: fields.duration('hold', '30s'),
    do: checkDo(fields, ['simulator', 'hook', 'request', 'command', 'manual', 'load'], scaleAction),
  };
  fields.end();
  return checked;
}

function checkDo<T>(fields: Fields, kinds: readonly string[], read: (kind: string, fields: Fields) => T): T {
  if (!fields.has('do')) throw fields.missing('do');
  const action = new Fields(fields.raw('do'), fields.path('do'));
  const result = read(action.oneOf('kind', kinds), action);
  action.end();
  return result;
}

function faultAction(kind: string, fields: Fields): FaultAction {
  if (kind === 'simulator') return { kind, action: fields.oneOf('action', ['stop', 'freeze']), site: fields.string('site') };
  if (kind === 'hook') return { kind, hook: fields.string('hook') };
  if (kind === 'manual') return { kind, instruction: fields.string('instruction') };
  if (isMoreFault({ kind })) return readFault(kind as MoreFaultKind, fields);
  return {
    kind: kind as 'request' | 'command',
    start: hookOf(kind, fields, 'start'),
    ...(fields.has('end') ? { end: hookOf(kind, fields, 'end') } : {}),
  };
}

function scaleAction(kind: string, fields: Fields): ScaleAction {
  if (kind === 'load') return { kind };
  if (kind === 'simulator' && fields.has('seats'))
    return {
      kind,
      seats: fields.integer('seats', 1),
      skill: fields.string('skill'),
      ...(fields.has('delay') ? { delay: fields.duration('delay') } : {}),
    };
  if (kind === 'simulator')
    return {
      kind,
      channels: fields.integer('channels', 1),
      ...(fields.has('site') ? { site: fields.string('site') } : {}),
      ...(fields.has('delay') ? { delay: fields.duration('delay') } : {}),
    };
  if (kind === 'hook') return { kind, hook: fields.string('hook') };
  if (kind === 'manual') return { kind, instruction: fields.string('instruction') };
  return { kind: kind as 'request' | 'command', start: hookOf(kind, fields, 'start') };
}

/** A request has `http`, a command `command`; the rest of a hook is checked where it is run. */
function hookOf(kind: string, fields: Fields, name: string): Hook {
  const wanted = kind === 'request' ? 'http' : 'command';
  const hook = fields.raw(name) as Hook | undefined;
  if (typeof hook !== 'object' || hook === null || !(wanted in hook)) throw fields.invalid(name, `of a ${kind} must have ${wanted}`);
  return hook;
}

function checkAction(action: FaultAction | ScaleAction, list: 'faults' | 'scaling', where: string, profile: VendorProfile): void {
  if (action.kind === 'simulator') {
    if (!profile.embedded)
      throw new CallsurgeError('option-invalid', `${profile.name} is not the embedded vendor`, {
        where,
        todo: 'use a hook of the vendor profile',
      });
    const sites = profile.embedded.sites.map((site) => site.name);
    if ('site' in action && action.site !== undefined && !sites.includes(action.site))
      throw new CallsurgeError('option-invalid', `there is no site "${action.site}"`, {
        where: `${where}.site`,
        todo: `there are ${sites.join(', ')}`,
      });
  }
  if (isMoreFault(action)) checkFaultAgainst(action, where, profile);
  if (action.kind !== 'hook') return;
  const hooks = Object.keys((list === 'faults' ? profile.hooks?.faults : profile.hooks?.scale) ?? {});
  if (hooks.includes(action.hook)) return;
  throw new CallsurgeError('option-invalid', `${profile.name} has no ${list === 'faults' ? 'fault' : 'scale'} hook "${action.hook}"`, {
    where: `${where}.hook`,
    todo: hooks.length > 0 ? `there are ${hooks.join(', ')}` : `add it to vendor.hooks.${list === 'faults' ? 'faults' : 'scale'}`,
  });
}

function checkProbes(fields: Fields, fallback: number): number {
  if (!fields.has('probes')) return fallback;
  const probes = new Fields(fields.raw('probes'), fields.path('probes'));
  const perSecond = probes.raw('perSecond');
  if (typeof perSecond !== 'number' || !(perSecond >= 0 && perSecond <= 100)) throw probes.invalid('perSecond', 'must be from 0 to 100');
  probes.end();
  return perSecond;
}

function checkCallLength(fields: Fields): Record<string, number> {
  const raw = fields.raw('callLength');
  if (raw === undefined) return {};
  if (typeof raw !== 'object') return { '': fields.duration('callLength', undefined, 1) };
  const each = new Fields(raw, fields.path('callLength'));
  return Object.fromEntries(Object.keys(raw as object).map((name) => [name, each.duration(name, undefined, 1)]));
}
