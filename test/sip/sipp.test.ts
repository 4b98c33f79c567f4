/**
 * SIPp as the other side: its built-in scenarios, and our own in sipp/, one odd behaviour each. SIPp's exit code is its verdict: 0 only if
 * every call went exactly as its scenario says. Without SIPp these tests are left out, but never in CI.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { HostPort, IncomingCall, SipDialog, SipRequest, TransactionResult } from '../../src/sip/stack.ts';
import { callTo, closeAll, noting, openStack, pause, SDP, until } from './support.ts';

const present = spawnSync('sipp', ['-v']).error === undefined;
if (!present) console.log('sipp is not installed: its tests are left out (apt-get install sip-tester)');

const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await closeAll();
});

const scenario = (name: string) => ['-sf', join(import.meta.dirname, 'sipp', `${name}.xml`)];

/** Starts SIPp; `verdict` is its exit code and, where that is not 0, what it had to say. */
async function startSipp(args: string[], calls: number): Promise<HostPort & { verdict: Promise<string> }> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'callsurge-sipp-'));
  const child = spawn(
    'sipp',
    [...args, '-i', '127.0.0.1', '-p', String(port), '-m', String(calls), '-timeout', '15', '-nostdin', '-trace_err'],
    { cwd: folder, stdio: 'ignore' },
  );
  running.push(child);
  const verdict = new Promise<string>((resolve) => {
    child.on('exit', (code) => {
      const errors = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').slice(0, 3000));
      rmSync(folder, { recursive: true });
      resolve(code === 0 ? 'exit 0' : `exit ${code}: ${errors.join('\n')}`);
    });
  });
  for (let tries = 0; tries < 100 && !(await taken(port)); tries++) await pause(20);
  return { host: '127.0.0.1', port, verdict };
}

function taken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(true)));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(false)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** RFC 3261's own timers: SIPp has them too. */
const open = (name: string, options = {}) => openStack(name, { timers: {}, ...options });

describe.runIf(present || process.env.CI)('SIPp answers', () => {
  test('its own uas: 200 calls at 200/s, none fails', async () => {
    const sipp = await startSipp(['-sn', 'uas'], 200);
    const caller = await open('caller');
    const ends: string[] = [];
    for (let i = 0; i < 200; i++) {
      setTimeout(() => {
        const handlers = noting([], {
          answered: (_response, dialog) => void dialog.bye().then((result) => ends.push(result.kind)),
          failed: (failure) => ends.push(`failed ${failure.kind}`),
        });
        caller.call(callTo(sipp), handlers);
      }, i * 5);
    }
    await until(() => ends.length === 200, '200 ends', 10_000);
    expect(new Set(ends)).toEqual(new Set(['response']));
    expect(await sipp.verdict).toBe('exit 0');
    expect(caller.stats()).toMatchObject({ bad: 0, dialogs: 0 });
  });

  test('with a challenge and early media', async () => {
    const sipp = await startSipp(scenario('uas-challenge-early'), 1);
    const caller = await open('caller');
    const log: string[] = [];
    const bye = Promise.withResolvers<TransactionResult>();
    caller.call(
      callTo(sipp, { credentials: { username: 'trunk1', password: 'secret' } }),
      noting(log, {
        answered: (_response, dialog) => {
          log.push('answered');
          void dialog.bye().then(bye.resolve);
        },
      }),
    );
    expect(await bye.promise).toMatchObject({ kind: 'response', response: { status: 200 } });
    expect(await sipp.verdict).toBe('exit 0');
    expect(log).toEqual(['sent 1', 'sent 2', '100', '183', 'answered']);
  });

  test('with an agent who picks up: UPDATE, INFO, re-INVITE, NOTIFY, OPTIONS, BYE from its side', async () => {
    const sipp = await startSipp(scenario('uas-agent-picks-up'), 1);
    const caller = await open('caller');
    const log: string[] = [];
    const note = (request: SipRequest) => log.push(`${request.method} ${request.header('x-agent') ?? ''}`.trim());
    caller.call(
      callTo(sipp),
      noting([], {
        offer: (request) => {
          note(request);
          return { status: 200, body: SDP };
        },
        request: (request) => {
          note(request);
          return 200;
        },
        ended: (request) => log.push(`BYE ${request.header('reason')}`),
      }),
    );
    expect(await sipp.verdict).toBe('exit 0');
    expect(log).toEqual(['UPDATE', 'INFO 1001', 'INVITE 1001', 'NOTIFY', 'BYE Q.850;cause=16']);
  });

  test('with ringing until CANCEL, and with a refusal', async () => {
    const ringing = await startSipp(scenario('uas-rings-until-cancelled'), 1);
    const busy = await startSipp(scenario('uas-busy'), 1);
    const caller = await open('caller');
    const log: string[] = [];
    const call = caller.call(callTo(ringing), noting(log, { provisional: (response) => response.status === 180 && call.cancel() }));
    const reasons: (string | undefined)[] = [];
    const failed = noting([], { failed: (failure) => failure.kind === 'response' && reasons.push(failure.response.header('reason')) });
    caller.call(callTo(busy), failed);
    expect([await ringing.verdict, await busy.verdict]).toEqual(['exit 0', 'exit 0']);
    expect(log).toEqual(['sent 1', 'failed 487']);
    expect(reasons).toEqual(['Q.850;cause=34']);
  });
});

