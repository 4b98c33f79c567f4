import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { caller } from '../../src/call/caller.ts';
import { withVu } from '../../src/call/context.ts';
import { dial } from '../../src/call/dial.ts';
import { endIteration, openLegs } from '../../src/call/iteration.ts';
import { sleep as pause } from '../../src/call/sleep.ts';
import { patience } from '../../src/scenario/draws.ts';
import { type Bench, openBench, sleep } from './small-vendor.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench(0);
});
afterEach(() => bench[Symbol.asyncDispose]());

async function play(story: () => Promise<unknown>, vu = bench.vu(7)): Promise<unknown> {
  let thrown: unknown;
  try {
    await withVu(vu, story);
  } catch (error) {
    thrown = error;
  }
  await endIteration(vu, thrown);
  return thrown;
}

/** The vendor refuses with these, one after the other, and answers what comes then. */
function refuse(...statuses: number[]): void {
  bench.onCall(async (incoming, vendor) => {
    const status = statuses.shift();
    if (status !== undefined) incoming.reject(status);
    else {
      incoming.handlers = { cancelled: () => {}, ended: () => {} };
      await vendor.answer(incoming);
    }
  });
}

const story = async () => {
  const call = await dial('4001000000');
  await call.answered();
  await call.hangUp();
};

describe('a caller who redials', () => {
  it('calls again after a busy tone and a refusal, and stops where somebody answered', async () => {
    refuse(486, 404);
    const seen: object[] = [];
    const thrown = await play(() =>
      caller.redials({ after: '60ms', tries: 5 }, async (attempt) => {
        seen.push(attempt);
        await story();
        return 'done';
      }),
    );
    expect(thrown).toBeUndefined();
    const { calls } = bench.rows;
    expect(calls.map((row) => [row.outcome, row.try, row.redial_of])).toEqual([
      ['blocked', 1, null],
      ['rejected', 2, calls[0]!.call],
      ['completed', 3, calls[1]!.call],
    ]);
    expect(seen).toEqual(calls.map((row) => ({ try: row.try, redialOf: row.redial_of })));
    expect(new Set(calls.map((row) => row.caller)).size).toBe(1);
    for (const n of [1, 2]) {
      // Meant for the end of the call before, plus the delay; what the script did since is no lag.
      const meant = calls[n]!.intended_ms! - calls[n - 1]!.end_ms!;
      expect(meant).toBeGreaterThanOrEqual(59.9);
      expect(meant).toBeLessThan(260);
      expect(calls[n]!.invite_ms!).toBeGreaterThanOrEqual(calls[n - 1]!.end_ms! + 59.9);
    }
  });

  it('gives up after so many tries, with the end of the last', async () => {
    refuse(486, 486, 486, 486);
    const thrown = await play(() => caller.redials({ after: 5, tries: 3 }, story));
    expect(thrown).toMatchObject({ code: 'call-failed' });
    expect(bench.rows.calls.map((row) => row.try)).toEqual([1, 2, 3]);
  });

  it('does it with the given probability: never, or as its own stream says, whatever the vendor', async () => {
    refuse(486, 486);
    await play(() => caller.redials({ after: 5, probability: 0 }, story));
    expect(bench.rows.calls.length).toBe(1);
    const tries: number[] = [];
    for (const iteration of Array.from({ length: 40 }, (_, i) => i)) {
      refuse(503, 503);
      const before = bench.rows.calls.length;
      await play(() => caller.redials({ after: 0, probability: 0.5, tries: 2 }, story), bench.vu(iteration));
      tries.push(bench.rows.calls.length - before);
    }
    const again = tries.filter((n) => n === 2).length;
    expect(again).toBeGreaterThan(8);
    expect(again).toBeLessThan(32);
  });

  it('calls again after its own patience ran out, also where the story caught that', async () => {
    bench.onCall((incoming) => {
      incoming.handlers = { cancelled: () => {}, ended: () => {} };
      incoming.ring();
    });
    await play(() =>
      caller.redials({ after: 5, tries: 2 }, async () => {
        const call = await dial('4001000000');
        await call.answered({ within: '80ms' }).catch(() => undefined);
      }),
    );
    expect(bench.rows.calls.map((row) => [row.outcome, row.try])).toEqual([
      ['abandoned', 1],
      ['abandoned', 2],
    ]);
  });

  it('calls again only after what it is told', async () => {
    refuse(486, 486);
    await play(() => caller.redials({ after: 5, on: ['dropped'] }, story));
    expect(bench.rows.calls.length).toBe(1);
  });

  it('leaves nothing open: neither between tries nor when it is stopped in one', async () => {
    refuse();
    const vu = bench.vu(3);
    const playing = play(
      () =>
        caller.redials({}, async () => {
          await dial('4001000000');
          await pause('10s');
        }),
      vu,
    );
    await sleep(150);
    expect(openLegs(bench.services).length).toBe(1);
    vu.stop();
    await playing;
    expect(openLegs(bench.services)).toEqual([]);
    expect(bench.rows.calls.map((row) => row.outcome)).toEqual(['cut']);
  });

  it('hands on an error of the script at once, and refuses what makes no sense', async () => {
    refuse(486);
    const broken = await play(() =>
      caller.redials({ after: 5 }, async () => {
        await story().catch(() => undefined);
        throw new TypeError('not a function');
      }),
    );
    expect(broken).toBeInstanceOf(TypeError);
    expect(bench.rows.calls.length).toBe(1);
    expect(await play(() => caller.redials({ tries: 0 }, story))).toMatchObject({ code: 'verb-misused' });
    expect(await play(() => caller.redials({ probability: 2 }, story))).toMatchObject({ code: 'verb-misused' });
    expect(await play(() => caller.redials({ on: ['busy' as never] }, story))).toMatchObject({ code: 'verb-misused' });
  });
});

