import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import { containerFault } from '../../src/faults/container.ts';
import type { InjectorContext } from '../../src/faults/injector.ts';
import { namespaceFault } from '../../src/faults/netns.ts';
import { planFaults } from '../../src/faults/plan.ts';
import { processFault } from '../../src/faults/process.ts';
import { FaultRunner } from '../../src/faults/runner.ts';
import type { EventRow } from '../../src/record/schema.ts';

const context: InjectorContext = {
  clock: new RealClock(),
  env: process.env,
  simulatorApi: undefined,
  relay: undefined,
  own: undefined,
  marked: () => Promise.reject(new Error('nobody')),
};
const never = new AbortController().signal;
const stateOf = (pid: number) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text[text.lastIndexOf(')') + 2];
};

const children: ChildProcess[] = [];
const sleeper = () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  return child.pid!;
};
let server: Server | undefined;
const folder = mkdtempSync(join(tmpdir(), 'callsurge-injectors-'));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

describe.runIf(process.platform === 'linux')('a process', () => {
  it('is frozen when the kernel says so, and goes on at the end, whatever the pid file says by then', async () => {
    const pid = sleeper();
    const pidFile = join(folder, 'pid');
    writeFileSync(pidFile, `${pid}\n`);
    const { start, end } = processFault({ kind: 'process', signal: 'STOP', pidFile });
    await start(context, never);
    expect(stateOf(pid)).toBe('T');
    writeFileSync(pidFile, '999999');
    await end!(context, never);
    await expect.poll(() => stateOf(pid)).toBe('S');
  });

  it('is killed, and started again by a command', async () => {
    const pid = sleeper();
    const marker = join(folder, 'restarted');
    const { start, end } = processFault({ kind: 'process', signal: 'KILL', pid, restart: ['touch', marker] });
    const gone = new Promise((resolve) => children[0]!.once('exit', (_, by) => resolve(by)));
    expect((await start(context, never)).detail).toEqual({ pid });
    expect(await gone).toBe('SIGKILL');
    await end!(context, never);
    expect(readFileSync(marker, 'utf8')).toBe('');
  });

  it('of nobody, of no number, or of ourselves is refused', async () => {
    const refused = (fault: object) => processFault({ kind: 'process', signal: 'STOP', ...fault }).start(context, never);
    await expect(refused({ pid: 4_190_000 })).rejects.toThrow(/no such process/);
    await expect(refused({ pid: process.pid })).rejects.toThrow(/callsurge itself/);
    await expect(refused({ pidFile: join(folder, 'none') })).rejects.toThrow(/pid file/);
    writeFileSync(join(folder, 'bad'), '12; rm');
    await expect(refused({ pidFile: join(folder, 'bad') })).rejects.toThrow(/no process id/);
  });
});

/** A Docker Engine API of one container. */
async function engine() {
  const asked: string[] = [];
  const state = { running: true, paused: false };
  const socket = join(folder, `docker-${Math.random().toString(36).slice(2)}.sock`);
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${body}`.trim());
      const say = (status: number, answer?: unknown) => response.writeHead(status).end(answer === undefined ? '' : JSON.stringify(answer));
      const what = request.url!.split('/').at(-1)!;
      if (!request.url!.includes('site-a') && !request.url!.startsWith('/networks'))
        return say(404, { message: 'No such container: site-x' });
      if (what === 'pause' && state.paused) return say(409, { message: 'already paused' });
      if (what === 'pause') state.paused = true;
      if (what.startsWith('kill')) state.running = false;
      const networks = { lab: { Aliases: ['site-a'], IPAMConfig: { IPv4Address: '172.18.0.9' }, IPAddress: '172.18.0.9' } };
      if (what === 'json') return say(200, { State: { Running: state.running }, NetworkSettings: { Networks: networks } });
      say(request.url!.startsWith('/networks') ? 200 : 204);
    });
  });
  await new Promise<void>((resolve) => server!.listen(socket, resolve));
  return { asked, socket };
}

describe('a container', () => {
  it('is paused and killed by the engine, and taken back', async () => {
    const { asked, socket } = await engine();
    for (const action of ['pause', 'kill'] as const) {
      const { start, end } = containerFault({ kind: 'container', container: 'site-a', action, socket });
      expect((await start(context, never)).value).toBe(204);
      await end(context, never);
    }
    expect(asked).toEqual([
      'POST /containers/site-a/pause',
      'POST /containers/site-a/unpause',
      'POST /containers/site-a/kill?signal=KILL',
      'GET /containers/site-a/json',
      'POST /containers/site-a/start',
    ]);
  });

  it('comes back to its network with the names and the address that it had', async () => {
    const { asked, socket } = await engine();
    const { start, end } = containerFault({ kind: 'container', container: 'site-a', action: 'disconnect', network: 'lab', socket });
    await start(context, never);
    await end(context, never);
    expect(asked.slice(1)).toEqual([
      'POST /networks/lab/disconnect {"Container":"site-a","Force":true}',
      'POST /networks/lab/connect {"Container":"site-a","EndpointConfig":{"Aliases":["site-a"],"IPAMConfig":{"IPv4Address":"172.18.0.9"}}}',
    ]);
  });

  it('that the engine does not know, or an engine that is not there, is a fault that did not happen', async () => {
    const { socket } = await engine();
    const start = (container: string, at: string) => containerFault({ kind: 'container', container, action: 'pause', socket: at }).start;
    await expect(start('site-x', socket)(context, never)).rejects.toThrow('docker answered 404: No such container: site-x');
    await expect(start('site-a', join(folder, 'nothing.sock'))(context, never)).rejects.toThrow(/docker: there is no engine at /);
  });
});

it('a namespace that is not there is a fault that did not happen', async () => {
  const { start, end } = namespaceFault({ kind: 'netns', namespace: 'callsurge-none', action: 'drop', peer: '10.0.0.0/8' });
  await expect(start(context, never)).rejects.toThrow(/^ip: /);
  await expect(end(context, never)).rejects.toThrow(/^ip: /);
});

it('a repeated fault is done as often as it says, each time at its own', async () => {
  const plan = planFaults(
    {
      faults: [
        {
          name: 'again',
          atMs: 20,
          forMs: 60,
          repeat: { everyMs: 200, times: 3 },
          expectedMs: 3000,
          do: { kind: 'command', start: { command: ['true'] }, end: { command: ['true'] } },
        },
      ],
      scaling: [],
    },
    { name: 'v', trunks: [], contract: {} as never },
  );
  expect(plan.faults.map(({ atMs, endMs }) => [atMs, endMs])).toEqual([
    [20, 80],
    [220, 280],
    [420, 480],
  ]);
  const events: EventRow[] = [];
  const runner = new FaultRunner({ clock: context.clock, plan, event: (row) => events.push(row) });
  runner.start(context.clock.now());
  await expect.poll(() => events.filter(({ action }) => action === 'ended').length, { timeout: 4000 }).toBe(3);
  expect(events.filter(({ action }) => action === 'started')).toHaveLength(3);
  expect(events[0]!.detail).toEqual({ expectedMs: 3000 });
  await runner.stop();
  rmSync(folder, { recursive: true, force: true });
});
