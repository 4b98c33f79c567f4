import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Papa from 'papaparse';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallsurgeError } from '../../src/errors.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { TRUTH_COLUMNS } from '../../src/simulator/truth.ts';
import { callFrom, until } from './phones.ts';
import { api, rowOf, Scene } from './vendors.ts';

let scene: Scene;
let folder: string;
beforeEach(() => {
  scene = new Scene();
  folder = mkdtempSync(join(tmpdir(), 'callsurge-vendor-'));
});
afterEach(async () => {
  await scene.close();
  rmSync(folder, { recursive: true });
});

describe('the HTTP API', () => {
  it('scales with a delay, adds seats, changes limits, and shows its state', async () => {
    const simulator = await scene.vendor({ scaleDelayMs: 60_000 });
    const before = await api(simulator, 'GET', '/state');
    expect(before.body.sites.map((site: { channels: number }) => site.channels)).toEqual([50, 50]);
    const later = await api(simulator, 'POST', '/scale', { channels: 500 });
    expect(later.status).toBe(202);
    expect(later.body.at - before.body.now).toBeGreaterThan(59_000);
    expect((await api(simulator, 'POST', '/scale', { site: 'b', channels: 70, delayMs: 100 })).status).toBe(202);
    expect(simulator.state().sites.map((site) => site.channels)).toEqual([50, 50]);
    await until(() => simulator.state().sites[1]!.channels === 70, 'more channels');
    expect((await api(simulator, 'POST', '/seats', { skill: 'support', count: 3, delayMs: 0 })).status).toBe(202);
    await until(() => simulator.state().queues[0]!.idle === 3, 'seats');
    expect((await api(simulator, 'POST', '/limits', { edgeChannels: 1, edgeCps: null, refuse: 486 })).status).toBe(200);
    expect((await api(simulator, 'GET', '/events')).body.map((event: { name: string }) => event.name)).toContain('b: 70 channels in force');
    expect((await api(simulator, 'GET', '/truth')).body).toEqual([]);
  });

  it.each([
    ['POST', '/scale', {}, 400, 'channels'],
    ['POST', '/scale', { channels: 1.5 }, 400, 'channels'],
    ['POST', '/scale', { channels: 5, delayMs: -1 }, 400, 'delayMs'],
    ['POST', '/scale', { channels: 5, site: 'c' }, 404, 'no site "c", only a, b'],
    ['POST', '/seats', { count: 1 }, 400, 'skill'],
    ['POST', '/limits', { refuse: 404 }, 400, '503 or 486'],
    ['POST', '/limits', { edgeCps: 0 }, 400, 'edgeCps'],
    ['POST', '/sites/c/stop', {}, 404, 'no site'],
    ['POST', '/sites/a/explode', {}, 404, 'stop, freeze, start'],
    ['POST', '/scale', '{"channels"', 400, 'JSON'],
    ['POST', '/scale', '[]', 400, 'JSON'],
    ['GET', '/nothing', undefined, 404, '/state'],
    ['GET', '/%zz', undefined, 400, 'path'],
  ] as const)('%s %s %j → %i', async (method, path, body, status, says) => {
    const simulator = await scene.vendor();
    const answer = await api(simulator, method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(says);
  });
});

describe('the truth file', () => {
  it('has each call within a second of its end, and is whole after stop', async () => {
    const truthFile = join(folder, 'deep', 'truth.csv');
    const simulator = await scene.vendor({ truthFile, numbers: { '4001': 'echo', '4002': 'busy' } });
    const caller = await scene.phone();
    const busy = await callFrom(caller, simulator.sip, '4002');
    await until(() => busy.failure, '486');
    const read = () => Papa.parse<Record<string, string>>(readFileSync(truthFile, 'utf8'), { header: true, skipEmptyLines: true });
    await until(() => read().data.length === 1, 'a line', 3000);
    const open = await callFrom(caller, simulator.sip, '4001');
    await until(() => open.dialog, 'the answer');
    expect(simulator.truth().at(-1)).toMatchObject({ outcome: null });
    await simulator.stop();
    await until(() => open.endedAt, 'BYE at closing time');
    const { data, meta } = read();
    expect(meta.fields).toEqual([...TRUTH_COLUMNS]);
    expect(data.map((row) => [row.sip_call_id, row.outcome, row.ended_by, row.site])).toEqual([
      [busy.call.sipCallId, 'blocked', 'vendor', expect.stringMatching(/^[ab]$/)],
      [open.call.sipCallId, 'served', 'vendor', expect.stringMatching(/^[ab]$/)],
    ]);
    expect(Number(data[1]!.answered_ms)).toBeCloseTo(rowOf(simulator, open.call.sipCallId)!.answered_ms!, 2);
  });
});

describe('starting', () => {
  it.each([
    [{ sites: [] }, 'sites'],
    [{ sites: [{ name: 'a b', channels: 1 }] }, 'sites[0].name'],
    [{ sites: [{ name: 'a', channels: -1 }] }, 'sites[0].channels'],
    [{ host: '192.0.2.1' }, 'loopback only'],
    [{ host: '0.0.0.0', allowRemote: true }, '0.0.0.0'],
    [{ menu: { '12': 'x' } }, 'menu.12'],
    [{ accounts: [{ username: 'x', password: 'y', first: 1, count: 2, skill: 's' }] }, '{n}'],
    [{ rtpPorts: [30_000, 20_000] as [number, number] }, 'rtpPorts'],
    [{ edgeCps: 0 }, 'edgeCps'],
  ])('refuses %j', async (config, says) => {
    const error = await startSimulator({ port: 0, sites: [{ name: 'a', channels: 1 }], ...config }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CallsurgeError);
    expect(error).toMatchObject({ code: 'option-invalid' });
    expect(error.oneLine()).toContain(says);
  });

  it('says which port is in use, of SIP, a site and the API, and leaves nothing open', async () => {
    const simulator = await scene.vendor();
    const site = [{ name: 'a', channels: 1 }];
    const taken = [{ port: simulator.sip.port }, { port: simulator.sites[0]!.sip.port - 1 }, { port: 0, apiPort: simulator.api.port }];
    for (const config of taken) {
      const error = await startSimulator({ sites: site, apiPort: 0, ...config }).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'port-in-use' });
    }
    writeFileSync(join(folder, 'file'), '');
    expect(
      await startSimulator({ port: 0, sites: site, truthFile: join(folder, 'file', 'x.csv') }).catch((thrown) => thrown),
    ).toMatchObject({
      code: 'folder-unwritable',
    });
  });
});

