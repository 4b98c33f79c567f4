/**
 * The vendor's record beside ours. It comes late and is the vendor's word (correlation method `vendor-record`): it explains differences, and rewrites
 * no row of a caller. Which row is which call: reconcile-match.ts. Rows of numbers that we never presented are somebody else's calls and are left out.
 */
import { hangUp, isAttempt, queueEntry, queueExit } from '../metrics/call-times.ts';
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import type { CallRow, VendorCall, VendorClass } from '../record/schema.ts';
import type { Ratio, Spread } from './model.ts';
import { RACE_MS, tailOf } from './queue-log.ts';
import { type QueueCounts, serviceLevels } from './queueing.ts';
import { apartMs, clockDifference, pairByNumber, reference } from './reconcile-match.ts';
import {
  type Billing,
  billedS,
  minus,
  type OurCall,
  ourBillable,
  ourTalk,
  ourWait,
  vendorBillable,
  vendorTalk,
  vendorWait,
} from './reconcile-times.ts';

export interface ReconcileOptions {
  thresholdMs: number;
  shortMs: number;
  /** Furthest apart that one call may stand in the two records, once the clocks agree. */
  withinMs: number;
  /** Waits and talk times that differ by no more than this are the same: vendors write whole seconds. */
  sameMs: number;
  billing: Billing;
}

export type Difference = 'only-ours' | 'only-vendor' | 'outcome' | 'race' | 'wait' | 'talk';

/** What one side says of its queue. */
export interface SideFigures {
  calls: number;
  serviceLevel: [Ratio, Ratio, Ratio, Ratio, Ratio];
  abandonment: Ratio;
  asaMs: number | null;
  longestWaitMs: number | null;
}

export interface ReconciliationFigures {
  /** File name, checksum, rows read and lines left out. */
  source: { file: string; sha256: string; rows: number; skipped: number };
  byCallId: number;
  byCaller: number;
  onlyOurs: number;
  onlyTheirs: number;
  /** Rows of callers that are none of ours. */
  foreign: number;
  /** Vendor's clock minus ours, median; null where nothing tells. */
  clockMs: number | null;
  thresholdMs: number;
  shortMs: number;
  ours: SideFigures;
  theirs: SideFigures;
  /** Matched calls by what each side says. */
  outcomes: { ours: VendorClass; theirs: VendorClass; calls: number }[];
  outcomeDiffers: Ratio;
  /** Outcomes that both sides decided within 50 ms of each other. */
  races: number;
  waitDiffers: Spread;
  talkDiffers: Spread;
  billing: { everyS: number; of: Billing['of']; oursMin: number; theirsMin: number | null; statedMin: number | null };
  /** Whole 0: the record tells nothing of recordings. */
  recordings: Ratio;
}

/** One line of reconciliation.csv. */
export interface ReconciledCall {
  ours: OurCall | null;
  theirs: VendorCall | null;
  matchedBy: 'call-id' | 'caller' | null;
  /** Vendor's start minus ours, clocks agreed. */
  startMs: number | null;
  differs: Difference[];
}

export class Reconciliation {
  readonly #ours: OurCall[] = [];

