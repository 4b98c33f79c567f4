/** The readers of Asterisk's own record, and what the lab is made of: all that needs no lab. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AmiParser } from './ami.ts';
import { CallFacts } from './call-facts.ts';
import { parseCdr } from './cdr.ts';
import { isAlive, processRef } from './held.ts';
import { PROMPT_HZ, tone, toUlaw } from './prompts.ts';
import { parseQueueLog, queueOutcomes } from './queue-log.ts';
import { fill } from './render.ts';
import { agentsOf, SITES, settingsOf } from './settings.ts';

describe('AMI', () => {
  const stream = [
    'Asterisk Call Manager/5.0.1\r\nResponse: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n',
    'Event: QueueCallerJoin\r\nTimestamp: 1795294677.858003\r\nUniqueid: a.5\r\nQueue: support\r\nPosition: 1\r\n\r\n',
    'Response: Success\r\nActionID: 2\r\nOutput: 0 active channels\r\nOutput: 0 active calls\r\n\r\n',
  ].join('');

  test('messages come out whole wherever the stream is cut', () => {
    const whole = new AmiParser().push(stream);
    expect(whole).toHaveLength(3);
    expect(whole[2]!.output).toBe('0 active channels\n0 active calls');
    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length }), { maxLength: 8 }), (cuts) => {
        const parser = new AmiParser();
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
        expect(at.slice(1).flatMap((end, index) => parser.push(stream.slice(at[index], end)))).toEqual(whole);
      }),
    );
  });

  test('events become one fact per call', () => {
    const facts = new CallFacts('site-a');
    const event = (name: string, atMs: number, fields: Record<string, string>) =>
      facts.add({ name, atMs, fields: { uniqueid: 'a.1', ...fields } });
    event('QueueCallerJoin', 1, { queue: 'support' });
    expect(facts.calls(), 'a channel that did not come by the trunk').toEqual([]);
    event('UserEvent', 10, { userevent: 'TrunkCall', sipcallid: 'x@y', called: '2000', calleridnum: '4001000001' });
    event('Newstate', 15, { channelstate: '4' });
    event('Newstate', 16, { channelstate: '6' });
    event('QueueCallerJoin', 20.5, { queue: 'support', position: '3' });
    event('AgentCalled', 21, { interface: 'PJSIP/1002' });
    event('AgentRingNoAnswer', 25, { interface: 'PJSIP/1002' });
    event('AgentCalled', 26, { interface: 'PJSIP/1001' });
    event('AgentConnect', 30, { interface: 'PJSIP/1001' });
    event('BridgeEnter', 31, {});
    event('BridgeEnter', 35, {});
    event('AgentComplete', 40, { reason: 'agent' });
    event('Hangup', 41, { cause: '16' });
    expect(facts.calls()).toMatchObject([
      {
        sipCallId: 'x@y',
        answerMs: 16,
        joinMs: 20.5,
        position: 3,
        offers: [
          { agent: '1002', atMs: 21, failedMs: 25 },
          { agent: '1001', atMs: 26, failedMs: null },
        ],
        agent: '1001',
        connectMs: 30,
        bridgeMs: 31,
        completedBy: 'agent',
        cause: 16,
        refused: null,
      },
    ]);
    event('UserEvent', 50, { userevent: 'CapacityReject' });
    expect(facts.calls()[0]!.refused).toBe('capacity');
    facts.clear();
    expect(facts.calls()).toEqual([]);
  });
});

test('queue_log tells who was answered, who left and who still waits', () => {
  const rows = parseQueueLog(
    [
      '1795294670|NONE|NONE|NONE|QUEUESTART|',
      '1795294677|a.1|support|NONE|ENTERQUEUE||4001000001|1',
      '1795294677|a.2|support|NONE|ENTERQUEUE||4001000002|2',
      '1795294677|a.3|support|NONE|ENTERQUEUE||4001000003|3',
      '1795294678|a.1|support|Agent 1001|CONNECT|1|a.9|0',
      '1795294679|a.1|support|Agent 1001|COMPLETECALLER|1|1|1',
      '1795294680|a.2|support|NONE|ABANDON|2|2|3',
      '',
    ].join('\n'),
  );
  expect(rows).toHaveLength(7);
  expect([...queueOutcomes(rows)]).toEqual([
    ['a.1', { caller: '4001000001', outcome: 'answered', agent: 'Agent 1001' }],
    ['a.2', { caller: '4001000002', outcome: 'abandoned', agent: null }],
    ['a.3', { caller: '4001000003', outcome: 'waiting', agent: null }],
  ]);
});

test('CDR rows of callers carry the Call-ID, those of agents are left out', () => {
  const caller = `"","4001000009","support","acd","""A, B"" <4001000009>","PJSIP/edge-0b","PJSIP/1001-0f","Queue","support,t,,,300","2026-11-21 20:57:58","2026-11-21 20:57:58","2026-11-21 20:58:01",3,3,"ANSWERED","DOCUMENTATION","a.11","9-1@127.0.31.1"`;
  const agent = caller.replace('9-1@127.0.31.1', '');
  expect(parseCdr(`${caller}\n${agent}\n`)).toMatchObject([
    { caller: '4001000009', called: 'support', disposition: 'ANSWERED', uniqueid: 'a.11', sipCallId: '9-1@127.0.31.1' },
  ]);
});

/** G.711 µ-law back to 16 bits, written apart from the encoder under test. */
function fromUlaw(code: number): number {
  const inverted = ~code & 0xff;
  const magnitude = (((inverted & 0x0f) << 3) + 132) << ((inverted >> 4) & 7);
  return inverted & 0x80 ? 132 - magnitude : magnitude - 132;
}

