import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentPhone, callFrom, pause, until } from '../phones.ts';
import { ACCOUNTS as accounts, rowOf, Scene } from '../vendors.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

describe('a caller', () => {
  it('without audio is answered by a site, which shows its own port, and hangs up through the edge', async () => {
    const simulator = await scene.vendor({ numbers: { '4001': 'echo' } });
    const caller = await scene.phone();
    const call = await callFrom(caller, simulator.sip, '4001');
    await until(() => call.dialog, 'the answer');
    expect(call.provisionals.map((response) => response.status)).toEqual([100, 180]);
    const row = rowOf(simulator, call.call.sipCallId)!;
    const site = simulator.sites.find(({ name }) => name === row.site)!;
    expect(call.answer!.header('server')).toBe(`vendor-sim/${site.name}`);
    expect(call.answer!.contact).toContain(`:${site.sip.port}`);
    expect(call.answer!.headers('record-route')).toEqual([`<sip:127.0.0.1:${simulator.sip.port};lr>`]);
    expect(call.answer!.body).toContain('a=inactive');
    const result = await call.dialog!.bye();
    expect(result).toMatchObject({ kind: 'response', response: { status: 200 } });
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({
      outcome: 'served',
      ended_by: 'caller',
      caller: '40080000001',
      status: 200,
    });
    expect(row.ringing_ms! - row.received_ms).toBeGreaterThanOrEqual(20);
    expect(row.answered_ms! - row.received_ms).toBeGreaterThanOrEqual(60);
  });

  it('hears menu, hold tone and the agent, presses a digit, and is hung up on', async () => {
    const simulator = await scene.vendor({ ownAgents: [{ count: 1, skill: 'sales', answerMs: 700, handlingMs: 500 }] });
    const call = await callFrom(await scene.phone(), simulator.sip, '4001', { audio: true });
    await until(() => call.ear.tone === 600, 'menu tone');
    await call.stream!.sendDigits('92');
    await until(() => call.ear.tone === 440, 'hold tone');
    await until(() => call.ear.tone === null, 'the agent');
    await until(() => call.endedAt, 'BYE');
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({
      skill: 'sales',
      agent: 'sales-1',
      outcome: 'answered',
      ended_by: 'agent',
    });
    const packets = call.ear.packets;
    await pause(100);
    expect(call.ear.packets).toBe(packets);
  });

  it('hears himself where the number is an echo', async () => {
    const simulator = await scene.vendor({ numbers: { '4001': 'echo' } });
    const call = await callFrom(await scene.phone(), simulator.sip, '4001', { audio: true, tone: 1000 });
    await until(() => call.ear.tone === 1000, 'his own tone');
    await call.dialog!.bye();
  });

  it('may press digits by INFO', async () => {
    const simulator = await scene.vendor({ ownAgents: [{ count: 1, skill: 'support', answerMs: 0, handlingMs: 'until-caller' }] });
    const call = await callFrom(await scene.phone(), simulator.sip, '4001');
    await until(() => call.dialog, 'the answer');
    const send = (type: string, content: string) => call.dialog!.send('INFO', { body: { type, content } });
    expect(await send('application/dtmf-relay', 'Signal=1\r\nDuration=160\r\n')).toMatchObject({ response: { status: 200 } });
    await until(() => rowOf(simulator, call.call.sipCallId)?.agent, 'an agent');
    await call.dialog!.bye();
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ agent: 'support-1', ended_by: 'caller' });
  });

  it('waits in early media where the vendor answers only with an agent', async () => {
    const simulator = await scene.vendor({
      numbers: { '4005': 'early-queue' },
      ownAgents: [{ count: 1, skill: 'support', answerMs: 600, handlingMs: 'until-caller' }],
    });
    const call = await callFrom(await scene.phone(), simulator.sip, '4005', { audio: true });
    await until(() => call.ear.tone === 440, 'hold tone');
    expect(call.answer).toBeNull();
    expect(call.provisionals.map((response) => response.status)).toEqual([100, 183]);
    await until(() => call.dialog, 'the answer');
    await call.dialog!.bye();
    const row = rowOf(simulator, call.call.sipCallId)!;
    expect(row).toMatchObject({ outcome: 'answered', skill: 'support' });
    expect(row.answered_ms).toBe(row.agent_ms);
  });

  it('may come by IPv6', async () => {
    const simulator = await scene.vendor({ host: '::1', numbers: { '4001': 'echo' } });
    const call = await callFrom(await scene.phone('::1'), simulator.sip, '4001', { audio: true, tone: 1000 });
    await until(() => call.ear.tone === 1000, 'his own tone');
    expect(call.answer!.headers('record-route')).toEqual([`<sip:[::1]:${simulator.sip.port};lr>`]);
    expect(await call.dialog!.bye()).toMatchObject({ response: { status: 200 } });
  });

  it('may give up while it rings', async () => {
    const simulator = await scene.vendor({ numbers: { '4003': 'ring' } });
    const call = await callFrom(await scene.phone(), simulator.sip, '4003');
    await until(() => call.provisionals.length === 2, '180');
    call.call.cancel();
    await until(() => call.failure, 'the end');
    expect(call.status).toBe(487);
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ outcome: 'abandoned', status: 487, ended_by: 'caller' });
    expect(simulator.state().calls).toBe(0);
  });

  it('is refused where there is no room, no credentials, or nothing in common', async () => {
    const simulator = await scene.vendor({ sites: [{ name: 'a', channels: 1 }], numbers: { '4001': 'echo', '4002': 'busy' } });
    const caller = await scene.phone();
    const first = await callFrom(caller, simulator.sip, '4001');
    await until(() => first.dialog, 'the answer');
    const second = await callFrom(caller, simulator.sip, '4001');
    await until(() => second.failure, 'the refusal');
    expect(second.failure).toMatchObject({ kind: 'response', response: { status: 503 } });
    expect(second.failure!.kind === 'response' && second.failure!.response.header('retry-after')).toBe('2');
    await first.dialog!.bye();
    const third = await callFrom(caller, simulator.sip, '4002');
    await until(() => third.failure, 'busy');
    expect(third.status).toBe(486);
    expect(simulator.truth().map((row) => [row.outcome, row.status, row.site])).toEqual([
      ['blocked', 503, null],
      ['served', 200, 'a'],
      ['blocked', 486, 'a'],
    ]);
  });

  it('must know the trunk password where there is one', async () => {
    const credentials = { username: 'trunk1', password: 'right' };
    const simulator = await scene.vendor({ numbers: { '4001': 'echo' }, trunkCredentials: credentials });
    const caller = await scene.phone();
    const stranger = await callFrom(caller, simulator.sip, '4001');
    const liar = await callFrom(caller, simulator.sip, '4001', { credentials: { ...credentials, password: 'wrong' } });
    const friend = await callFrom(caller, simulator.sip, '4001', { credentials });
    await until(() => stranger.failure && liar.failure && friend.dialog, 'three answers');
    expect([stranger.status, liar.status]).toEqual([407, 403]);
    expect(friend.call.challenges).toBe(1);
    await friend.dialog!.bye();
    expect(simulator.truth()).toHaveLength(1);
  });

  it('is a VIP by number or by header', async () => {
    const simulator = await scene.vendor({ menu: null });
    const caller = await scene.phone();
    const calls = [
      await callFrom(caller, simulator.sip, '4001'),
      await callFrom(caller, simulator.sip, '4001', { caller: '9001' }),
      await callFrom(caller, simulator.sip, '4001', { headers: [['X-VIP', '1']] }),
    ];
    await until(() => calls.every((call) => call.dialog), 'answers');
    for (const call of calls) await call.dialog!.bye();
    expect(calls.map((call) => rowOf(simulator, call.call.sipCallId)!.priority)).toEqual([0, 10, 10]);
  });
});