  add(row: CallRow): void {
    if (row.invite_ms === null) return;
    const wanted = row.wants_agent === true && isAttempt(row);
    this.#ours.push({
      call: row.call ?? '',
      sipCallId: row.sip_call_id ?? '',
      caller: row.caller ?? '',
      inviteMs: row.invite_ms,
      answerMs: row.answer_ms,
      entryMs: queueEntry(row),
      agentMs: row.agent_ms,
      exitMs: queueExit(row),
      endMs: hangUp(row),
      agent: row.agent,
      outcome: row.agent_ms !== null ? 'answered' : row.outcome === 'abandoned' || row.outcome === 'blocked' ? row.outcome : 'other',
      counts: wanted,
    });
  }

  with(
    vendor: readonly VendorCall[],
    source: ReconciliationFigures['source'],
    options: ReconcileOptions,
  ): { figures: ReconciliationFigures; calls: ReconciledCall[] } {
    const numbers = new Set(this.#ours.map(({ caller }) => tailOf(caller)));
    const callIds = new Map(this.#ours.filter(({ sipCallId }) => sipCallId !== '').map((call) => [call.sipCallId, call]));
    const theirs = vendor.filter(({ sipCallId, caller }) => callIds.has(sipCallId) || numbers.has(tailOf(caller)));
    const pairs = new Map<VendorCall, OurCall>();
    const taken = new Set<OurCall>();
    for (const row of theirs) {
      const ours = callIds.get(row.sipCallId);
      if (!ours || taken.has(ours)) continue;
      pairs.set(row, ours);
      taken.add(ours);
    }
    const byCallId = pairs.size;
    const clockMs = clockDifference(pairs, this.#ours, theirs);
    pairByNumber(pairs, taken, this.#ours, theirs, clockMs ?? 0, options.withinMs);

    const calls: ReconciledCall[] = theirs.map((row) => {
      const ours = pairs.get(row) ?? null;
      const apart = ours && apartMs(ours, row);
      return {
        ours,
        theirs: row,
        matchedBy: ours && (callIds.get(row.sipCallId) === ours ? 'call-id' : 'caller'),
        startMs: apart === null ? null : apart - (clockMs ?? 0),
        differs: ours ? differences(ours, row, clockMs ?? 0, options.sameMs) : ['only-vendor'],
      };
    });
    for (const ours of this.#ours)
      if (!taken.has(ours)) calls.push({ ours, theirs: null, matchedBy: null, startMs: null, differs: ['only-ours'] });
    const at = ({ ours, theirs: row }: ReconciledCall) => ours?.inviteMs ?? (row && reference(row)?.at) ?? 0;
    calls.sort((a, b) => at(a) - at(b));
    return { figures: this.#figures(calls, theirs, vendor.length, byCallId, clockMs, source, options), calls };
  }

  #figures(
    calls: readonly ReconciledCall[],
    theirs: readonly VendorCall[],
    rows: number,
    byCallId: number,
    clockMs: number | null,
    source: ReconciliationFigures['source'],
    options: ReconcileOptions,
  ): ReconciliationFigures {
    const { thresholdMs, shortMs, billing } = options;
    const matched = calls.flatMap(({ ours, theirs: row, differs }) => (ours && row ? [{ ours, row, differs }] : []));
    const both = matched.filter(({ ours, row }) => ours.outcome === 'answered' && row.outcome === 'answered');
    const outcomes = new Map<string, ReconciliationFigures['outcomes'][number]>();
    for (const { ours, row } of matched) {
      const key = `${ours.outcome} ${row.outcome}`;
      const cell = outcomes.get(key) ?? { ours: ours.outcome, theirs: row.outcome, calls: 0 };
      cell.calls++;
      outcomes.set(key, cell);
    }
    const races = matched.filter(({ differs }) => differs.includes('race')).length;
    const recorded = matched.filter(({ ours, row }) => ours.outcome === 'answered' && row.recording !== null);
    const minutes = (values: (number | null)[]) => {
      const known = values.filter((value) => value !== null);
      return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / 60 : null;
    };
    return {
      source,
      byCallId,
      byCaller: matched.length - byCallId,
      onlyOurs: calls.filter(({ theirs: row }) => row === null).length,
      onlyTheirs: calls.filter(({ ours }) => ours === null).length,
      foreign: rows - theirs.length,
      clockMs,
      thresholdMs,
      shortMs,
      ours: sideOf(
        this.#ours.filter(({ counts, entryMs }) => counts && entryMs !== null).map((call) => [call.outcome, ourWait(call)]),
        options,
      ),
      theirs: sideOf(
        theirs.map((row) => [row.outcome, vendorWait(row)]),
        options,
      ),
      outcomes: [...outcomes.values()].sort((a, b) => b.calls - a.calls),
      outcomeDiffers: share(matched.filter(({ differs }) => differs.includes('outcome')).length, matched.length),
      races,
      waitDiffers: spreadOf(both.map(({ ours, row }) => minus(vendorWait(row), ourWait(ours)))),
      talkDiffers: spreadOf(both.map(({ ours, row }) => minus(vendorTalk(row), ourTalk(ours)))),
      billing: {
        ...billing,
        oursMin: minutes(this.#ours.map((call) => billedS(ourBillable(call, billing), billing))) ?? 0,
        theirsMin: minutes(theirs.map((row) => billedS(vendorBillable(row, billing), billing))),
        statedMin: minutes(theirs.map(({ billedS: stated }) => stated)),
      },
      recordings: share(recorded.filter(({ row }) => row.recording === true).length, recorded.length),
    };
  }
}

function differences(ours: OurCall, row: VendorCall, clockMs: number, sameMs: number): Difference[] {
  if (ours.outcome !== row.outcome) {
    const exit = row.agentMs ?? row.endMs;
    const race = exit !== null && ours.exitMs !== null && Math.abs(exit - clockMs - ours.exitMs) <= RACE_MS;
    return [race ? 'race' : 'outcome'];
  }
  if (ours.outcome !== 'answered') return [];
  const differs = (a: number | null, b: number | null) => Math.abs(minus(a, b) ?? 0) > sameMs;
  const found: Difference[] = [];
  if (differs(vendorWait(row), ourWait(ours))) found.push('wait');
  if (differs(vendorTalk(row), ourTalk(ours))) found.push('talk');
  return found;
}

const NONE: QueueCounts = { answered: 0, answeredInTime: 0, abandoned: 0, abandonedInTime: 0, abandonedShort: 0 };

function sideOf(calls: (readonly [VendorClass, number | null])[], { thresholdMs, shortMs }: ReconcileOptions): SideFigures {
  const counts: QueueCounts = { ...NONE };
  const waits = new Trend();
  let longest: number | null = null;
  // No wait of an answered call is known: nothing tells who was answered in time.
  const tells =
    calls.some(([outcome, wait]) => outcome === 'answered' && wait !== null) || !calls.some(([outcome]) => outcome === 'answered');
  for (const [outcome, wait] of calls) {
    if (outcome !== 'answered' && outcome !== 'abandoned') continue;
    const inTime = wait !== null && wait <= thresholdMs;
    if (wait !== null) longest = Math.max(longest ?? 0, wait);
    if (outcome === 'answered') {
      counts.answered++;
      if (inTime) counts.answeredInTime++;
      waits.add(wait);
    } else {
      counts.abandoned++;
      if (inTime) counts.abandonedInTime++;
      if (wait !== null && wait <= shortMs) counts.abandonedShort++;
    }
  }
  return {
    calls: calls.length,
    serviceLevel: serviceLevels(tells ? counts : NONE),
    abandonment: share(counts.abandoned, counts.answered + counts.abandoned),
    asaMs: waits.mean,
    longestWaitMs: longest,
  };
}

function spreadOf(values: (number | null)[]): Spread {
  const trend = new Trend();
  for (const value of values) trend.add(value);
  return trend.figures();
}