describe('as a process of its own', () => {
  const start = (config: unknown) =>
    spawn(process.execPath, ['src/simulator/process.ts', JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const textOf = (stream: NodeJS.ReadableStream) => {
    const all = { text: '' };
    stream.on('data', (chunk) => {
      all.text += chunk;
    });
    return all;
  };
  const exit = (child: ReturnType<typeof start>) => new Promise<number | null>((resolve) => child.once('exit', resolve));

  it.each(['closed input', 'SIGTERM'] as const)('says where it listens, and ends by %s with its truth written', async (how) => {
    const truthFile = join(folder, 'truth.csv');
    const child = start({ port: 0, sites: [{ name: 'a', channels: 5 }], numbers: { '4001': 'echo' }, truthFile, ringMs: 1, answerMs: 2 });
    const gone = exit(child);
    const out = textOf(child.stdout);
    await until(() => out.text.includes('\n'), 'its line');
    const { ready, sip } = JSON.parse(out.text);
    expect(ready).toBe(true);
    const call = await callFrom(await scene.phone(), sip, '4001');
    await until(() => call.dialog, 'the answer');
    if (how === 'SIGTERM') child.kill('SIGTERM');
    else child.stdin.end();
    expect(await gone).toBe(0);
    expect(call.endedAt).not.toBeNull();
    expect(readFileSync(truthFile, 'utf8')).toContain(call.call.sipCallId);
  });

  it('says in one line why it cannot', async () => {
    const child = start({ port: 0, host: '192.0.2.7', sites: [{ name: 'a', channels: 5 }] });
    const errors = textOf(child.stderr);
    expect(await exit(child)).toBe(1);
    expect(errors.text).toMatch(/^the embedded vendor listens on loopback only[^\n]*\[option-invalid\]\n$/);
    expect(existsSync(join(folder, 'truth.csv'))).toBe(false);
  });
});