describe('what a caller is', () => {
  const of = <T>(iteration: number, ask: () => T): T => withVu(bench.vu(iteration), ask);
  const many = <T>(ask: () => T): T[] => Array.from({ length: 4000 }, (_, i) => of(i, ask));

  it('is drawn by share, and is the same whenever it is asked', () => {
    const intents = many(() => caller.intent({ support: 7, sales: 3, nobody: 0 }));
    expect(intents).toEqual(many(() => caller.intent({ support: 7, sales: 3, nobody: 0 })));
    const support = intents.filter((intent) => intent === 'support').length / intents.length;
    expect(support).toBeGreaterThan(0.67);
    expect(support).toBeLessThan(0.73);
    expect(intents).not.toContain('nobody');
    const vips = many(() => caller.vip(0.1));
    expect(vips.filter(Boolean).length / vips.length).toBeCloseTo(0.1, 1);
    // One trait tells nothing of another.
    const both = vips.filter((vip, i) => vip && intents[i] === 'support').length / vips.filter(Boolean).length;
    expect(both).toBeGreaterThan(0.6);
    expect(both).toBeLessThan(0.8);
  });

  it('does not depend on what else was drawn: a caller who slept first has the same patience', async () => {
    const drawn: (number | null)[] = [];
    bench.services.ownAgents = true;
    bench.onCall(async (incoming, vendor) => void (await vendor.answer(incoming)));
    for (const before of [0, 3]) {
      await play(async () => {
        for (let i = 0; i < before; i++) await pause(patience.exponential('1ms'));
        const call = await dial('4001000000');
        await call.answered();
        await call.agent({ patience: patience.uniform('5ms', '80ms') });
      }, bench.vu(5));
      drawn.push(bench.rows.calls.at(-1)!.patience_ms);
    }
    expect(drawn[0]).toBe(drawn[1]);
  });

  it('refuses shares that are none', () => {
    expect(() => of(1, () => caller.intent({ a: 0 }))).toThrow(/shares/);
    expect(() => of(1, () => caller.intent({ a: -1, b: 2 }))).toThrow(/shares/);
    expect(of(1, () => caller.logged())).toEqual({ caller: null, intent: null, vip: null, talkMs: null });
  });
});
