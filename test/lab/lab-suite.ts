/** What either kind of lab must show. SIPp makes the calls, Asterisk's own record is read back. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { heldLab, isAlive, type ProcessRef } from './held.ts';
import { type Lab, startLab } from './lab.ts';
import { queueOutcomes } from './queue-log.ts';
import type { LabKind } from './settings.ts';
import { callWithSipp, SippAgents } from './sipp.ts';

const count = (values: readonly string[], value: string) => values.filter((one) => one === value).length;

/** Registers the tests of one kind; call it inside a `describe`. */
export function labSuite(kind: LabKind): void {
  let lab: Lab;
  const agents = new SippAgents();

  beforeAll(async () => {
    lab = await startLab({ kind, maxCalls: 20, agentsPerSite: 4 });
  }, 1_800_000);
  afterAll(async () => {
    agents.stop();
    await lab?.down();
  }, 60_000);

  test('answers calls through the edge, spread over both sites', async () => {
    const { finals, ok, printed } = await callWithSipp({ number: '9196', calls: 8, rate: 8 });
    expect(ok, printed).toBe(true);
    const servers = finals.filter((final) => final.status === 200).map((final) => final.server);
    expect([count(servers, 'vendor-site-a'), count(servers, 'vendor-site-b')]).toEqual([4, 4]);
  });

  test.each([
    ['a number that is not served', '4001000000', 404],
    ['busy', '9486', 486],
    ['congested on both sites', '9503', 503],
  ])('%s', async (_, number, status) => {
    const { finals } = await callWithSipp({ number, calls: 1, rate: 1 });
    expect(finals.map((final) => final.status)).toEqual([status]);
  });

  test('refuses with 503 what exceeds the capacity set at run time', async () => {
    await lab.setMaxCalls('site-a', 0);
    await lab.setMaxCalls('site-b', 2);
    const { finals } = await callWithSipp({ number: '9196', calls: 6, rate: 30, holdMs: 2000 });
    for (const { name } of lab.sites) await lab.setMaxCalls(name, 20);
    expect(finals.map((final) => final.status).sort()).toEqual([200, 200, 503, 503, 503, 503]);
    // Each of the four was refused by both sites; the edge tried the other one before it gave up.
    const [a, b] = lab.sites.map((site) => site.ami.calls().filter((call) => call.refused === 'capacity').length);
    expect(b).toBe(4);
    expect(a).toBeGreaterThanOrEqual(4);
  });

  test('queues callers for registered agents, and keeps a record of each call', async () => {
    for (const site of lab.sites) {
      site.ami.clear();
      await agents.start(site, 2);
      await expect.poll(() => site.registered()).toBe(2);
    }
    const callers = Array.from({ length: 12 }, (_, index) => `${4001000001 + index}`);
    const { ok, printed } = await callWithSipp({ number: '2002', calls: 12, rate: 12, callers, holdMs: 2500 });
    expect(ok, printed).toBe(true);
    await lab.idle();
    const facts = lab.sites.flatMap((site) => site.ami.calls());
    expect(facts.map((fact) => fact.caller).sort()).toEqual(callers);
    for (const fact of facts) {
      expect(fact.joinMs, 'joined after it came').toBeGreaterThan(fact.startMs);
      expect(fact.hangupMs, 'hung up').not.toBeNull();
      expect((fact.connectMs === null) !== (fact.abandonMs === null), `${fact.caller} was connected, or gave up`).toBe(true);
    }
    // The four first callers meet four free agents, whose phones ring for 0.3 s.
    expect(facts.filter((fact) => fact.connectMs !== null).length).toBeGreaterThanOrEqual(4);
    for (const site of lab.sites) {
      const mine = site.ami.calls();
      const outcomes = queueOutcomes(site.queueLog());
      for (const fact of mine) expect(outcomes.get(fact.uniqueid)?.outcome).toBe(fact.connectMs === null ? 'abandoned' : 'answered');
      const cdr = new Set(site.cdr().map((row) => row.sipCallId));
      for (const fact of mine) expect(cdr, 'in the CDR by its Call-ID').toContain(fact.sipCallId);
    }
  }, 60_000);

  test('sends the calls to the other site while one is stopped or frozen, and takes it back', async () => {
    const [a] = lab.sites;
    for (const [away, back] of [
      [() => a!.stop(), () => a!.start()],
      [() => a!.kill('SIGSTOP'), () => a!.kill('SIGCONT')],
      [() => a!.kill('SIGKILL'), () => a!.start()],
    ] as const) {
      await away();
      const { finals } = await callWithSipp({ number: '9196', calls: 4, rate: 4 });
      expect(finals).toEqual(Array(4).fill({ status: 200, server: 'vendor-site-b' }));
      await back();
      await lab.seenByEdge();
    }
    const { finals } = await callWithSipp({ number: '9196', calls: 4, rate: 4 });
    expect(
      count(
        finals.map((final) => final.server),
        'vendor-site-a',
      ),
    ).toBe(2);
  }, 90_000);

  test('goes down without a trace', async () => {
    const held = heldLab()!;
    const mine: ProcessRef[] = held.processes;
    expect(mine.map((ref) => ref.name)).toEqual(expect.arrayContaining(['site-a', 'site-b', 'edge']));
    expect(mine.every(isAlive)).toBe(true);
    await lab.down();
    expect(mine.filter(isAlive)).toEqual([]);
    expect(heldLab()).toBeNull();
    expect(existsSync(lab.folder)).toBe(false);
  }, 60_000);
}
