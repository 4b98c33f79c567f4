/**
 * The test contract: what the vendor has permitted. Anything else is refused, before a run (contractConflicts) and for each call in it
 * (contractRules).
 */
import { BlockList, isIP } from 'node:net';
import { CallsurgeError } from '../errors.ts';
import { hoursRule } from './hours.ts';
import { isEmergency, isPlain, matchesPattern, numbersOf, patternSize } from './numbers.ts';
import type { Contract, VendorProfile } from './profile.ts';

export interface ContractRules {
  /** Why that call may not be made, or undefined. Emergency numbers never, whatever the patterns say. */
  number(called: string, caller: string): CallsurgeError | undefined;
  /** Whether load is allowed at that moment, ms since the Unix epoch. */
  open(at: number): boolean;
  /** Whether that host (name or address, as in the profile) may receive traffic. */
  target(host: string): boolean;
  /** The k-th caller's number: different for as many callers as the patterns can give. */
  callerNumber(k: number): string;
  /** The same of a VIP: from the contract's own patterns for them, where it has any. */
  vipNumber(k: number): string;
  /** How many different callers there can be. */
  callers: number;
}

export function contractRules(contract: Contract): ContractRules {
  return {
    number: (called, caller) => mayDial(contract, called, caller),
    open: hoursRule(contract),
    target: targetRule(contract.targets),
    callerNumber: numbersOf(contract.callers),
    vipNumber: numbersOf(contract.vipCallers ?? contract.callers),
    callers: contract.callers.reduce((sum, pattern) => sum + patternSize(pattern), 0),
  };
}

/** @returns why that call may not be made, or undefined. */
export function mayDial(contract: Contract, called: string, caller: string): CallsurgeError | undefined {
  const refuse = (what: string, field: string, todo: string) =>
    new CallsurgeError('contract-violation', what, { where: `vendor.contract.${field}`, todo });
  if (isEmergency(called)) return refuse(`${called} is an emergency number`, 'called', 'it is never dialled, whatever the contract says');
  if (isEmergency(caller))
    return refuse(`${caller} is an emergency number`, 'callers', 'it is never presented, whatever the contract says');
  // What is dialled goes into a SIP URI as it is: nothing but digits may hide there.
  if (!isPlain(called)) return refuse(`"${called}" is not a number`, 'called', 'write digits alone, with a + in front if need be');
  if (!isPlain(caller)) return refuse(`"${caller}" is not a number`, 'callers', 'write digits alone, with a + in front if need be');
  if (!contract.called.some((pattern) => matchesPattern(called, pattern)))
    return refuse(
      `${called} may not be dialled: the contract allows ${contract.called.join(', ')}`,
      'called',
      'dial a number of the contract',
    );
  const callers = [...contract.callers, ...(contract.vipCallers ?? [])];
  if (!callers.some((pattern) => matchesPattern(caller, pattern)))
    return refuse(
      `${caller} may not be presented: the contract allows ${callers.join(', ')}`,
      'callers',
      'present a number of the contract',
    );
  return undefined;
}

/** Names are compared as they are; an address may also lie in a block. A name is not resolved: what it points to is the caller's to check again. */
function targetRule(targets: readonly string[]): (host: string) => boolean {
  const names = new Set(targets.map((target) => target.toLowerCase()));
  const blocks = new BlockList();
  for (const target of targets) {
    const [address, prefix] = target.split('/') as [string, string?];
    const family = isIP(address);
    if (family === 0) continue;
    if (prefix === undefined) blocks.addAddress(address, `ipv${family as 4 | 6}`);
    else blocks.addSubnet(address, Number(prefix), `ipv${family as 4 | 6}`);
  }
  return (host) => {
    const family = isIP(host);
    return names.has(host.toLowerCase()) || (family > 0 && blocks.check(host, `ipv${family as 4 | 6}`));
  };
}

/** What a plan wants to do, as far as the contract cares. */
export interface PlannedLoad {
  /** Largest planned rate of new calls, calls/s. */
  peakRate: number;
  /** Most calls in any one second of the timeline: above peakRate where arrivals are Poisson. */
  busiestSecond: number;
  /** Expected calls open at once at the peak: setup to release. */
  peakConcurrent: number;
  /** When it starts, ms since the Unix epoch, and how long until the last call is over. */
  startMs: number;
  durationMs: number;
}

export interface Conflict {
  /** `vendor.contract.maxChannels` */
  field: string;
  what: string;
  todo: string;
}

/** Everything in plan and profile that the contract does not allow; empty where the run may go. */
export function contractConflicts(profile: VendorProfile, load: PlannedLoad): Conflict[] {
  const { contract } = profile;
  const rules = contractRules(contract);
  const conflicts: Conflict[] = [];
  const add = (field: string, what: string, todo: string) => conflicts.push({ field: `vendor.${field}`, what, todo });

  const rate = Math.max(load.peakRate, load.busiestSecond);
  if (rate > contract.maxCallsPerSecond)
    add(
      'contract.maxCallsPerSecond',
      `${round(rate)} calls are planned in one second, ${contract.maxCallsPerSecond} are allowed`,
      load.peakRate <= contract.maxCallsPerSecond
        ? 'space the arrivals evenly, lower the rate, or agree on more'
        : 'lower the rate, or agree on more',
    );
  if (load.peakConcurrent > contract.maxChannels)
    add(
      'contract.maxChannels',
      `${round(load.peakConcurrent)} calls at once are expected, ${contract.maxChannels} are allowed`,
      'lower rate or call length, or agree on more',
    );
  for (const [field, host] of hostsOf(profile))
    if (!rules.target(host))
      add(field, `${host} is not among the contract's targets`, 'add it to contract.targets if the vendor permits it');
  for (const [name, number] of Object.entries(profile.numbers ?? {})) {
    const problem = mayDial(contract, number, rules.callerNumber(0));
    if (problem) add(`numbers.${name}`, problem.message, problem.todo!);
  }
  const closed = firstClosed(rules.open, load);
  if (closed !== undefined)
    add('contract.hours', `no load is allowed at ${new Date(closed).toISOString()}`, 'run inside the contract’s hours, or agree on others');
  return conflicts;
}

const round = (value: number) => Math.round(value * 10) / 10;

function hostsOf(profile: VendorProfile): [field: string, host: string][] {
  return [
    ...profile.trunks.map(({ host }, i): [string, string] => [`trunks[${i}].host`, host]),
    ...profile.trunks.flatMap(({ proxy }, i): [string, string][] => (proxy ? [[`trunks[${i}].proxy.host`, proxy.host]] : [])),
    ...(profile.agents ?? []).flatMap(({ registrar }, i): [string, string][] =>
      registrar ? [[`agents[${i}].registrar.host`, registrar.host]] : [],
    ),
  ];
}

/** First minute of the run that the contract closes; a run of more than 1000 minutes is looked at in 1000 steps. */
function firstClosed(open: (at: number) => boolean, { startMs, durationMs }: PlannedLoad): number | undefined {
  const step = Math.max(60_000, durationMs / 1000);
  for (let at = startMs; at < startMs + durationMs; at += step) if (!open(at)) return at;
  return open(startMs + durationMs) ? undefined : startMs + durationMs;
}
