/**
 * The queue figures against a call centre whose truth is known: 2000 callers with patience and VIPs, two skills, agents of ours that let it ring or
 * refuse, on virtual time and without SIP. Nothing is found where nothing is wrong; what is put in is found, and nothing else.
 */
import { describe, expect, it } from 'vitest';
import { RoutingFold } from '../../src/analysis/routing.ts';
import { VirtualClock } from '../../src/clock.ts';
import { randomStream } from '../../src/random.ts';
import { type AgentRow, type CallRow, rowOf } from '../../src/record/schema.ts';
import type { DefectShares } from '../../src/simulator/config.ts';
import type { Offer } from '../../src/simulator/core/call.ts';
import { connectModel, ModelHost } from '../../src/simulator/core/model.ts';
import type { OfferTruth, TruthRow } from '../../src/simulator/truth.ts';
import { checkDefects, DEFECT_KINDS, type VendorTruth } from '../agreement/defects.ts';
import { Record, T0 } from './synthetic.ts';

const CALLS = 2000;
const AGENTS = { support: 30, sales: 12 };
const at = (ms: number | null) => (ms === null ? null : T0 + ms);

/** Agents of ours: 12 % of the offers ring on, 5 % are refused, the others are answered after 0.5 to 3 s. */
class Desks extends ModelHost {
  readonly rows: AgentRow[] = [];
  readonly offers: OfferTruth[] = [];
  readonly #random = randomStream(5, 'desks');
  readonly #open = new Map<Offer, AgentRow>();

  override offer(offer: Offer): void {
    const now = this.clock.now();
    const row = rowOf('agents', {
      agent: offer.agent.name,
      skills: offer.agent.skill,
      caller: offer.call.row.caller,
      // Nobody is there for a ghost to be matched to.
      call: offer.decoy === 'ghost' ? null : offer.call.row.sip_call_id,
      offered_ms: at(now),
    });
    this.#open.set(offer, row);
    const chance = this.#random.next();
    if (chance < 0.05) {
      this.#end(offer, 'rejected');
      this.clock.after(0, () => this.centre.agentRefused(offer));
    } else if (chance > 0.17)
      this.clock.after(500 + 2500 * this.#random.next(), () => {
        if (this.centre.agentAnswered(offer)) row.answer_ms = at(this.clock.now());
      });
  }

  offered(row: OfferTruth): void {
    this.offers.push({ ...row, offered_ms: T0 + row.offered_ms, ended_ms: T0 + row.ended_ms });
  }

  override withdraw(offer: Offer): void {
    this.#end(offer, 'missed');
  }

  override end(call: Parameters<ModelHost['end']>[0]): void {
    for (const [offer, row] of this.#open) if (offer.call === call) this.#end(offer, row.answer_ms === null ? 'missed' : 'answered');
  }

  #end(offer: Offer, outcome: string): void {
    const row = this.#open.get(offer);
    if (!row) return;
    this.#open.delete(offer);
    Object.assign(row, { end_ms: at(this.clock.now()), ready_ms: at(this.clock.now()), outcome });
    this.rows.push(row);
  }
}

function play(defects?: DefectShares): { calls: CallRow[]; agents: AgentRow[]; vendor: VendorTruth } {
  const truth: TruthRow[] = [];
  const desks = new Desks(new VirtualClock(), (row) => truth.push(row));
  const accounts = Object.entries(AGENTS).map(([skill, count], i) => ({
    username: `${i + 1}{n}`,
    password: 'x',
    first: 1001,
    count,
    skill,
  }));
  const centre = connectModel(
    {
      sites: [{ name: 'a', channels: 5000 }],
      menu: { '1': 'support', '2': 'sales' },
      agentRingMs: 8000,
      accounts,
      failover: { probeMs: 0 },
      // Who is passed over holds up the queue for a moment; rest and moment together must stay below what handing over may take.
      ...(defects ? { defects, refusedRestMs: 500 } : {}),
    },
    desks,
  );
  for (const { first, count, skill, username } of accounts)
    for (let n = first; n < first + count; n++) centre.signOn(username.replace('{n}', String(n)), skill);
  const random = randomStream(9, 'callers');
  const exponential = (mean: number) => -Math.log(1 - random.next()) * mean;
  let now = 0;
  for (let i = 0; i < CALLS; i++) {
    now += exponential(250);
    desks.clock.advanceTo(now);
    const caller = `${random.next() < 0.08 ? '900' : '139'}${String(i).padStart(8, '0')}`;
    const digit = random.next() < 0.7 ? '1' : '2';
    centre.arrive(
      { sipCallId: `c-${i}`, caller, called: '4001000000' },
      { atMs: now, digit, digitAfterMs: 300, patienceMs: exponential(20_000), talkMs: 2000 + exponential(8000) },
    );
  }
  desks.clock.advance(600_000);
  centre.close();
  expect(truth).toHaveLength(CALLS);
  const told = desks.events.map((event) => {
    const { fromMs, toMs, ...detail } = (event.detail ?? {}) as { fromMs?: number; toMs?: number };
    return { ...event, detail: fromMs === undefined ? detail : { ...detail, fromMs: T0 + fromMs, toMs: T0 + toMs! } };
  });
  const shifted = truth.map((row) => {
    const times = Object.entries(row).filter(([column, cell]) => column.endsWith('_ms') && cell !== null);
    return { ...row, ...Object.fromEntries(times.map(([column, cell]) => [column, T0 + cell])) };
  });
  return { calls: truth.map(rowFrom), agents: desks.rows, vendor: { truth: shifted, offers: desks.offers, events: told } };
}

