/** What `run`, `plan` and `demo` begin with: scenario, options, surge, vendor and plan, loaded and checked in that order. Sends nothing. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bindAddress, mediaAddress } from '../engine/local-side.ts';
import { CallsurgeError } from '../errors.ts';
import { planFaults } from '../faults/plan.ts';
import { type CheckedSurge, checkSurge, checkSurgeAgainst, planRun } from '../scenario/check-surge.ts';
import { type LoadedScenario, loadScenario } from '../scenario/load.ts';
import { type CheckedOptions, checkOptions, type RawOptions } from '../scenario/options.ts';
import { parseStages } from '../scenario/options-env.ts';
import { type RunPlan, usefulWorkers } from '../schedule/plan.ts';
import { loadVendor } from '../vendor/load.ts';
import type { VendorProfile } from '../vendor/profile.ts';

/** Flags shared by `run` and `plan`: k6's names where k6 has them. */
export interface InputFlags {
  vendor: string;
  workers?: number;
  seed?: number;
  vus?: number;
  duration?: string;
  iterations?: number;
  stage?: string[];
  config?: string;
  tag?: string[];
  env?: string[];
  media?: 'rtp' | 'none';
  /** false: `--no-trace`. */
  trace?: boolean;
}

export interface Inputs {
  scenario: LoadedScenario;
  options: CheckedOptions;
  surge: CheckedSurge;
  vendor: VendorProfile;
  plan: RunPlan;
  workers: number;
  /** Addresses that our traffic comes from, as the vendor's whitelist needs them. */
  sources: string[];
}

/** A flag's whole number. */
export const integer =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`);
    return value;
  };
/** More threads than any machine has cores. */
export const MOST_WORKERS = 512;
/** Keys of a telephone, as `--press` takes them. */
export function keys(text: string): string {
  if (!/^[0-9*#A-Da-d]+$/.test(text)) throw new InvalidArgumentError('keys are 0-9 * # A-D');
  return text;
}

const gather = (value: string, before: string[] = []) => [...before, value];

/** Of what is printed, and of the first view of the report; the report itself holds both. */
export const langOption = (otherwise: 'en' | 'zh-CN' = 'en') =>
  new Option('--lang <language>', 'of what is printed, and of the first view of a report; pages hold both')
    .choices(['en', 'zh-CN'])
    .default(otherwise);

export function withInputFlags(command: Command): Command {
  return command
    .requiredOption('-V, --vendor <profile>', 'vendor profile: a file, or the name of one in vendors/')
    .option('--workers <n>', 'worker threads (default: one a core)', integer(1, MOST_WORKERS))
    .option('--seed <n>', 'seed of arrivals and callers', integer(0))
    .option('-u, --vus <n>', 'callers at a time, one call after the other, instead of the scenarios (k6)', integer(1))
    .option('-d, --duration <time>', 'how long, with --vus (k6)')
    .option('-i, --iterations <n>', 'how many callers in all, instead of the scenarios (k6)', integer(1))
    .option('-s, --stage <time:target>', 'ramp the callers at a time, as 30s:20 (k6); may be repeated', gather)
    .option('--config <file>', 'k6 options as JSON, weaker than those of the scenario')
    .option('--tag <name=value>', 'tag of every call; may be repeated', gather)
    .option('-e, --env <NAME=value>', 'seen by the scenario as __ENV.NAME; may be repeated', gather)
    .option('--no-trace', "do not keep any call's signalling (trace.csv)")
    .option('--media <kind>', 'rtp, or none for signalling only', (text) => {
      if (text !== 'rtp' && text !== 'none') throw new InvalidArgumentError('rtp or none');
      return text;
    });
}

/** @throws CallsurgeError with the first thing that is wrong; exit code 104. */
export async function loadInputs(file: string, flags: InputFlags): Promise<Inputs> {
  for (const pair of flags.env ?? []) {
    const [name, value] = splitPair(pair, '--env');
    process.env[name] = value;
  }
  const scenario = await loadScenario(file);
  const options = checkOptions(scenario, { config: readConfig(flags.config), cli: cliTier(flags) });
  const surge = checkSurge(scenario.rawSurge, { seed: flags.seed, folder: dirname(scenario.file) });
  if (flags.media) surge.media = flags.media;
  if (flags.trace === false) surge.trace = 'off';
  const { profile: vendor } = await loadVendor(flags.vendor);
  const plan = planRun(options, surge);
  checkSurgeAgainst(surge, plan, vendor);
  planFaults(surge, vendor);
  const workers = flags.workers ?? usefulWorkers(plan, availableParallelism());
  return { scenario, options, surge, vendor, plan, workers, sources: await sourcesOf(vendor) };
}

/** The external address, those of the profile, or what the route to the first trunk starts from. A name is not looked up: nothing is sent here. */
async function sourcesOf(vendor: VendorProfile): Promise<string[]> {
  const { local, trunks } = vendor;
  if (local?.external !== undefined) return [local.external];
  if (local?.addresses) return local.addresses;
  const { host, port = 5060 } = trunks[0]!;
  if (!isIP(host)) return [`the address that reaches ${host}`];
  return [await mediaAddress(vendor, bindAddress(vendor, 0), { host, port })];
}

/** `reports/<time>-<scenario>-<vendor>`; the time is UTC to the second, sortable. */
export function runFolderName(out: string, scenario: LoadedScenario, vendor: VendorProfile, now: Date): string {
  const time = now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  return join(out, `${time}-${basename(scenario.file, extname(scenario.file))}-${vendor.name}`);
}

function cliTier(flags: InputFlags): RawOptions {
  const { vus, duration, iterations, stage, tag } = flags;
  const tier: RawOptions = { vus, duration, iterations };
  if (stage) tier.stages = stage.flatMap((text) => parseStages(text));
  if (tag) tier.tags = Object.fromEntries(tag.map((pair) => splitPair(pair, '--tag')));
  return tier;
}

function splitPair(pair: string, flag: string): [string, string] {
  const at = pair.indexOf('=');
  if (at <= 0) throw new CallsurgeError('usage', `${flag} ${pair} is not NAME=value`, { where: flag, todo: `write ${flag} NAME=value` });
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function readConfig(file: string | undefined): RawOptions | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CallsurgeError('option-invalid', 'the config file cannot be read', { where: file, cause });
  }
  try {
    return JSON.parse(text) as RawOptions;
  } catch (cause) {
    throw new CallsurgeError('option-invalid', `the config file is not JSON: ${(cause as Error).message}`, { where: file, cause });
  }
}
