import { afterEach, describe, expect, it } from 'vitest';
import { type Bench, openBench, sleep } from './small-vendor.ts';

const fixed = (ms: number) => ({ draw: () => ms, label: 'fixed', meanMs: ms });
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.[Symbol.asyncDispose]();
  bench = undefined;
});

/** Offers a call to that agent and waits for the answer: a dialog, or undefined where it was refused. */
async function offer(user: string) {
  const { answered } = await bench!.vendor.offer(user, '555000000');
  return answered;
}

describe('an agent on the phone', () => {
  it('answers what the vendor calls its number with, in any writing, and registers nowhere', async () => {
    bench = await openBench(2, (agent) => ({ number: `+86 555 ${agent.username}`, answerDelay: fixed(20) }));
    expect(await bench.desk.start(50)).toEqual({ registered: 0, asked: 0, failure: undefined });
    expect(bench.registered.size).toBe(0);
    const { host, port } = bench.services.stack.local;
    bench.registered.set('+865551001', `sip:+865551001@${host}:${port}`);
    bench.registered.set('865559999', `sip:865559999@${host}:${port}`);
    expect(await offer('+865551001')).toBeDefined();
    expect(await offer('865559999')).toBeUndefined();
    await bench.desk.stop();
    expect(bench.rows.agents.map(({ agent, outcome, caller }) => [agent, outcome, caller])).toEqual([
      ['support-1001', 'answered', '555000000'],
    ]);
  });
});

describe('an agent', () => {
  it('takes no call in a break, and takes them again after it; a break waits for the end of a call', async () => {
    bench = await openBench(1, (agent) => ({
      answerDelay: fixed(10),
      handling: fixed(300),
      breaks: { every: fixed(250), lasts: fixed(400), random: agent.random },
    }));
    await bench.desk.start(50);
    // Answered at once; the break that comes due at 250 ms has to wait until it is over, at about 310 ms.
    expect(await offer('1001')).toBeDefined();
    await sleep(520);
    expect(bench.desk.registered).toBe(1);
    expect(await offer('1001')).toBeUndefined();
    await sleep(450);
    expect(await offer('1001')).toBeDefined();
  });

  it('comes back from a shift, or a fault, ready, though it left on a break', async () => {
    bench = await openBench(1, (agent) => ({
      answerDelay: fixed(10),
      breaks: { every: fixed(200), lasts: fixed(60_000), random: agent.random },
    }));
    await bench.desk.start(50);
    await sleep(400);
    expect(await offer('1001')).toBeUndefined();
    await bench.desk.away(true);
    await bench.desk.away(false);
    for (let i = 0; i < 100 && bench.desk.registered === 0; i++) await sleep(10);
    expect(await offer('1001')).toBeDefined();
  });

  it('rejects, lets ring or is in wrap-up as the profile says', async () => {
    bench = await openBench(3, (agent) => ({
      answerDelay: fixed(10),
      handling: fixed(100),
      reject: agent.username === '1001' ? 1 : 0,
      noAnswer: agent.username === '1002' ? 1 : 0,
      wrapUp: fixed(400),
    }));
    await bench.desk.start(50);
    expect(await offer('1001')).toBeUndefined();
    const ringing = await bench.vendor.offer('1002', '555000001');
    await sleep(300);
    ringing.cancel();
    expect(await ringing.answered).toBeUndefined();
    expect(await offer('1003')).toBeDefined();
    await sleep(200);
    expect(bench.desk.busy).toBe(1);
    expect(await offer('1003')).toBeUndefined();
    await sleep(400);
    expect(await offer('1003')).toBeDefined();
    await sleep(150);
    expect(bench.rows.agents.map(({ agent, outcome }) => [agent, outcome])).toEqual([
      ['support-1001', 'rejected'],
      ['support-1002', 'missed'],
      ['support-1003', 'answered'],
      ['support-1003', 'rejected'],
      ['support-1003', 'answered'],
    ]);
    const [first] = bench.rows.agents.filter(({ agent }) => agent === 'support-1003');
    expect(first!.ready_ms! - first!.end_ms!).toBeCloseTo(400, 3);
  });

  it('is there in its shifts alone, and those of one shift log in one after the other', async () => {
    bench = await openBench(6, () => ({ shifts: [{ fromMs: 200, toMs: 900 }] }));
    expect(await bench.desk.start(20)).toMatchObject({ asked: 0 });
    bench.desk.loadStarts(bench.services.clock.now());
    await sleep(150);
    expect(bench.registered.size).toBe(0);
    await sleep(150);
    // Six at twenty a second need a quarter of one.
    expect(bench.registered.size).toBeGreaterThan(0);
    expect(bench.registered.size).toBeLessThan(6);
    await sleep(400);
    expect(bench.registered.size).toBe(6);
    await sleep(500);
    expect(bench.registered.size).toBe(0);
    expect(bench.rows.events.filter(({ kind, action }) => kind === 'registration' && action === 'ended')).toHaveLength(6);
  });
});
