import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Simulator } from '../../../src/simulator/index.ts';
import { callFrom, type Made, type Phone, pause, until } from '../phones.ts';
import { ACCOUNTS, api, rowOf, Scene } from '../vendors.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

/** Calls until both sites have one. */
async function oneOnEach(simulator: Simulator, caller: Phone, number: string): Promise<{ a: Made; b: Made }> {
  const calls = [
    await callFrom(caller, simulator.sip, number, { audio: true, tone: 1000 }),
    await callFrom(caller, simulator.sip, number, { audio: true, tone: 1000 }),
  ];
  await until(() => calls.every((call) => call.ear.packets > 0), 'media on both');
  const at = (site: string) => calls.find((call) => rowOf(simulator, call.call.sipCallId)!.site === site)!;
  return { a: at('a'), b: at('b') };
}

/** Resolves to false where it takes longer than `ms`. */
const within = (ms: number, promise: Promise<unknown>) => Promise.race([promise.then(() => true), pause(ms).then(() => false)]);

describe('a stopped site', () => {
  it('takes its calls along without a word, is found out by the next INVITE, and comes back empty', async () => {
    const simulator = await scene.vendor({ numbers: { '4001': 'echo' }, failover: { inviteTimeoutMs: 500, probeMs: 0 } });
    const caller = await scene.phone();
    const { a, b } = await oneOnEach(simulator, caller, '4001');
    const stopped = await api(simulator, 'POST', '/sites/a/stop');
    expect(stopped.status).toBe(200);
    expect(rowOf(simulator, a.call.sipCallId)).toMatchObject({
      outcome: 'lost',
      ended_by: 'fault',
      ended_ms: expect.closeTo(stopped.body.at, -1),
    });
    await pause(60);
    const packets = a.ear.packets;
    const alive = b.ear.packets;
    await pause(200);
    expect(a.ear.packets).toBe(packets);
    expect(b.ear.packets).toBeGreaterThan(alive);
    expect(a.endedAt).toBeNull();
    expect(await within(300, a.dialog!.bye())).toBe(false);

    // b has one call, a none: the edge believes a to be free and asks it first.
    const delayed = await callFrom(caller, simulator.sip, '4001');
    await until(() => delayed.dialog, 'the answer of the other site');
    const row = rowOf(simulator, delayed.call.sipCallId)!;
    expect(row.site).toBe('b');
    expect(row.ringing_ms! - row.received_ms).toBeGreaterThanOrEqual(500);
    expect(delayed.call.retransmissions).toBe(0);
    expect(simulator.state().sites[0]).toMatchObject({ state: 'stopped', seenUp: false, inUse: 0 });
    const prompt = await callFrom(caller, simulator.sip, '4001');
    await until(() => prompt.dialog, 'a prompt answer');
    const after = rowOf(simulator, prompt.call.sipCallId)!;
    expect(after.ringing_ms! - after.received_ms).toBeLessThan(400);

    expect((await api(simulator, 'POST', '/sites/a/start')).status).toBe(200);
    expect(simulator.state().sites[0]).toMatchObject({ state: 'up', seenUp: false });
    for (const call of [b, delayed, prompt]) await call.dialog!.bye();
  });

  it('is seen to go and to come back by probes, and the alarm goes out both times', async () => {
    const alarms: { kind: string; site: string; at: number }[] = [];
    const receiver = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        alarms.push(JSON.parse(text));
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    scene.keep({ close: () => new Promise((resolve) => receiver.close(resolve)) });
    const simulator = await scene.vendor({
      alarmUrl: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alarm`,
      alarmDelayMs: 100,
      numbers: { '4001': 'echo' },
    });
    const { body } = await api(simulator, 'POST', '/sites/b/stop');
    await until(() => alarms.length === 1, 'the alarm');
    expect(alarms[0]).toMatchObject({ kind: 'site-down', site: 'b' });
    expect(alarms[0]!.at - body.at).toBeGreaterThan(300);
    await api(simulator, 'POST', '/sites/b/start');
    await until(() => alarms.length === 2, 'the all-clear');
    expect(alarms[1]).toMatchObject({ kind: 'site-up', site: 'b' });
    expect(simulator.events().map((event) => `${event.kind} ${event.name}`)).toEqual([
      'fault b stop',
      'route b down',
      'alarm b down',
      'fault b start',
      'route b up',
      'alarm b up',
    ]);
    await api(simulator, 'POST', '/sites/a/stop');
    const call = await callFrom(await scene.phone(), simulator.sip, '4001');
    await until(() => call.dialog, 'the answer of the site that came back');
    expect(call.answer!.header('server')).toBe('vendor-sim/b');
    await call.dialog!.bye();
  });

  it('takes its agents’ legs along, and the agents are free for other calls', async () => {
    const simulator = await scene.vendor({
      menu: null,
      accounts: ACCOUNTS,
      sites: [{ name: 'a', channels: 5 }],
      failover: { probeMs: 100, probesUp: 1 },
    });
    const desk = await scene.agent(simulator, '1001');
    const caller = await scene.phone();
    const call = await callFrom(caller, simulator.sip, '4001', { audio: true });
    await until(() => desk.calls[0]?.dialog, 'the agent');
    const site = simulator.centre.sites.get('a')!;
    await api(simulator, 'POST', '/sites/a/stop');
    await pause(300);
    expect(desk.calls[0]!.ended).toBe(false);
    await until(() => !site.seenUp, 'the site seen down');
    const refused = await callFrom(caller, simulator.sip, '4001');
    await until(() => refused.status === 503, '503');
    await api(simulator, 'POST', '/sites/a/start');
    await until(() => site.seenUp, 'the site seen up');
    const next = await callFrom(caller, simulator.sip, '4001', { audio: true });
    await until(() => desk.calls[1]?.dialog && next.ear.tone === 1400, 'the agent again');
    await next.dialog!.bye();
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ outcome: 'lost', agent: '1001' });
  });
});

describe('orders in a hurry', () => {
  it('leave a site in the state of the last one, and able to take calls', async () => {
    const simulator = await scene.vendor({ sites: [{ name: 'a', channels: 5 }], numbers: { '4001': 'echo' } });
    const orders = ['stop', 'start', 'start', 'freeze', 'stop', 'start', 'freeze', 'freeze', 'start', 'stop', 'stop', 'start'];
    const answers = await Promise.all(orders.map((order) => api(simulator, 'POST', `/sites/a/${order}`)));
    expect(answers.map((answer) => answer.status)).toEqual(orders.map(() => 200));
    await api(simulator, 'POST', '/sites/a/start');
    await until(() => simulator.state().sites[0]!.seenUp, 'the site seen up');
    const call = await callFrom(await scene.phone(), simulator.sip, '4001');
    await until(() => call.dialog, 'the answer');
    await call.dialog!.bye();
  });
});

describe('a frozen site', () => {
  it('says nothing, and takes up all it missed when it is woken', async () => {
    const simulator = await scene.vendor({ numbers: { '4001': 'echo' }, failover: { inviteTimeoutMs: 400, probeMs: 0 } });
    const caller = await scene.phone();
    const { a, b } = await oneOnEach(simulator, caller, '4001');
    await api(simulator, 'POST', '/sites/a/freeze');
    await pause(60);
    const packets = a.ear.packets;
    const bye = a.dialog!.bye();
    expect(await within(300, bye)).toBe(false);
    expect(a.ear.packets).toBe(packets);
    expect(rowOf(simulator, a.call.sipCallId)!.ended_ms).toBeNull();

    // By free share the first and the third go to a, which the edge still believes in.
    const calls: Made[] = [];
    for (let i = 0; i < 3; i++) calls.push(await callFrom(caller, simulator.sip, '4001'));
    await until(() => calls.every((call) => call.dialog), 'answers');
    expect(calls.map((call) => call.answer!.header('server'))).toEqual(['vendor-sim/b', 'vendor-sim/b', 'vendor-sim/b']);
    expect(simulator.state().sites[0]).toMatchObject({ state: 'frozen', seenUp: false });
    const [first, second, third] = calls as [Made, Made, Made];
    await third.dialog!.bye();

    const woken = await api(simulator, 'POST', '/sites/a/start');
    expect(await bye).toMatchObject({ kind: 'response', response: { status: 200 } });
    const row = rowOf(simulator, a.call.sipCallId)!;
    expect(row).toMatchObject({ outcome: 'served', ended_by: 'caller' });
    expect(row.ended_ms!).toBeGreaterThanOrEqual(woken.body.at);
    // It also answers the INVITE of the first call, as it cannot know that b has it; the third is over.
    await until(() => first.surplus.length > 0, 'a second 200');
    await pause(100);
    expect(first.surplus[0]!.header('server')).toBe('vendor-sim/a');
    expect([first.surplus.length, second.surplus.length, third.surplus.length]).toEqual([1, 0, 0]);
    expect(first.endedAt).toBeNull();
    for (const call of [first, second, b]) expect(await call.dialog!.bye()).toMatchObject({ response: { status: 200 } });
    expect(simulator.truth()).toHaveLength(5);
    expect(simulator.state().calls).toBe(0);
  });

  it('does not even repeat itself', async () => {
    const simulator = await scene.vendor({ sites: [{ name: 'a', channels: 5 }], numbers: { '4001': 'echo' }, failover: { probeMs: 0 } });
    // A caller that never sends ACK: the 200 is repeated after 0.5, 1, 2 s (RFC 3261 13.3.1.4).
    const socket = createSocket('udp4');
    let answers = 0;
    socket.on('message', (bytes) => {
      if (bytes.toString('latin1').startsWith('SIP/2.0 200')) answers++;
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    scene.keep({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) });
    const { port } = socket.address();
    socket.send(
      `INVITE sip:4001@127.0.0.1:${simulator.sip.port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKdeaf\r\nMax-Forwards: 70\r\n` +
        `From: <sip:138@caller.test>;tag=f\r\nTo: <sip:4001@vendor.test>\r\nCall-ID: deaf\r\nCSeq: 1 INVITE\r\n` +
        `Contact: <sip:138@127.0.0.1:${port}>\r\nContent-Length: 0\r\n\r\n`,
      simulator.sip.port,
      '127.0.0.1',
    );
    await until(() => answers === 1, '200');
    await api(simulator, 'POST', '/sites/a/freeze');
    const before = answers;
    await pause(1700);
    expect(answers).toBe(before);
    await api(simulator, 'POST', '/sites/a/start');
    await until(() => answers > before, '200 again');
  });

  it('lets its calls go on where they stood', async () => {
    const simulator = await scene.vendor({
      sites: [{ name: 'a', channels: 5 }],
      menu: null,
      ownAgents: [{ count: 1, skill: 'support', answerMs: 400, handlingMs: 300 }],
    });
    const call = await callFrom(await scene.phone(), simulator.sip, '4001', { audio: true });
    await until(() => call.ear.tone === 440, 'hold tone');
    await api(simulator, 'POST', '/sites/a/freeze');
    await pause(800);
    expect(call.endedAt).toBeNull();
    const heard = call.ear.packets;
    await api(simulator, 'POST', '/sites/a/start');
    await until(() => call.ear.packets > heard, 'sound again');
    await until(() => call.endedAt, 'the agent’s BYE');
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ outcome: 'answered', ended_by: 'agent' });
  });
});
