/**
 * Mistakes that the embedded vendor made on purpose, held against what the analysis found: each one found, by its caller, and none other. What the vendor
 * says it did (events of kind `defect`) is itself held against its ground truth, counted here anew and apart from src/analysis.
 */
import type { RoutingFigures } from '../../src/analysis/model-queue.ts';
import type { Stretch } from '../../src/analysis/stretches.ts';
import type { CallRow } from '../../src/record/schema.ts';
import type { DefectKind } from '../../src/simulator/config.ts';
import type { OfferTruth, SimulatorEvent, TruthRow } from '../../src/simulator/truth.ts';
import { groupBy, RACE_MS } from './agreement.ts';

export const DEFECT_KINDS: readonly DefectKind[] = ['fifo', 'priority', 'misrouted', 'duplicate', 'ghost', 'idle'];

/** Two observers' times may differ by this: what is nearer to a limit than that may be seen either way. */
const MARGIN_MS = 30;
const GRACE_MS = 1000;
/** Shorter than this, time idle may be seen or not. */
const BRIEF_MS = 100;
const STEP_MS = 10;

/**
 * Who is put into another skill's queue and leaves before an agent rings shows nobody that queue: all that can be seen is that callers of the same wish
 * were served meanwhile, and agents of that skill were idle. That is what is expected of such a caller, and so it is counted as put in.
 */
export interface VendorTruth {
  truth: readonly TruthRow[];
  offers: readonly OfferTruth[];
  events: readonly SimulatorEvent[];
}

export interface DefectCheck {
  kind: DefectKind | 'lingering';
  /** As the vendor says. */
  injected: number;
  /** Injected, but seen by nobody for long enough: a caller who left at once, an agent forgotten while nobody waited. */
  withoutEffect: number;
  found: number;
  missed: string[];
  /** Found without having been put in. */
  wrong: string[];
  /** In the ground truth without having been put in: the vendor's own doing, which would be a finding about the simulator. */
  untold: string[];
  ok: boolean;
}

interface Told {
  call: string;
  agent?: string;
  fromMs?: number;
  toMs?: number;
}

/** @param unwell seconds in which our instrument was: nothing need be found there */
export function checkDefects(
  vendor: VendorTruth,
  calls: readonly CallRow[],
  routing: RoutingFigures,
  unwell: readonly Stretch[] = [],
): DefectCheck[] {
  const near = (...at: (number | null)[]) =>
    at.some((ms) => ms !== null && unwell.some(({ fromMs, toMs }) => fromMs - BRIEF_MS <= ms && ms < toMs + BRIEF_MS));
  const told = (kind: DefectKind) =>
    vendor.events.filter((event) => event.kind === 'defect' && event.name === kind).map(({ detail }) => detail as Told);
  const idOf = new Map(calls.map((row) => [row.call, row.sip_call_id ?? '']));
  const numberOf = new Map(vendor.truth.map((row) => [row.sip_call_id, row.caller]));
  const examples = (kind: string) => routing.offers.examples.filter((one) => one.kind === kind);
  const passed = (kind: 'fifo' | 'priority') => {
    const real = passedOver(vendor, kind, near);
    const found = routing[kind].examples.map(({ call }) => idOf.get(call) ?? call);
    const lost = [...neverRung(vendor)].filter((call) => real.has(call));
    return judge(kind, [...told(kind).map(({ call }) => call), ...lost], real, found, routing[kind].overtaken.part);
  };
  const reached = (kind: 'misrouted') => {
    const answered = new Set(vendor.truth.filter(({ agent_ms }) => agent_ms !== null).map((row) => row.sip_call_id));
    const put = told(kind).map(({ call }) => call);
    const real = new Map(put.map((call) => [call, answered.has(call) ? 'sure' : 'none'] as const));
    return judge(
      kind,
      put,
      real,
      examples(kind).map(({ call }) => idOf.get(call) ?? ''),
      routing.offers.misrouted.part,
    );
  };
  const rung = (kind: 'duplicate' | 'ghost', part: number) => {
    // Which of two that ring at once is the one too many, nobody can say.
    const named = (caller: string, agent: string) => (kind === 'duplicate' ? caller : `${caller} ${agent}`);
    const name = (call: string, agent: string) => named(numberOf.get(call) ?? call, agent);
    const real = new Map(
      vendor.offers
        .filter(({ defect }) => defect === kind)
        .map(
          (offer) =>
            [
              name(offer.sip_call_id, offer.agent),
              certainty(kind === 'ghost' ? offer.ended_ms - offer.offered_ms : besides(offer, vendor)),
            ] as const,
        ),
    );
    const put = told(kind).map(({ call, agent }) => name(call, agent!));
    return judge(
      kind,
      put,
      real,
      examples(kind).map(({ caller, agent }) => named(caller, accountOf(agent))),
      part,
    );
  };
  return [
    passed('fifo'),
    passed('priority'),
    reached('misrouted'),
    rung('duplicate', routing.offers.duplicates.part),
    rung('ghost', routing.offers.ghosts.part),
    forgotten(told('idle'), vendor, routing, near),
    judge(
      'lingering',
      [],
      new Map(),
      examples('lingering').map(({ agent }) => agent),
      routing.offers.lingering.part,
    ),
  ];
}