describe('prompts', () => {
  test('µ-law is G.711: known codes, and back within half a step', () => {
    // ITU-T G.711 table 2a: ±0 is 0xFF/0x7F, full scale 0x80/0x00.
    expect([0, -1, 32_767, -32_768].map(toUlaw)).toEqual([0xff, 0x7f, 0x80, 0x00]);
    fc.assert(
      fc.property(fc.integer({ min: -32_000, max: 32_000 }), (sample) => {
        expect(Math.abs(fromUlaw(toUlaw(sample)) - sample)).toBeLessThanOrEqual(Math.max(4, Math.abs(sample) / 16));
      }),
    );
  });

  test.each(Object.entries(PROMPT_HZ))('%s sounds at %i Hz', (_, hz) => {
    const samples = [...tone(1, hz)].map(fromUlaw);
    const crossings = samples.filter((value, index) => index > 0 && value >= 0 !== samples[index - 1]! >= 0).length;
    expect(crossings / 2).toBeCloseTo(hz, -1);
  });
});

describe('configuration', () => {
  test('a placeholder without a value is an error, not a text', () => {
    expect(fill('a {{B}} c {D}', { B: 7 })).toBe('a 7 c {D}');
    expect(() => fill('{{NOBODY}}', {})).toThrow('NOBODY');
  });

  test('every site has its own accounts, and the last fifth answers sales', () => {
    const [a, b] = SITES.map((site) => agentsOf(site, 10));
    expect(a).toEqual({ support: [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008], sales: [1009, 1010] });
    expect(b!.support[0]).toBe(1101);
    expect(agentsOf(SITES[0]!, 4).support).toEqual([1001, 1002, 1003, 1004]);
  });

  test('options come before the environment, and nonsense is refused by name', () => {
    expect(settingsOf({ kind: 'process', maxCalls: 7 }, { LAB_MAXCALLS: '9', LAB_QMAXLEN: '5' })).toMatchObject({
      maxCalls: 7,
      qmaxlen: 5,
    });
    expect(() => settingsOf({ kind: 'process' }, { LAB_AGENTS: 'many' })).toThrow(/agentsPerSite NaN/);
  });

  test('announcements are off: they would stand in every wait', () => {
    const queues = readFileSync(join(import.meta.dirname, 'asterisk/queues.conf'), 'utf8');
    expect(queues).toMatch(/^announce-position = no$/m);
    expect(queues).toMatch(/^periodic-announce-frequency = 0$/m);
  });

  test('every address in the templates is a placeholder or loopback', () => {
    for (const dir of ['asterisk', 'kamailio'])
      for (const name of readdirSync(join(import.meta.dirname, dir)))
        for (const [address] of readFileSync(join(import.meta.dirname, dir, name), 'utf8').matchAll(/\b\d+\.\d+\.\d+\.\d+\b/g))
          expect(address, name).toMatch(/^127\./);
  });
});

test.runIf(process.platform === 'linux')('a process is known by id and start time', () => {
  const me = processRef('me', process.pid)!;
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, start: '1' }), 'another program with the same id').toBe(false);
  expect(processRef('nobody', 2 ** 22 + 1)).toBeNull();
});
