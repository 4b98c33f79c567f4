/**
 * Claims that this plan on this trial cannot decide, said before the run: a cap below the claim, too few seats, no fault in the plan. After the
 * run they read *not measured*; better to know now.
 */
import { durationMs } from '../duration.ts';
import { contractRules } from './contract.ts';
import type { ClaimName, VendorProfile } from './profile.ts';

export interface PlannedTest {
  peakRate: number;
  /** Expected calls open at once at the peak. */
  peakConcurrent: number;
  /** Calls expected with an agent at once at the peak, were there an agent for each. */
  peakTalking: number;
  durationMs: number;
  faults: number;
  scaling: number;
  media: 'rtp' | 'none';
}

export interface Undecidable {
  claim: ClaimName;
  why: string;
}

const QUEUE_CLAIMS = ['serviceLevel', 'connectRate', 'abandonment', 'averageSpeedOfAnswer'] as const;
const FAULT_CLAIMS = ['failover', 'callsSurvive', 'repair', 'alarm'] as const;
const MONTH_MS = 30 * 86_400_000;

export function undecidableClaims(profile: VendorProfile, test: PlannedTest): Undecidable[] {
  const claims = profile.claims ?? {};
  const { contract } = profile;
  const found: Undecidable[] = [];
  const say = (claim: ClaimName, why: string | false | undefined) => {
    if (claims[claim] && why) found.push({ claim, why });
  };

  const calls = claims.concurrentCalls?.atLeast ?? 0;
  if (contract.maxChannels < calls) say('concurrentCalls', `${calls} are claimed, the contract allows ${contract.maxChannels}`);
  else if (test.peakConcurrent < calls)
    say('concurrentCalls', `${calls} are claimed, the plan reaches about ${Math.round(test.peakConcurrent)}`);

  const rate = claims.callsPerSecond?.atLeast ?? 0;
  if (contract.maxCallsPerSecond < rate)
    say('callsPerSecond', `${rate}/s are claimed, the contract allows ${contract.maxCallsPerSecond}/s`);
  else if (test.peakRate < rate) say('callsPerSecond', `${rate}/s are claimed, the plan reaches ${Math.round(test.peakRate * 10) / 10}/s`);

  const seats = seatsOf(profile);
  const callers = contractRules(contract).callers;
  for (const claim of QUEUE_CLAIMS) {
    if (ownsAgents(profile) && callers < test.peakConcurrent)
      say(
        claim,
        `${callers} caller numbers are permitted for about ${Math.round(test.peakConcurrent)} calls at once: agents could not tell whose call they have`,
      );
    else if (!agentsSeen(profile)) say(claim, 'no method shows when an agent is on the line: we own no agent and the vendor signals none');
    else if (seats !== undefined && test.peakTalking > seats)
      say(
        claim,
        `about ${Math.round(test.peakTalking)} callers at once want an agent and the trial has ${seats} seats: it would measure the trial's seats`,
      );
  }
  for (const claim of FAULT_CLAIMS) say(claim, test.faults === 0 && 'the plan has no fault');
  say('scaleUp', test.scaling === 0 && 'the plan has no scaling step');
  say('availability', test.durationMs < MONTH_MS && 'a monthly claim can fail in this run, but pass only in a month');
  for (const claim of ['mos', 'oneWayDelay'] as const) say(claim, test.media === 'none' && 'the plan sends no media');
  say(
    'oneWayDelay',
    test.media === 'rtp' && !ownsAgents(profile) && 'delay is measured between caller and agent on one clock: we own no agent',
  );
  const silence = durationMs(claims.failover?.within ?? 0);
  say('failover', test.faults > 0 && silence > test.durationMs && 'the run is shorter than the time claimed');
  return found;
}

const ownsAgents = (profile: VendorProfile) => (profile.agents ?? []).some(({ kind }) => kind === 'sip' || kind === 'phone');

const agentsSeen = (profile: VendorProfile) => ownsAgents(profile) || profile.signalling !== undefined;

/** Seats that callers can reach: the trial's, or as many agents as the profile has. Undefined: nobody says. */
function seatsOf(profile: VendorProfile): number | undefined {
  const agents = (profile.agents ?? []).reduce((sum, { count }) => sum + count, 0);
  return profile.trial?.seats ?? (agents > 0 ? agents : undefined);
}