/** How long another agent rang or talked beside that one, ms. */
function besides(decoy: OfferTruth, { truth, offers }: VendorTruth): number {
  const call = truth.find((row) => row.sip_call_id === decoy.sip_call_id);
  const others = offers.filter((offer) => offer.sip_call_id === decoy.sip_call_id && offer.defect === null);
  return Math.max(
    0,
    ...others.map(({ how, offered_ms, ended_ms }) => {
      const until = how === 'answered' ? (call?.ended_ms ?? ended_ms) : ended_ms;
      return Math.min(until, decoy.ended_ms) - Math.max(offered_ms, decoy.offered_ms);
    }),
  );
}

/** Is one of these times in a second in which our instrument was unwell, or next to it? */
type Near = (...at: (number | null)[]) => boolean;

type Certainty = 'sure' | 'race' | 'none';
const certainty = (ms: number): Certainty => (ms > RACE_MS + MARGIN_MS ? 'sure' : ms < RACE_MS - MARGIN_MS ? 'none' : 'race');

/** @param real what the ground truth shows @param part how many the analysis counts, whether it names them or not */
function judge(
  kind: DefectCheck['kind'],
  put: readonly string[],
  real: ReadonlyMap<string, Certainty>,
  found: readonly string[],
  part: number,
): DefectCheck {
  const seen = new Set(found);
  const sure = put.filter((one) => real.get(one) === 'sure');
  const missed = sure.filter((one) => !seen.has(one));
  const wrong = [...seen].filter((one) => !put.includes(one) || (real.get(one) ?? 'none') === 'none');
  const untold = [...real].filter(([one, how]) => how === 'sure' && !put.includes(one)).map(([one]) => one);
  if (part !== seen.size) wrong.push(`${part} counted, ${seen.size} named`);
  const ok = missed.length + wrong.length + untold.length === 0;
  return { kind, injected: put.length, withoutEffect: put.length - sure.length, found: seen.size, missed, wrong, untold, ok };
}

/** Misrouted callers for whom no agent ever rang. */
function neverRung({ events, offers }: VendorTruth): Set<string> {
  const rung = new Set(offers.filter(({ defect }) => defect !== 'ghost').map(({ sip_call_id }) => sip_call_id));
  const astray = events.filter(({ kind, name }) => kind === 'defect' && name === 'misrouted').map(({ detail }) => (detail as Told).call);
  return new Set(astray.filter((call) => !rung.has(call)));
}

/** Who was passed over in the ground truth, and how surely another observer must see it: every pair, by the definition of docs/metrics.md. */
function passedOver({ truth, offers, events }: VendorTruth, kind: 'fifo' | 'priority', near: Near): Map<string, Certainty> {
  const turns = new Map<string, number>();
  for (const { sip_call_id, defect, offered_ms } of offers)
    if (defect !== 'ghost') turns.set(sip_call_id, Math.min(turns.get(sip_call_id) ?? Number.POSITIVE_INFINITY, offered_ms));
  const astray = new Set(
    events.filter(({ kind: of, name }) => of === 'defect' && name === 'misrouted').map(({ detail }) => (detail as Told).call),
  );
  const queued = truth.filter((row) => row.queued_ms !== null && !(astray.has(row.sip_call_id) && turns.has(row.sip_call_id)));
  const certain = new Map<string, Certainty>();
  for (const queue of groupBy(queued, (row) => row.skill ?? '').values())
    for (const i of queue) {
      const leaves = turns.get(i.sip_call_id) ?? i.agent_ms ?? i.ended_ms!;
      let [most, clear] = [0, 0];
      for (const j of queue) {
        if (kind === 'fifo' ? i.priority !== j.priority : i.priority <= j.priority) continue;
        const turn = turns.get(j.sip_call_id) ?? j.agent_ms;
        if (turn === null) continue;
        const apart = Math.min(j.queued_ms! - i.queued_ms!, leaves - turn);
        most = Math.max(most, apart);
        if (!near(i.queued_ms, leaves, j.queued_ms, turn)) clear = Math.max(clear, apart);
      }
      if (certainty(most) !== 'none') certain.set(i.sip_call_id, certainty(clear) === 'sure' ? 'sure' : 'race');
    }
  return certain;
}

