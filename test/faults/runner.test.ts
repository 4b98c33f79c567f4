import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RealClock, VirtualClock } from '../../src/clock.ts';
import type { Injector } from '../../src/faults/injector.ts';
import { type CheckedSteps, type FaultPlan, type PlannedFault, planFaults } from '../../src/faults/plan.ts';
import { FaultRunner } from '../../src/faults/runner.ts';
import type { EventRow } from '../../src/record/schema.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

const vendor = (over: Partial<VendorProfile> = {}): VendorProfile => ({
  name: 'vendor-a',
  trunks: [{ name: 'main', host: '127.0.0.1' }],
  contract: { targets: [], called: [], callers: [], maxCallsPerSecond: 1, maxChannels: 1, contact: { name: 'nobody' } },
  ...over,
});

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A vendor's API: remembers what was asked, answers as told (null: never). */
async function api(answer: (path: string) => { status: number; body?: unknown } | null) {
  const asked: string[] = [];
  const headers: (string | undefined)[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${body}`.trim());
      headers.push(request.headers.authorization);
      const said = answer(request.url!);
      if (said) response.writeHead(said.status, { 'content-type': 'application/json' }).end(JSON.stringify(said.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, headers };
}

function runner(plan: FaultPlan, over: Partial<ConstructorParameters<typeof FaultRunner>[0]> = {}) {
  const events: EventRow[] = [];
  const clock = over.clock ?? new RealClock();
  const run = new FaultRunner({ clock, plan, event: (row) => events.push(row), ...over });
  const words = () => events.map(({ kind, name, action }) => `${kind} ${name} ${action}`);
  return { run, events, words, clock };
}

const steps = (over: Partial<CheckedSteps>): CheckedSteps => ({ faults: [], scaling: [], ...over });
const requestFault = (url: string, timeout = '1s', forMs = 300): CheckedSteps =>
  steps({
    faults: [
      {
        name: 'cut',
        atMs: 50,
        forMs,
        do: { kind: 'request', start: { http: `${url}/down`, timeout }, end: { http: `${url}/up`, method: 'PUT', timeout } },
      },
    ],
  });

describe('fault runner', () => {
  it('starts and ends each fault exactly at its time', async () => {
    const clock = new VirtualClock(1000);
    const at: number[] = [];
    const inject: Injector = async (context) => {
      at.push(context.clock.now());
      return { at: context.clock.now() };
    };
    const fault = (name: string, atMs: number, endMs: number): PlannedFault => ({
      name,
      atMs,
      endMs,
      target: 'x',
      instruction: undefined,
      start: inject,
      end: inject,
    });
    const { run, words } = runner({ faults: [fault('a', 100, 500), fault('b', 300, 400)], scaling: [] }, { clock });
    run.start(2000);
    for (const step of [1099, 1, 200, 100, 100]) {
      clock.advance(step);
      await settle();
    }
    expect(at).toEqual([2100, 2300, 2400, 2500]);
    expect(words()).toEqual(
      ['a start', 'a started', 'b start', 'b started', 'b end', 'b ended', 'a end', 'a ended'].map((w) => `fault ${w}`),
    );
  });

  it('asks a vendor API, with secrets from the environment that never reach the record', async () => {
    const { url, asked, headers } = await api(() => ({ status: 202 }));
    const start = { http: `${url}/switch`, headers: { authorization: { env: 'TOKEN' } }, body: { to: 'b' }, expect: 202 };
    const plan = planFaults(
      steps({ faults: [{ name: 'switch', atMs: 10, forMs: 10_000, do: { kind: 'hook', hook: 'line' } }] }),
      vendor({ hooks: { faults: { line: { start } } } }),
    );
    const { run, events, words, clock } = runner(plan, { env: { TOKEN: 'geheim' } });
    run.start(clock.now());
    await expect.poll(words, { timeout: 5000 }).toEqual(['fault switch start', 'fault switch started']);
    expect(asked).toEqual(['POST /switch {"to":"b"}']);
    expect(headers).toEqual(['geheim']);
    expect(events[1]).toMatchObject({ target: 'hook line', by: 'harness', detail: { status: 202 } });
    expect(events[1]!.value).toBeGreaterThan(0);
    expect(JSON.stringify(events)).not.toContain('geheim');
    await run.stop();
  });

  it('records a refusal and a hang, goes on, and takes the fault back all the same', async () => {
    const { url, asked } = await api((path) => (path === '/down' ? { status: 500 } : null));
    const { run, events, words, clock } = runner(planFaults(requestFault(url, '200ms'), vendor()));
    run.start(clock.now());
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(words()).toEqual(['fault cut start', 'fault cut failed', 'fault cut end', 'fault cut end-failed']);
    expect(asked).toEqual(['POST /down', 'PUT /up']);
    expect(events[1]!.detail).toMatchObject({ message: expect.stringMatching(/answered 500/) });
    expect(events[3]!.detail).toMatchObject({ message: expect.stringMatching(/no answer within 200 ms/) });
  });

  it('ends a fault that is on when the run stops, and begins no other', async () => {
    const { url, asked } = await api(() => ({ status: 200 }));
    const plan = planFaults(requestFault(url, '1s', 60_000), vendor());
    plan.faults.push({ ...plan.faults[0]!, name: 'later', atMs: 400 });
    const { run, words, clock } = runner(plan);
    run.start(clock.now());
    await new Promise((resolve) => setTimeout(resolve, 200));
    await run.stop();
    expect(words()).toEqual(['fault cut start', 'fault cut started', 'fault cut end', 'fault cut ended']);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(asked).toHaveLength(2);
  });

  it('gives up on what hangs when the run stops', async () => {
    const { url } = await api(() => null);
    const { run, words, clock } = runner(planFaults(requestFault(url, '60s', 60_000), vendor()));
    run.start(clock.now());
    await new Promise((resolve) => setTimeout(resolve, 150));
    const since = clock.now();
    await run.stop(300);
    expect(clock.now() - since).toBeLessThan(2000);
    expect(words()).toEqual(['fault cut start', 'fault cut failed', 'fault cut end', 'fault cut end-failed']);
  });

  it('runs commands without a shell, and kills what takes too long with all that it started', async () => {
    const command = (script: string, timeout = '5s') => ({ command: [process.execPath, '-e', script], timeout });
    const faults = (['ok', 'broken', 'slow'] as const).map((name) => ({
      name,
      atMs: 0,
      forMs: 60_000,
      do: {
        kind: 'command' as const,
        start: {
          ok: command('process.exit(0)'),
          broken: command('console.error("no such line"); process.exit(3)'),
          slow: command('require("node:child_process").spawnSync("sleep", ["60"])', '400ms'),
        }[name],
      },
    }));
    faults.push({
      name: 'missing' as never,
      atMs: 0,
      forMs: 60_000,
      do: { kind: 'command', start: { command: ['/no/such/program'], timeout: '1s' } },
    });
    const { run, events, clock } = runner(planFaults(steps({ faults }), vendor()));
    const since = clock.now();
    run.start(since);
    const over = () => events.filter(({ action }) => action === 'started' || action === 'failed');
    while (over().length < 4 && clock.now() < since + 8000) await settle();
    const said = Object.fromEntries(
      over().map(({ name, action, detail }) => [name, `${action} ${(detail as { message?: string })?.message ?? ''}`]),
    );
    expect(said.ok).toBe('started ');
    expect(said.broken).toMatch(/^failed .*exit code 3: no such line$/);
    expect(said.slow).toMatch(/killed after 400 ms/);
    expect(said.missing).toMatch(/there is no such program/);
    await run.stop();
  });

  it('waits for the operator’s marks where a person pulls the cable', async () => {
    const plan = planFaults(
      steps({ faults: [{ name: 'cable', atMs: 0, forMs: 200, do: { kind: 'manual', instruction: 'pull the cable of site A' } }] }),
      vendor(),
    );
    const { run, events, words, clock } = runner(plan);
    const since = clock.now();
    run.start(since);
    await settle();
    expect(run.mark('cable', 'ended')).toBe(false);
    expect(run.mark('cable', 'started', since + 33)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(run.mark('cable', 'ended')).toBe(true);
    await settle();
    expect(words()).toEqual(['fault cable start', 'fault cable started', 'fault cable end', 'fault cable ended']);
    expect(events[0]!.detail).toEqual({ instruction: 'pull the cable of site A' });
    expect(events[1]!.t_ms).toBe(since + 33);
  });

  it('asks the embedded vendor for sites and channels, and takes its own time of the effect', async () => {
    const clock = new RealClock();
    let effect = 0;
    const { url, asked } = await api((path) => {
      if (path.startsWith('/sites/')) effect = clock.now();
      return { status: path === '/scale' ? 202 : 200, body: { at: effect } };
    });
    const profile = vendor({ embedded: { sites: [{ name: 'east', channels: 10 }] } });
    const plan = planFaults(
      steps({
        faults: [{ name: 'site', atMs: 0, forMs: 200, do: { kind: 'simulator', action: 'freeze', site: 'east' } }],
        scaling: [{ name: 'more', atMs: 20, target: 40, holdMs: 1000, do: { kind: 'simulator', channels: 40, delay: '2s' } }],
      }),
      profile,
    );
    const { run, events, words } = runner(plan, { clock, simulatorApi: url });
    run.start(clock.now());
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(asked).toEqual(['POST /sites/east/freeze {}', 'POST /scale {"channels":40,"delayMs":2000}', 'POST /sites/east/start {}']);
    expect(words()).toContain('scale more accepted');
    expect(events.find(({ action }) => action === 'ended')!.t_ms).toBe(effect);
    expect(events.find(({ action }) => action === 'accepted')!.detail).toMatchObject({ target: 40, holdMs: 1000, status: 202 });
  });

  it('refuses steps that name what the profile does not have', () => {
    const plan =
      (over: Partial<CheckedSteps>, profile = vendor()) =>
      () =>
        planFaults(steps(over), profile);
    const fault = (action: CheckedSteps['faults'][number]['do']) => ({ faults: [{ name: 'a', atMs: 0, forMs: 1, do: action }] });
    expect(plan(fault({ kind: 'hook', hook: 'nothing' }))).toThrow(/no hook "nothing"/);
    expect(plan(fault({ kind: 'simulator', action: 'stop', site: 'a' }))).toThrow(/embedded vendor/);
    const embedded = vendor({ embedded: { sites: [{ name: 'east', channels: 1 }] } });
    expect(plan(fault({ kind: 'simulator', action: 'stop', site: 'west' }), embedded)).toThrow(/no site "west"/);
  });
});
