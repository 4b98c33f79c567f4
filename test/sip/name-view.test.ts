/** A changed answer below the cache: what was believed stays so for its TTL, and the changed answer for its own. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import { isLocalFault } from '../../src/sip/connection-words.ts';
import { Locator, nameService } from '../../src/sip/dns.ts';
import { NameView } from '../../src/sip/name-view.ts';
import { type NameServer, openNameServer } from './dns-server.ts';
import { closeAll, openStack } from './support.ts';

let server: NameServer;
let view: NameView;
let locator: Locator;
let now = 0;
const clock = Object.assign(new RealClock(), { now: () => now });
beforeEach(async () => {
  now = 0;
  server = await openNameServer({ A: { 'sbc.example': ['127.0.0.5'], 'other.example': ['127.0.0.6'] } }, 30);
  view = new NameView(nameService([server.address]));
  locator = new Locator(clock, view, 4);
});
afterEach(() => server.close());

const where = async (name = 'sbc.example') => (await locator.locate({ host: name, port: 5060 }, 'udp')).map(({ host }) => host).join();

it('shows once the answer before has lived out its TTL, and goes when its own has', async () => {
  expect(await where()).toBe('127.0.0.5');
  now = 10_000;
  view.change('SBC.example', ['127.0.0.7'], 5);
  now = 29_999;
  expect(await where(), 'believed for 30 s').toBe('127.0.0.5');
  now = 30_001;
  expect(await where()).toBe('127.0.0.7');
  expect(await where('other.example'), 'other names stay').toBe('127.0.0.6');
  view.restore('sbc.example');
  now = 34_999;
  expect(await where(), 'its own 5 s are not over').toBe('127.0.0.7');
  now = 35_002;
  expect(await where()).toBe('127.0.0.5');
});

it('may be that there is no such name, or no answer at all: our own doing, never the vendor’s', async () => {
  for (const [answer, code] of [
    ['not-found', 'ENOTFOUND'],
    ['no-answer', 'ETIMEOUT'],
  ] as const) {
    view.change('sbc.example', answer, 5);
    const thrown = await locator.locate({ host: 'sbc.example', port: 5060, srv: true }, 'udp').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    );
    expect(thrown).toMatchObject({ code });
    expect(isLocalFault(thrown!)).toBe(true);
    now += 60_000;
  }
  expect(
    server.asked.filter((asked) => /sbc/.test(asked)),
    'the real name server is not asked',
  ).toEqual([]);
  view.restore('sbc.example');
  expect(await where()).toBe('127.0.0.5');
}, 20_000);

it('fails requests and calls by ourselves, so that nobody else is blamed', async () => {
  const stack = await openStack('names', { names: view });
  view.change('sbc.example', 'not-found', 5);
  const nextHop = { host: 'sbc.example', port: 5060, transport: 'udp' as const };
  const uri = 'sip:a@sbc.example';
  const sent = await stack.send({ method: 'OPTIONS', requestUri: uri, fromUri: uri, toUri: uri, nextHop, retransmit: false });
  expect(sent).toMatchObject({ kind: 'transport', local: true, message: expect.stringMatching(/by a fault of this run/) });
  await closeAll();
});

it('gives addresses of the family that can be reached from ours', async () => {
  view.change('sbc.example', ['::1', '127.0.0.8'], 5);
  expect(await where()).toBe('127.0.0.8');
  expect(await new Locator(clock, view, 6).addresses('sbc.example')).toEqual(['::1']);
});