describe.runIf(present || process.env.CI)('SIPp calls', () => {
  async function openCallee(take: (call: IncomingCall) => void) {
    const log: string[] = [];
    const dialogs: SipDialog[] = [];
    const stack = await open('callee', {
      call(call: IncomingCall) {
        call.handlers = {
          cancelled: () => log.push('cancelled'),
          acknowledged: () => log.push('acknowledged'),
          ended: () => log.push('ended'),
          offer: (request) => {
            log.push(request.method);
            return { status: 200, body: SDP };
          },
        };
        take(call);
      },
    });
    return { stack, log, dialogs, to: `127.0.0.1:${stack.local.port}` };
  }
  const answering = (call: IncomingCall) => {
    call.ring();
    call.accept(SDP);
  };

  test('its own uac: 200 calls at 200/s, none fails', async () => {
    const callee = await openCallee(answering);
    const sipp = await startSipp(['-sn', 'uac', callee.to, '-r', '200', '-d', '10'], 200);
    expect(await sipp.verdict).toBe('exit 0');
    expect(callee.log.filter((what) => what === 'ended').length).toBe(200);
    expect(callee.stack.stats()).toMatchObject({ bad: 0, dialogs: 0 });
  });

  test('asking everything inside the dialog', async () => {
    const callee = await openCallee(answering);
    const sipp = await startSipp([...scenario('uac-in-dialog'), callee.to], 1);
    expect(await sipp.verdict).toBe('exit 0');
    expect(callee.log).toEqual(['acknowledged', 'UPDATE', 'INVITE', 'ended']);
  });

  test('and cancels', async () => {
    const callee = await openCallee((call) => call.ring());
    const sipp = await startSipp([...scenario('uac-cancels'), callee.to], 1);
    expect(await sipp.verdict).toBe('exit 0');
    expect(callee.log).toEqual(['cancelled']);
    await pause(700);
    // Acknowledged: Timer G has nothing to repeat.
    expect(callee.stack.stats().retransmitted).toBe(0);
  });

  test('and acknowledges late: the 200 has come again by then', async () => {
    const callee = await openCallee(answering);
    const sipp = await startSipp([...scenario('uac-acknowledges-late'), callee.to], 1);
    expect(await sipp.verdict).toBe('exit 0');
    expect(callee.log).toEqual(['acknowledged', 'ended']);
    expect(callee.stack.stats().retransmitted).toBe(1);
  });
});
