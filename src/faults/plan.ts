/** Fault and scaling steps as they will be done: durations in ms, hooks looked up, in order of time. Checked before anything is sent. */
import { durationMs } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import type { FaultAction, OwnFault, RelayFault, ScaleAction } from '../scenario/surge.ts';
import { contractRules } from '../vendor/contract.ts';
import type { Hook, VendorProfile } from '../vendor/profile.ts';
import { commandHook } from './command-hook.ts';
import { containerFault } from './container.ts';
import { httpHook } from './http-hook.ts';
import type { Injector } from './injector.ts';
import { manualAction } from './manual.ts';
import { namespaceFault } from './netns.ts';
import { ownFault, relayFault } from './own-side.ts';
import { processFault } from './process.ts';
import { scaleRequest, seatRequest, siteAction } from './simulator-api.ts';

export interface PlannedFault {
  name: string;
  /** From the load's start, ms. */
  atMs: number;
  endMs: number;
  /** What it is done to, for the record. */
  target: string;
  /** What a person has to do, where one has to. */
  instruction: string | undefined;
  /** Longest outage promised for this fault. */
  expectedMs?: number;
  /** Our own side fails, and in which way. */
  own?: OwnFault['action'];
  start: Injector;
  /** Undefined: nothing to take back (a switch-over, say). */
  end: Injector | undefined;
}

export interface PlannedScale {
  name: string;
  atMs: number;
  target: string;
  /** Answered concurrency aimed at, and how long it must hold. */
  aim: { target: number; holdMs: number };
  instruction: string | undefined;
  start: Injector;
}

export interface FaultPlan {
  faults: PlannedFault[];
  scaling: PlannedScale[];
}

/** The steps of a checked `surge` (scenario/check-surge.ts). */
export interface CheckedSteps {
  faults: readonly {
    name: string;
    atMs: number;
    forMs: number;
    repeat?: { everyMs: number; times: number };
    expectedMs?: number;
    do: FaultAction;
  }[];
  scaling: readonly { name: string; atMs: number; target: number; holdMs: number; do: ScaleAction }[];
}

/** @throws CallsurgeError `option-invalid`, naming the step. */
export function planFaults(surge: CheckedSteps, profile: VendorProfile): FaultPlan {
  const faults = surge.faults.flatMap((step, i): PlannedFault[] => {
    const { name, atMs, forMs, expectedMs, repeat = { everyMs: 0, times: 1 } } = step;
    const common = {
      name,
      target: targetOf(step.do),
      instruction: instructionOf(step.do),
      ...(expectedMs === undefined ? {} : { expectedMs }),
      own: ownOf(step.do, profile),
    };
    return Array.from({ length: repeat.times }, (_, n) => {
      const from = atMs + n * repeat.everyMs;
      return { ...common, atMs: from, endMs: from + forMs, ...faultInjectors(name, step.do, profile, `surge.faults[${i}]`) };
    });
  });
  const scaling = surge.scaling.map((step, i): PlannedScale => {
    const { name, atMs, target, holdMs } = step;
    const start = scaleInjector(name, step.do, profile, `surge.scaling[${i}]`);
    return { name, atMs, target: targetOf(step.do), aim: { target, holdMs }, instruction: instructionOf(step.do), start };
  });
  return { faults: faults.sort((a, b) => a.atMs - b.atMs), scaling: scaling.sort((a, b) => a.atMs - b.atMs) };
}

function faultInjectors(
  name: string,
  action: FaultAction,
  profile: VendorProfile,
  where: string,
): { start: Injector; end: Injector | undefined } {
  switch (action.kind) {
    case 'simulator':
      needsSimulator(profile, where);
      if (!profile.embedded!.sites.some(({ name }) => name === action.site))
        throw invalid(
          `the embedded vendor has no site "${action.site}"`,
          `${where}.do.site`,
          `use ${orList(profile.embedded!.sites.map((s) => s.name))}`,
        );
      return { start: siteAction(action.site, action.action), end: siteAction(action.site, 'start') };
    case 'hook': {
      const hook = hookNamed(profile.hooks?.faults, action.hook, 'faults', where);
      return { start: injectorOf(hook.start), end: hook.end && injectorOf(hook.end) };
    }
    case 'request':
    case 'command':
      return { start: injectorOf(action.start), end: action.end && injectorOf(action.end) };
    case 'manual':
      return {
        start: manualAction(name, 'started', action.instruction),
        end: manualAction(name, 'ended', `undo: ${action.instruction}`),
      };
    case 'process':
      return processFault(action);
    case 'container':
      return containerFault(action);
    case 'netns':
      return namespaceFault(action);
    case 'relay':
      return relayFault(action);
    case 'own':
      if (action.action === 'dns-answer') checkAnswer(action.answer, profile, `${where}.do.answer`);
      return ownFault(action);
  }
}