function rowFrom(row: TruthRow): CallRow {
  const end = at(row.ended_ms);
  return rowOf('calls', {
    call: row.sip_call_id,
    sip_call_id: row.sip_call_id,
    caller: row.caller,
    called: row.called,
    intent: row.skill,
    priority: row.priority,
    wants_agent: true,
    intended_ms: at(row.received_ms),
    invite_ms: at(row.received_ms),
    answer_ms: at(row.answered_ms),
    queue_ms: at(row.queued_ms),
    agent_ms: at(row.agent_ms),
    agent: row.agent,
    bye_sent_ms: end,
    end_ms: end,
    status: row.status,
    outcome: row.outcome === 'answered' ? 'completed' : 'abandoned',
    correlation: row.agent_ms === null ? 'none' : 'both-legs',
  });
}

const analyse = (calls: CallRow[], agents: AgentRow[]) =>
  new Record()
    .add('calls', ...calls)
    .add('agents', ...agents)
    .analyse({ end: { endMs: T0 + 1_200_000, how: 'finished', why: null, exitCode: 0 } });

describe('2000 callers, two skills, VIPs, agents that miss calls', () => {
  const { calls, agents } = play();

  it('show a queue worth looking at', () => {
    const { queue, routing } = analyse(calls, agents);
    expect(queue.answered).toBeGreaterThan(1000);
    expect(queue.abandoned).toBeGreaterThan(100);
    expect(routing!.groups.reduce((sum, { missed }) => sum + missed, 0)).toBeGreaterThan(100);
    expect(routing!.byClass.map(({ key }) => key).sort()).toEqual(['normal', 'p10']);
    expect(routing!.bySkill.map(({ key }) => key).sort()).toEqual(['sales', 'support']);
    expect(queue.answered + queue.abandoned).toBe(CALLS);
  });

  it('hold no inversion, ghost, duplicate or misrouted call, and no agent idles for long', () => {
    const { fifo, priority, offers, idle } = analyse(calls, agents).routing!;
    expect([fifo.pairs, priority.pairs]).toEqual([0, 0]);
    expect(priority.overtaken.whole).toBeGreaterThan(50);
    expect(offers.ghosts).toMatchObject({ part: 0, whole: agents.length });
    expect([offers.duplicates.part, offers.lingering.part, offers.misrouted.part]).toEqual([0, 0, 0]);
    // Who refused or let it ring is left alone for a second by this vendor: that is no longer than handing over.
    expect(idle!.seconds).toBe(0);
    expect(offers.longestIdle.value).toBeGreaterThan(0.98);
  });

  it('give each injected inversion, and none other', () => {
    // Neighbours of one queue and priority change places.
    const turn = new Map<string, number>();
    for (const { call, offered_ms } of agents) turn.set(call!, Math.min(turn.get(call!) ?? Number.POSITIVE_INFINITY, offered_ms!));
    const line = calls
      .filter((row) => row.queue_ms !== null && row.intent === 'support' && row.priority === 0)
      .sort((a, b) => a.queue_ms! - b.queue_ms!);
    const injected: string[] = [];
    const swapped = new Map<string, CallRow>();
    const turns = new Map<string, string>();
    for (let i = 0; i + 1 < line.length; i += 20) {
      const [first, second] = [line[i]!, line[i + 1]!];
      if (first.agent_ms === null || second.agent_ms === null) continue;
      if (second.queue_ms! - first.queue_ms! < 100 || turn.get(second.call!)! - turn.get(first.call!)! < 100) continue;
      if (turn.get(first.call!)! < second.queue_ms!) continue;
      const change = (row: CallRow, { agent_ms, bye_sent_ms, end_ms, agent }: CallRow) =>
        swapped.set(row.call!, { ...row, agent_ms, bye_sent_ms, end_ms, agent });
      change(first, second);
      change(second, first);
      turns.set(first.call!, second.call!).set(second.call!, first.call!);
      injected.push(first.call!);
    }
    expect(injected.length).toBeGreaterThan(5);
    const rows = calls.map((row) => swapped.get(row.call!) ?? row);
    const offers = agents.map((row) => (turns.has(row.call!) ? { ...row, call: turns.get(row.call!)! } : row));
    const { fifo, priority } = analyse(rows, offers).routing!;
    for (const { call } of fifo.examples) expect(injected).toContain(call);
    expect(fifo).toMatchObject({ pairs: injected.length, overtaken: { part: injected.length }, most: 1 });
    expect(priority.pairs).toBe(0);
  });

  it('give each injected ghost, duplicate and misrouted call', () => {
    const answered = agents.filter(({ outcome }) => outcome === 'answered');
    const [a, b, c] = [answered[100]!, answered[200]!, answered[300]!];
    const ghost = { ...a, agent: 'extra-1', call: null, caller: '40071234567' };
    const twice = {
      ...b,
      agent: 'extra-2',
      offered_ms: b.offered_ms! + 400,
      answer_ms: null,
      end_ms: b.offered_ms! + 600,
      outcome: 'missed',
    };
    const wrong = c.skills === 'sales' ? 'support' : 'sales';
    const rows = calls.map((row) => (row.call === c.call ? { ...row, intent: wrong } : row));
    const { offers } = analyse(rows, [...agents, ghost, twice]).routing!;
    expect([offers.ghosts.part, offers.duplicates.part, offers.misrouted.part, offers.lingering.part]).toEqual([1, 1, 1, 0]);
  });

  it('give every mistake that the vendor makes on purpose, by its caller, and none other', () => {
    const made = play({ fifo: 0.02, priority: 0.4, misrouted: 0.01, duplicate: 0.1, ghost: 0.05, idle: 0.03 });
    const checks = checkDefects(made.vendor, made.calls, analyse(made.calls, made.agents).routing!);
    for (const check of checks) expect(check).toMatchObject({ missed: [], wrong: [], untold: [] });
    for (const { kind, found } of checks) if (kind !== 'lingering') expect(found, kind).toBeGreaterThan(4);
    // The check itself: mistakes that are not told, and one that is not in the record.
    const hidden = { ...made.vendor, events: made.vendor.events.filter(({ name }) => name !== 'ghost' && name !== 'fifo') };
    const lines = (vendor: VendorTruth, agents: AgentRow[]) =>
      checkDefects(vendor, made.calls, analyse(made.calls, agents).routing!).filter(({ ok }) => !ok);
    expect(lines(hidden, made.agents).map(({ kind }) => kind)).toEqual(['fifo', 'ghost']);
    const decoy = made.vendor.offers.find(({ defect }) => defect === 'duplicate')!;
    const fewer = made.agents.filter(({ agent, offered_ms }) => !(agent === decoy.agent && offered_ms === decoy.offered_ms));
    expect(lines(made.vendor, fewer)).toMatchObject([{ kind: 'duplicate', missed: [expect.stringMatching(/^\d+$/)] }]);
    const none = checkDefects(play().vendor, calls, analyse(calls, agents).routing!);
    for (const check of none) expect(check).toMatchObject({ injected: 0, found: 0, ok: true });
    expect(none.map(({ kind }) => kind)).toEqual([...DEFECT_KINDS, 'lingering']);
  });

  it('give the same figures from two halves that are joined, whichever rows come first', () => {
    const fold = () => new RoutingFold({ thresholdMs: 20_000, zeroMs: T0, level: null, agents: 0, skillsOf: () => undefined });
    const [whole, left, right] = [fold(), fold(), fold()];
    for (const row of calls) whole.add(row);
    for (const row of agents) whole.addAgent(row);
    for (const [i, row] of agents.entries()) (i % 2 ? left : right).addAgent(row);
    for (const [i, row] of calls.entries()) (i % 3 ? left : right).add(row);
    left.merge(right);
    const last = T0 + 1_200_000;
    const plain = (routing: RoutingFold) => {
      const { bySkill, byClass, ...figures } = routing.figures(last);
      const sorted = (slices: typeof bySkill) => [...slices].sort((a, b) => (a.key < b.key ? -1 : 1));
      // Sums of floats depend on their order in the last digits.
      return JSON.parse(JSON.stringify({ ...figures, bySkill: sorted(bySkill), byClass: sorted(byClass) }), (_, value) =>
        typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value,
      );
    };
    expect(plain(left)).toEqual(plain(whole));
    expect(left.model(last)!.needed).toBe(whole.model(last)!.needed);
  });
});
