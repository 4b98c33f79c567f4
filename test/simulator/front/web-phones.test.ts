/** The vendor's web phone, worked as its page works it. */
import { afterEach, expect, it } from 'vitest';
import type { Simulator } from '../../../src/simulator/index.ts';
import { callFrom, pause, until } from '../phones.ts';
import { api, rowOf, Scene } from '../vendors.ts';

const scene = new Scene();
afterEach(() => scene.close());

const WEB = [{ username: 'web{n}', password: 'secret{n}', first: 1, count: 2, skill: 'support' }];
const vendor = () => scene.vendor({ webPhones: WEB, menu: null, signalAgent: 'INFO' });

/** The page asks until that is so. */
async function shows(simulator: Simulator, name: string, state: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if ((await api(simulator, 'GET', `/phone/${name}`)).body.state === state) return;
    await pause(20);
  }
  throw new Error(`${name} never was ${state}`);
}

it('rings on the page, is answered there, and either side hangs up', async () => {
  const simulator = await vendor();
  const caller = await scene.phone();
  const state = async (name: string) => (await api(simulator, 'GET', `/phone/${name}`)).body;
  expect(await state('web1')).toEqual({ state: 'away', caller: null });
  expect((await api(simulator, 'POST', '/phone/login', { name: 'web1', password: 'wrong' })).status).toBe(403);
  expect((await api(simulator, 'POST', '/phone/login', { name: 'web1', password: 'secret1' })).status).toBe(200);
  expect(await state('web1')).toEqual({ state: 'ready', caller: null });

  for (const byAgent of [false, true]) {
    const made = await callFrom(caller, simulator.sip, '4001', { audio: true, caller: '40090000001' });
    await shows(simulator, 'web1', 'ringing');
    expect(await state('web1')).toEqual({ state: 'ringing', caller: '40090000001' });
    expect((await api(simulator, 'POST', '/phone/web1/answer')).status).toBe(200);
    expect(await state('web1')).toEqual({ state: 'talking', caller: '40090000001' });
    // The hold tone has given way to a voice, and the caller is told whose.
    await until(() => made.ear.tone === null && made.requests.some((request) => request.header('x-agent') === 'web1'), 'voice');
    if (byAgent) expect((await api(simulator, 'POST', '/phone/web1/hang-up')).status).toBe(200);
    else await made.dialog!.bye();
    await shows(simulator, 'web1', 'ready');
    expect(rowOf(simulator, made.call.sipCallId)).toMatchObject({
      agent: 'web1',
      outcome: 'answered',
      ended_by: byAgent ? 'agent' : 'caller',
    });
  }
  expect((await api(simulator, 'POST', '/phone/web1/answer')).status).toBe(409);
  expect((await api(simulator, 'GET', '/phone/nobody')).status).toBe(404);
});

it('refuses, and the caller keeps the place', async () => {
  const simulator = await vendor();
  const caller = await scene.phone();
  await api(simulator, 'POST', '/phone/login', { name: 'web1', password: 'secret1' });
  const made = await callFrom(caller, simulator.sip, '4001');
  await shows(simulator, 'web1', 'ringing');
  await api(simulator, 'POST', '/phone/login', { name: 'web2', password: 'secret2' });
  expect((await api(simulator, 'POST', '/phone/web1/hang-up')).status).toBe(200);
  await shows(simulator, 'web2', 'ringing');
  expect((await api(simulator, 'POST', '/phone/web2/answer')).status).toBe(200);
  expect(rowOf(simulator, made.call.sipCallId)).toMatchObject({ agent: 'web2', agent_offers: 2 });
});