/** The vendor forgets agents for a while; it shows where somebody of their skill waits meanwhile, looked at every hundredth of a second. */
function forgotten(told: readonly Told[], vendor: VendorTruth, routing: RoutingFigures, near: Near): DefectCheck {
  const { truth, offers } = vendor;
  const unseen = neverRung(vendor);
  const lost = truth.filter((row) => unseen.has(row.sip_call_id));
  const { spans, seconds } = routing.idle ?? { spans: [], seconds: 0 };
  const rings = groupBy(
    offers.filter(({ defect }) => defect !== 'ghost'),
    ({ sip_call_id }) => sip_call_id,
  );
  const waits = truth.flatMap((row) => (row.queued_ms === null ? [] : [...waitsOf(row, rings.get(row.sip_call_id) ?? [])]));
  const skillOf = new Map(offers.map(({ agent, skill }) => [agent, skill]));
  const shown = told.map(({ agent, fromMs, toMs }) => {
    let [steps, might] = [0, 0];
    let [first, last] = [Number.POSITIVE_INFINITY, 0];
    // An agent done with its own wrap-up before the vendor's is idle by that much longer: from here on it may be seen, from a grace later it must be.
    let [earliest, latest] = [Number.POSITIVE_INFINITY, 0];
    for (let t = fromMs!; t < toMs!; t += STEP_MS) {
      if (!waits.some(({ skill, from, to }) => skill === skillOf.get(agent!) && from + GRACE_MS <= t && t < to)) continue;
      might++;
      [earliest, latest] = [Math.min(earliest, t), t];
      if (near(t) || t < fromMs! + GRACE_MS) continue;
      steps++;
      [first, last] = [Math.min(first, t), t];
    }
    return { agent: agent!, ms: steps * STEP_MS, first, last, mightMs: might * STEP_MS, earliest, latest };
  });
  const covers = (one: (typeof shown)[number]) =>
    spans.some(
      ({ fromMs, toMs, agents }) =>
        agents.map(accountOf).includes(one.agent) && fromMs <= one.last + BRIEF_MS && one.first - BRIEF_MS <= toMs,
    );
  const sure = shown.filter(({ ms }) => ms > BRIEF_MS);
  const missed = sure.filter((one) => !covers(one)).map(({ agent, first }) => `${agent} from ${first.toFixed(0)}`);
  const excused = (agent: string, from: number, to: number) =>
    lost.some((row) => row.skill === skillOf.get(agent) && row.queued_ms! <= to && from <= row.ended_ms!);
  const wrong = spans.flatMap(({ fromMs, toMs, agents }) =>
    agents
      .map(accountOf)
      .filter(
        (agent) =>
          !excused(agent, fromMs, toMs) &&
          !shown.some((one) => one.agent === agent && one.earliest - BRIEF_MS <= toMs && fromMs <= one.latest + BRIEF_MS),
      )
      .map((agent) => `${agent} ${fromMs.toFixed(0)} to ${toMs.toFixed(0)}`),
  );
  const most = shown.reduce((sum, { mightMs }) => sum + mightMs, 0) + BRIEF_MS * (1 + sure.length);
  if (lost.length === 0 && seconds * 1000 > most) wrong.push(`${seconds.toFixed(1)} s idle, ${(most / 1000).toFixed(1)} s at most put in`);
  const ok = missed.length + wrong.length === 0;
  const found = sure.filter(covers).length;
  return { kind: 'idle', injected: told.length, withoutEffect: told.length - sure.length, found, missed, wrong, untold: [], ok };
}

/** A caller's wait without the times in which an agent rang for it. */
function* waitsOf(row: TruthRow, rings: readonly OfferTruth[]): Generator<{ skill: string; from: number; to: number }> {
  const end = row.agent_ms ?? row.ended_ms!;
  let from = row.queued_ms!;
  for (const { offered_ms, ended_ms } of [...rings].sort((a, b) => a.offered_ms - b.offered_ms)) {
    if (offered_ms > from) yield { skill: row.skill!, from, to: Math.min(offered_ms, end) };
    from = Math.max(from, ended_ms);
  }
  if (from < end) yield { skill: row.skill!, from, to: end };
}

/** `support-1001` is account 1001. */
const accountOf = (agent: string) => agent.slice(agent.lastIndexOf('-') + 1);