function scaleInjector(name: string, action: ScaleAction, profile: VendorProfile, where: string): Injector {
  switch (action.kind) {
    case 'simulator': {
      needsSimulator(profile, where);
      const delayMs = action.delay === undefined ? undefined : durationMs(action.delay, `${where}.do.delay`);
      if ('seats' in action) return seatRequest({ skill: action.skill, count: action.seats, delayMs });
      return scaleRequest({ site: action.site, channels: action.channels, delayMs });
    }
    case 'load':
      return async ({ clock }) => ({ at: clock.now() });
    case 'hook':
      return injectorOf(hookNamed(profile.hooks?.scale, action.hook, 'scale', where));
    case 'request':
    case 'command':
      return injectorOf(action.start);
    case 'manual':
      return manualAction(name, 'started', action.instruction);
  }
}

const injectorOf = (hook: Hook): Injector => ('http' in hook ? httpHook(hook) : commandHook(hook));

function hookNamed<T>(hooks: Record<string, T> | undefined, name: string, kind: string, where: string): T {
  const hook = hooks && Object.hasOwn(hooks, name) ? hooks[name] : undefined;
  if (hook !== undefined) return hook;
  const known = Object.keys(hooks ?? {});
  throw invalid(
    `the vendor profile has no hook "${name}"`,
    `${where}.do.hook`,
    known.length === 0 ? `add it to the profile under hooks.${kind}` : `use ${orList(known)}`,
  );
}

/** A changed answer sends calls where it says: only where the contract lets us. */
function checkAnswer(
  answer: NonNullable<(OwnFault & { action: 'dns-answer' })['answer']>,
  { contract }: VendorProfile,
  where: string,
): void {
  const stranger = typeof answer === 'string' ? undefined : answer.find((one) => !contractRules(contract).target(one));
  if (stranger !== undefined)
    throw new CallsurgeError('contract-violation', `${stranger} is not among the contract's targets`, {
      where,
      todo: 'add it to contract.targets if the vendor permits it',
    });
}

function needsSimulator(profile: VendorProfile, where: string): void {
  if (!profile.embedded) throw invalid('this step is for the embedded vendor', `${where}.do.kind`, 'use a hook, a request or a command');
}

const instructionOf = (action: FaultAction | ScaleAction) => (action.kind === 'manual' ? action.instruction : undefined);

function targetOf(action: FaultAction | ScaleAction): string {
  switch (action.kind) {
    case 'load':
      return 'the load itself';
    case 'simulator':
      if ('seats' in action) return `${action.seats} seats for ${action.skill}`;
      return 'action' in action
        ? `${action.action} site ${action.site}`
        : `${action.channels} channels${action.site ? ` at ${action.site}` : ''}`;
    case 'hook':
      return `hook ${action.hook}`;
    case 'manual':
      return action.instruction;
    case 'process':
      return `SIG${action.signal} to ${action.pid === undefined ? action.pidFile : `process ${action.pid}`}`;
    case 'container':
      return `${action.action} container ${action.container}${action.network ? ` from ${action.network}` : ''}`;
    case 'netns':
      return action.action === 'drop'
        ? `drop ${[action.protocol, action.peer, action.port].filter((part) => part !== undefined).join(' ') || 'all'} in ${action.namespace}`
        : action.action === 'link-down'
          ? `${action.link} down in ${action.namespace}`
          : `address ${action.address} gone from ${action.link} in ${action.namespace}`;
    case 'relay':
      return relayWords(action);
    case 'own':
      return ownWords(action);
    default:
      return 'http' in action.start ? action.start.http : action.start.command.join(' ');
  }
}

function relayWords({ trunk, what = 'both', direction = 'both', kind: _, ...harm }: RelayFault): string {
  const words = Object.entries(harm).map(([name, value]) => (value === true ? name : `${name} ${value}`));
  const of = `${what === 'both' ? 'sip and rtp' : what}${direction === 'both' ? '' : ` ${direction}`}`;
  return `relay${trunk === undefined ? '' : ` of ${trunk}`}: ${words.join(', ')} (${of})`;
}

function ownWords(action: OwnFault): string {
  switch (action.action) {
    case 'trunk-down':
      return `our trunk ${action.trunk} down`;
    case 'agents-off':
      return `our agents off${action.group ? `: ${action.group}` : ''}`;
    case 'address-gone':
      return `our address ${action.address ?? ''} gone`.replace('  ', ' ');
    case 'dns-answer':
      return `${action.name} answered to us ${typeof action.answer === 'string' ? action.answer : `as ${action.answer.join(', ')}`}`;
  }
}

/** What is ours and not the vendor's: nothing that follows from it is a promise kept or broken. */
function ownOf(action: FaultAction, { local }: VendorProfile): PlannedFault['own'] {
  if (action.kind === 'own') return action.action;
  const isOurs = action.kind === 'netns' && action.action === 'address-gone' && local?.addresses?.includes(action.address!);
  return isOurs ? 'address-gone' : undefined;
}

const orList = (names: string[]) => names.join(' or ');
const invalid = (what: string, where: string, todo: string) => new CallsurgeError('option-invalid', what, { where, todo });
