/** Mistakes made on purpose, over real SIP: what they leave alone. That each is found is shown in test/analysis/queue-truth.test.ts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Papa from 'papaparse';
import { afterEach, expect, it } from 'vitest';
import { completeConfig } from '../../../src/simulator/defaults.ts';
import { OFFER_COLUMNS } from '../../../src/simulator/truth.ts';
import { callFrom, until } from '../phones.ts';
import { ACCOUNTS, rowOf, Scene } from '../vendors.ts';

const folder = mkdtempSync(join(tmpdir(), 'callsurge-defects-'));
let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
  rmSync(folder, { recursive: true, force: true });
});

it('an agent rung beside another is called off or hung up, and the call goes on with the first', async () => {
  const offersFile = join(folder, 'offers.csv');
  const simulator = await scene.vendor({ menu: null, accounts: ACCOUNTS, offersFile, defects: { duplicate: 1 } });
  const first = await scene.agent(simulator, '1001');
  const second = await scene.agent(simulator, '1002');
  const call = await callFrom(await scene.phone(), simulator.sip, '4001', { audio: true });
  await until(() => first.calls[0]?.dialog && call.ear.tone === 1400, 'the first agent');
  await until(() => second.calls[0]?.ended || second.calls[0]?.cancelled, 'the end of the second');
  expect(call.endedAt).toBeNull();
  expect(rowOf(simulator, call.call.sipCallId)).toMatchObject({ agent: '1001', agent_offers: 1, outcome: null });
  await call.dialog!.bye();
  await until(() => first.calls[0]!.ended, 'BYE to the first agent');
  expect(simulator.events().filter(({ kind }) => kind === 'defect')).toMatchObject([
    { name: 'duplicate', detail: { call: call.call.sipCallId, agent: '1002' } },
  ]);
  const read = () => Papa.parse<Record<string, string>>(readFileSync(offersFile, 'utf8'), { header: true, skipEmptyLines: true });
  await until(() => read().data.length === 2, 'both offers in the file', 3000);
  const { data, meta } = read();
  expect(meta.fields).toEqual([...OFFER_COLUMNS]);
  expect(data.map(({ agent, defect }) => [agent, defect]).sort()).toEqual([
    ['1001', ''],
    ['1002', 'duplicate'],
  ]);
  expect(data.find(({ agent }) => agent === '1001')).toMatchObject({ sip_call_id: call.call.sipCallId, skill: 'support', how: 'answered' });
});

it('an agent is rung for a caller who has gone, and for the next one in earnest', async () => {
  const simulator = await scene.vendor({ menu: null, accounts: ACCOUNTS, defects: { ghost: 1 } });
  const caller = await scene.phone();
  const gone = await callFrom(caller, simulator.sip, '4001', { caller: '40090000011' });
  await until(() => gone.dialog && rowOf(simulator, gone.call.sipCallId)?.queued_ms, 'the queue');
  await gone.dialog!.bye();
  const agent = await scene.agent(simulator, '1001', 'ring');
  await until(() => agent.calls[0]?.cancelled, 'the ghost, and its end');
  expect(agent.calls[0]!.request.fromUri).toContain('40090000011@');
  const next = await callFrom(caller, simulator.sip, '4001', { caller: '40090000012' });
  await until(() => agent.calls[1], 'the next caller');
  expect(agent.calls[1]!.request.fromUri).toContain('40090000012@');
  expect(rowOf(simulator, gone.call.sipCallId)).toMatchObject({ outcome: 'abandoned', agent: null, agent_offers: 0 });
  await next.dialog!.bye();
});

it('what is no mistake, and no share, is refused', () => {
  const config = (defects: object) => () => completeConfig({ sites: [{ name: 'a', channels: 1 }], defects });
  expect(config({ rudeness: 0.1 })).toThrow(/defects.rudeness is none of fifo, priority, misrouted, duplicate, ghost, idle/);
  expect(config({ fifo: 2 })).toThrow(/defects.fifo must be a share from 0 to 1, not 2/);
});