describe('registered agents', () => {
  it('are rung with the caller’s number, talk both ways, and either side may hang up', async () => {
    const simulator = await scene.vendor({ menu: null, accounts });
    const desk = await scene.agent(simulator, '1001');
    expect(simulator.state().queues.find((queue) => queue.skill === 'support')).toMatchObject({ registered: 1, idle: 1 });
    const caller = await scene.phone();
    const call = await callFrom(caller, simulator.sip, '4001', { audio: true, tone: 1000, caller: '40090000007' });
    await until(() => desk.calls[0]?.dialog, 'the agent’s answer');
    const { request, ear } = desk.calls[0]!;
    expect(request.fromUri).toContain('40090000007@');
    expect(request.header('p-asserted-identity')).toContain('40090000007@');
    expect(request.header('x-call')).toBe(call.call.sipCallId);
    await until(() => call.ear.tone === 1400 && ear.tone === 1000, 'each other');
    await desk.calls[0]!.dialog!.bye();
    await until(() => call.endedAt, 'BYE to the caller');
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ agent: '1001', agent_offers: 1, outcome: 'answered', ended_by: 'agent' });

    const again = await callFrom(caller, simulator.sip, '4001', { audio: true });
    await until(() => desk.calls[1]?.dialog && again.ear.tone === 1400, 'the second call');
    await again.dialog!.bye();
    await until(() => desk.calls[1]!.ended, 'BYE to the agent');
    expect(rowOf(simulator, again.call.sipCallId)).toMatchObject({ agent: '1001', ended_by: 'caller' });
  });

  it('without audio on the caller’s side talk in silence', async () => {
    const simulator = await scene.vendor({ menu: null, accounts });
    const desk = await scene.agent(simulator, '1001');
    const call = await callFrom(await scene.phone(), simulator.sip, '4001');
    await until(() => desk.calls[0]?.dialog, 'the agent’s answer');
    expect(desk.calls[0]!.request.body).toContain('a=inactive');
    await call.dialog!.bye();
    await until(() => desk.calls[0]!.ended, 'BYE to the agent');
  });

  it('that let it ring or refuse are passed over', async () => {
    const simulator = await scene.vendor({ menu: null, accounts, agentRingMs: 300 });
    const deaf = await scene.agent(simulator, '1001', 'ring');
    const rude = await scene.agent(simulator, '1002', 'reject');
    const good = await scene.agent(simulator, '1003');
    const call = await callFrom(await scene.phone(), simulator.sip, '4001', { audio: true });
    await until(() => good.calls[0]?.dialog, 'the third agent');
    await until(() => deaf.calls[0]!.cancelled, 'CANCEL to the first');
    expect(rude.calls).toHaveLength(1);
    await until(() => rowOf(simulator, call.call.sipCallId)!.agent, 'the record');
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ agent: '1003', agent_offers: 3 });
    await call.dialog!.bye();
  });

  it('are called off when the caller leaves', async () => {
    const simulator = await scene.vendor({ menu: null, accounts });
    const deaf = await scene.agent(simulator, '1001', 'ring');
    const call = await callFrom(await scene.phone(), simulator.sip, '4001', { audio: true });
    await until(() => deaf.calls[0], 'the offer');
    await call.dialog!.bye();
    await until(() => deaf.calls[0]!.cancelled, 'CANCEL');
    expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ outcome: 'abandoned', agent: null, agent_offers: 1 });
  });

  it('need the right password, and are gone when they unregister', async () => {
    const simulator = await scene.vendor({ menu: null, accounts });
    const liar = await AgentPhone.open(simulator.sip, '1001', 'wrong');
    scene.keep(liar);
    await until(() => liar.lost, 'the refusal');
    expect(liar.lost).toMatchObject({ kind: 'response', response: { status: 403 } });
    const honest = await scene.agent(simulator, '1002');
    await honest.unregister();
    expect(simulator.state().queues.find((queue) => queue.skill === 'support')).toMatchObject({ registered: 0, agents: 0 });
    expect(
      simulator
        .events()
        .filter((event) => event.kind === 'registration')
        .map((event) => event.name),
    ).toEqual(['1002 registered', '1002 gone']);
  });

  it.each(['INVITE', 'UPDATE', 'INFO'] as const)('are announced to the caller by %s', async (method) => {
    const simulator = await scene.vendor({
      menu: null,
      signalAgent: method,
      ownAgents: [{ count: 1, skill: 'support', answerMs: 50, handlingMs: 'until-caller' }],
    });
    const call = await callFrom(await scene.phone(), simulator.sip, '4001', { audio: true });
    await until(() => call.requests.length > 0, method);
    expect(call.requests[0]!.method).toBe(method);
    expect(call.requests[0]!.header('x-agent')).toBe('support-1');
    await pause(100);
    await call.dialog!.bye();
  });

  it('are announced only after the ACK where their answer is the caller’s', async () => {
    const simulator = await scene.vendor({
      numbers: { '4005': 'early-queue' },
      signalAgent: 'INVITE',
      ownAgents: [{ count: 1, skill: 'support', answerMs: 50, handlingMs: 'until-caller' }],
    });
    const call = await callFrom(await scene.phone(), simulator.sip, '4005', { audio: true });
    await until(() => call.requests.length > 0, 'the re-INVITE');
    expect(call.dialog).not.toBeNull();
    expect(call.requests[0]!.header('x-agent')).toBe('support-1');
    await pause(100);
    expect(await call.dialog!.bye()).toMatchObject({ response: { status: 200 } });
  });
});
