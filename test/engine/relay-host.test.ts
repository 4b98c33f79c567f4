/** Our relay on a thread of its own: what it does when told, and what it says of its own lateness. */
import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { RealClock, takeAnchor } from '../../src/clock.ts';
import { type RelayHost, startRelay } from '../../src/engine/relay-host.ts';
import { type RelaySecond, RelaySeconds } from '../../src/engine/relay-seconds.ts';
import { openRelay } from '../../src/faults/relay.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function udp(take: (text: string) => void = () => {}): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes) => take(bytes.toString()));
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  closers.push(() => socket.close());
  return socket;
}

const anchor = takeAnchor();
const clock = new RealClock(anchor);

async function started(port: number, more: { seconds?: RelaySecond[]; crashed?: (why: string) => void } = {}): Promise<RelayHost> {
  const host = await startRelay({
    options: { trunks: [{ name: 'main', host: '127.0.0.1', port, transport: 'udp' }], seed: 1 },
    anchor,
    second: (second) => more.seconds?.push(second),
    crashed: (why) => more.crashed?.(why),
  });
  closers.push(() => host.kill());
  return host;
}

/** Keeps this thread busy. */
function busy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

it('passes packets on from its own thread, drops them while told to, and counts both', async () => {
  const heard: string[] = [];
  const vendor = await udp((text) => heard.push(text));
  const host = await started(vendor.address().port);
  const client = await udp();
  const say = (text: string) => client.send(text, host.next('main')!.port, '127.0.0.1');
  say('one');
  await expect.poll(() => heard).toEqual(['one']);
  const before = clock.now();
  const { at, end } = await host.begin({ kind: 'relay', blackHole: true });
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(clock.now());
  say('two');
  await sleep(100);
  expect(await end()).toBeGreaterThanOrEqual(at + 100);
  say('three');
  await expect.poll(() => heard).toEqual(['one', 'three']);
  expect(await host.close()).toMatchObject({ counts: { main: { passed: 2, lost: 1, duplicated: 0 } } });
});

it('does not wait for the main thread', async () => {
  const vendor = await udp();
  const seconds: RelaySecond[] = [];
  const host = await started(vendor.address().port, { seconds });
  // Two seconds in which this thread has no time for anybody.
  for (let k = 0; k < 2; k++) {
    busy(950);
    await sleep(20);
  }
  await expect.poll(() => seconds.length, { timeout: 3000 }).toBeGreaterThanOrEqual(1);
  expect((await host.close())!.worst.loopP99Ms).toBeLessThan(450);
});

it('names a second in which the relay itself was late', async () => {
  const vendor = await udp();
  const relay = await openRelay({ trunks: [{ name: 'main', host: '127.0.0.1', port: vendor.address().port, transport: 'udp' }], seed: 1 });
  closers.push(() => relay.close());
  const seconds: RelaySecond[] = [];
  const watch = new RelaySeconds(clock, relay, (second) => seconds.push(second));
  const client = await udp();
  // The packet waits in the relay for 150 ms: it must come later than the fault wants.
  const end = relay.begin({ kind: 'relay', delay: '20ms' });
  const passed = () => relay.counts('main').passed;
  client.send('late', relay.next('main').port, '127.0.0.1');
  await expect.poll(passed, { interval: 1 }).toBe(1);
  busy(150);
  await expect.poll(() => seconds.length, { timeout: 4000 }).toBeGreaterThanOrEqual(2);
  end();
  const worst = watch.stop();
  expect(worst.lateMaxMs).toBeGreaterThan(100);
  expect(worst.unhealthySeconds).toBeGreaterThanOrEqual(1);
  expect(seconds.map(({ unhealthy }) => unhealthy).join()).toMatch(/packets passed on \d+ ms late/);
});

it('says that the relay is gone, and what it could not be opened for', async () => {
  const vendor = await udp();
  const why: string[] = [];
  const host = await started(vendor.address().port, { crashed: (what) => why.push(what) });
  await host.kill();
  await expect(host.begin({ kind: 'relay', blackHole: true })).rejects.toThrow('our relay has ended');
  expect(await host.close()).toBeUndefined();
  expect(why).toEqual([]);
  const options = { trunks: [{ name: 'main', host: 'no-such-host.invalid', port: 5060, transport: 'udp' as const }], seed: 1 };
  await expect(startRelay({ options, anchor, second: () => {}, crashed: () => {} })).rejects.toThrow('no-such-host.invalid');
});
