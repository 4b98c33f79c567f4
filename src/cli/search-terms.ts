/** What `callsurge search` may try: the caps that bound it, the caller it sends, the rules that stop it, and our own vendor for the baseline. */
import { CEILING_SHARE, type SearchResult } from '../analysis/search-result.ts';
import type { Sought } from '../analysis/trial.ts';
import { CallsurgeError } from '../errors.ts';
import { CALL_METRICS } from '../metrics/builtin.ts';
import { parseMetricKey, parseThreshold } from '../metrics/threshold-grammar.ts';
import type { SimulatorConfig } from '../simulator/config.ts';
import type { VendorProfile } from '../vendor/profile.ts';

/** Setting up a call may take so long while the channel is occupied already: for the channels that a rate needs. */
const SETUP_MS = 1000;

/** The largest load that the contract and the user permit. */
export function largestLoad(
  sought: Sought,
  { contract: { maxChannels, maxCallsPerSecond } }: VendorProfile,
  asked: number | undefined,
  holdMs: number,
): Pick<SearchResult, 'max' | 'maxBy'> {
  const channels = {
    max: sought === 'rate' ? Math.floor(maxChannels / ((holdMs + SETUP_MS) / 1000)) : maxChannels,
    maxBy: 'contract.maxChannels',
  };
  const rate = { max: Math.floor(maxCallsPerSecond), maxBy: 'contract.maxCallsPerSecond' };
  const caps = [channels, ...(sought === 'rate' ? [rate] : []), ...(asked === undefined ? [] : [{ max: asked, maxBy: '--max' }])];
  const lowest = caps.reduce((a, b) => (b.max < a.max ? b : a)) as Pick<SearchResult, 'max' | 'maxBy'>;
  if (lowest.max >= 1) return lowest;
  throw new CallsurgeError('contract-violation', 'the contract permits less than one call a second: there is no rate to search for', {
    where: `vendor.${lowest.maxBy}`,
    todo: 'agree on more with the vendor',
  });
}

/**
 * How fast callers dial who are to hold the line together: within about five seconds, slowly where they are few, and never faster than the contract
 * permits. calls/s.
 */
export function rampFor(cap: number, asked: number | undefined): (load: number) => number {
  return (load) => Math.min(cap, asked ?? Math.max(10, Math.ceil(load / 5)));
}

/** A metric, with tags in braces if need be, and what is left. */
const RULE = /^\s*([A-Za-z_]\w*(?:\{[^}]*\})?)[\s:]+(.+)$/;
const OPPOSITE = { '<': '>=', '<=': '>', '>': '<=', '>=': '<', '==': '!=', '===': '!=', '!=': '==' } as const;

/**
 * `call_blocked rate>0.5`: a metric and when to stop, as k6 thresholds (which say what must hold) that end the search when they fail.
 * @throws CallsurgeError `threshold-invalid`
 */
export function stopRules(rules: readonly string[]): Record<string, string[]> {
  const thresholds: Record<string, string[]> = {};
  for (const rule of rules) {
    const [, metric, condition] = RULE.exec(rule) ?? [];
    if (metric === undefined || condition === undefined)
      throw new CallsurgeError('threshold-invalid', `"${rule}" is no rule`, {
        where: '--stop-when',
        todo: "write '<metric> <condition>', as 'call_blocked rate>0.5'",
      });
    const { metric: name } = parseMetricKey(metric, '--stop-when');
    if (!CALL_METRICS.some((known) => known.name === name))
      throw new CallsurgeError('threshold-invalid', `no metric of calls is called "${name}"`, {
        where: '--stop-when',
        todo: `there are ${CALL_METRICS.map((known) => known.name).join(', ')}`,
      });
    const { operator } = parseThreshold(condition, '--stop-when');
    thresholds[metric] = [...(thresholds[metric] ?? []), condition.replace(operator, OPPOSITE[operator])];
  }
  return thresholds;
}

/** RFC 7502 §6.1: our own vendor without limits, which answers at once and echoes. */
export function ownVendor(called: string): SimulatorConfig {
  return { port: 0, sites: [{ name: 'own', channels: 1_000_000 }], numbers: { [called]: 'echo' }, ringMs: 0, answerMs: 0 };
}

/** The profile that reaches it: the same callers and ports of ours, nothing of the vendor's. */
export function ownProfile(vendor: VendorProfile, sip: { host: string; port: number }): VendorProfile {
  const { contract, local, limits } = vendor;
  return {
    name: 'own',
    trunks: [{ name: 'own', host: sip.host, port: sip.port }],
    local: local?.rtpPorts ? { rtpPorts: local.rtpPorts } : undefined,
    limits,
    contract: {
      targets: [sip.host],
      called: contract.called,
      callers: contract.callers,
      maxCallsPerSecond: 100_000,
      maxChannels: 1_000_000,
      contact: contract.contact,
    },
  };
}

/** The load at which our own ceiling is high enough for whatever the search may find. */
export const loadToProve = (max: number): number => Math.ceil(max / CEILING_SHARE);
