/** The plan's figures for one vendor: what `plan` prints, what `run` checks before it sends anything, and what run.json keeps. */

import { literalNumbers } from '../scenario/dialled.ts';
import { planFigures as figuresOf, type PlanFigures } from '../schedule/figures.ts';
import { contractConflicts, contractRules } from '../vendor/contract.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { undecidableClaims } from '../vendor/undecidable.ts';
import type { Inputs } from './inputs.ts';
import { type PlannedQueue, plannedQueue } from './plan-queue.ts';
import { type PlannedRedials, plannedRedials, redialWarnings } from './plan-redials.ts';

export interface VendorPlanFigures extends PlanFigures {
  durationMs: number;
  /** What the contract does not allow; the run is refused while there is one. */
  conflicts: string[];
  /** Claims that this plan cannot decide, with the reason. */
  undecided: { claim: string; why: string }[];
  sources: string[];
  /** What theory expects at the peak, and what redials add. */
  queue: PlannedQueue | null;
  redials: PlannedRedials | null;
}

/** The wait for an agent is the vendor's to show: counted as part of the assumed call length. */
export function planFigures(
  { plan, surge, vendor, workers, scenario, sources }: Omit<Inputs, 'options'>,
  startMs = Date.now(),
): VendorPlanFigures {
  const agents = (vendor.agents ?? []).some(({ kind }) => kind === 'sip' || kind === 'phone');
  const figures = figuresOf(plan, { callLengthMs: surge.callLengthMs, media: surge.media, ownAgents: agents });
  const conflicts = contractConflicts(vendor, {
    peakRate: figures.peakRate,
    busiestSecond: figures.busiestSecond,
    peakConcurrent: figures.peakConcurrent,
    startMs,
    durationMs: plan.totalMs,
  });
  const seats = (vendor.agents ?? []).reduce((sum, { count }) => sum + count, 0);
  const queue = plannedQueue(vendor, surge, figures);
  const redials = plannedRedials(vendor, surge, figures, queue);
  const warnings = [...figures.warnings, ...redialWarnings(redials, vendor, figures)];
  if (workers > 1 && !vendor.local?.addresses)
    warnings.push(`signalling comes from ${workers} ports of one address: where the vendor trusts a single source port, use --workers 1`);
  if (figures.cores.total > workers)
    warnings.push(
      `about ${figures.cores.total} cores are needed at the peak and ${workers} workers are planned: the instrument may be the limit`,
    );
  return {
    ...figures,
    durationMs: plan.totalMs,
    warnings,
    conflicts: [...conflicts.map(({ field, what, todo }) => `${what} (${field}): ${todo}`), ...numberConflicts(scenario.source, vendor)],
    undecided: undecidableClaims(vendor, {
      peakRate: figures.peakRate,
      peakConcurrent: figures.peakConcurrent,
      peakTalking: Math.max(0, figures.peakConcurrent - queueingBeyond(seats, figures.peakConcurrent)),
      durationMs: plan.totalMs,
      faults: surge.faults.length,
      scaling: surge.scaling.length,
      media: surge.media,
    }),
    sources,
    queue,
    redials,
  };
}

/** Numbers that the scenario's text dials and the contract does not allow. */
function numberConflicts(source: string, { contract, numbers }: VendorProfile): string[] {
  const rules = contractRules(contract);
  return literalNumbers(source).flatMap((written) => {
    const problem = rules.number(numbers?.[written] ?? written, rules.callerNumber(0));
    return problem ? [`${problem.message} (dial('${written}') in the scenario): ${problem.todo}`] : [];
  });
}

/**
 * Callers beyond the seats wait; that is what a queue is for, and a queue claim is decided by such a test. Only a trial whose seats are fewer than
 * half of the callers at the peak measures nothing but its seats.
 */
function queueingBeyond(seats: number, concurrent: number): number {
  return seats > 0 && concurrent <= 2 * seats ? concurrent - seats : 0;
}
