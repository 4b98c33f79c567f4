import { afterEach, beforeEach, expect, it } from 'vitest';
import { withVu } from '../../src/call/context.ts';
import { dial } from '../../src/call/dial.ts';
import { endIteration } from '../../src/call/iteration.ts';
import type { EventRow } from '../../src/record/schema.ts';
import { type Bench, openBench, sleep } from './small-vendor.ts';

let bench: Bench;
let events: EventRow[];
beforeEach(async () => {
  bench = await openBench(1);
  await bench.desk.start(50);
  events = [];
  const { sink } = bench.services;
  bench.services.sink = {
    write(table, row) {
      if (table === 'events') events.push({ ...(row as EventRow) });
      sink.write(table, row);
    },
  };
});
afterEach(() => bench[Symbol.asyncDispose]());

const callBacks = () => events.filter(({ kind }) => kind === 'call-back').map(({ name, action, target }) => [name, action, target]);

/** The vendor takes each call, and calls the caller back so long after their BYE, under that writing of the number. */
function callsBack(
  afterMs: number,
  write: (caller: string) => string,
  then: (back: Awaited<ReturnType<Bench['vendor']['offer']>>) => void = () => {},
) {
  bench.onCall(async (incoming, vendor) => {
    const caller = /sip:([^@]+)@/.exec(incoming.request.fromUri)![1]!;
    await vendor.answer(incoming);
    incoming.handlers = {
      cancelled: () => {},
      ended: async () => {
        await sleep(afterMs);
        const { host, port } = bench.services.stack.local;
        bench.registered.set(write(caller), `sip:${write(caller)}@${host}:${port}`);
        then(await vendor.offer(write(caller), '4001000000'));
      },
    };
  });
}

async function play(story: () => Promise<void>, vu = bench.vu(4)): Promise<unknown> {
  let thrown: unknown;
  try {
    await withVu(vu, story);
  } catch (error) {
    thrown = error;
  }
  await endIteration(vu, thrown);
  return thrown;
}

it('is answered, matched to its request by number in any writing, and talked', async () => {
  callsBack(200, (caller) => `+86${caller}`);
  let waited = 0;
  const thrown = await play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    const back = await call.callBack({ within: '5s', answerAfter: '50ms' });
    waited = back.waitMs;
    expect(await back.talk('100ms')).toBe('done');
    await back.hangUp();
  });
  expect(thrown).toBeUndefined();
  const [row] = bench.rows.calls;
  expect(bench.rows.calls.map(({ outcome }) => outcome)).toEqual(['diverted']);
  expect(waited).toBeGreaterThan(195);
  expect(waited).toBeLessThan(3000);
  expect(callBacks()).toEqual(['asked', 'offered', 'answered', 'ended'].map((action) => [row!.call, action, row!.caller]));
  // The journal has closed all that it opened.
  const open = new Set<string>();
  for (const { op, call } of bench.rows.open) op === 'open' ? open.add(call!) : open.delete(call!);
  expect([...open]).toEqual([]);
});

it('that never comes ends the story, and an agent still gets his own calls', async () => {
  bench.onCall(async (incoming, vendor) => void (await vendor.answer(incoming)));
  const waiting = play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    await call.callBack({ within: '400ms' });
  });
  await sleep(200);
  const { answered } = await bench.vendor.offer('1001', '555000000');
  expect(await answered).toBeDefined();
  expect(await waiting).toMatchObject({ code: 'patience-over' });
  expect(callBacks().map(([, action]) => action)).toEqual(['asked', 'none']);
});

it('that the vendor gives up while it rings is missed', async () => {
  callsBack(
    20,
    (caller) => caller,
    (back) => void sleep(100).then(() => back.cancel()),
  );
  const thrown = await play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    await call.callBack({ within: '5s', answerAfter: '2s' });
  });
  expect(thrown).toMatchObject({ code: 'call-ended' });
  expect(callBacks().map(([, action]) => action)).toEqual(['asked', 'offered', 'missed']);
});

it('is hung up when its VU is stopped', async () => {
  callsBack(20, (caller) => caller);
  const vu = bench.vu(9);
  const playing = play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    const back = await call.callBack({ within: '5s', answerAfter: 0 });
    await back.talk('30s');
  }, vu);
  for (let i = 0; i < 100 && !callBacks().some(([, action]) => action === 'answered'); i++) await sleep(20);
  vu.stop();
  await playing;
  expect(callBacks().map(([, action]) => action)).toEqual(['asked', 'offered', 'answered', 'ended']);
});

it('to a number at which nobody waits is written down as nobody’s, and so is a second one', async () => {
  callsBack(20, (caller) => `${caller.slice(0, -1)}${(Number(caller.at(-1)) + 1) % 10}`);
  await play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    await call.callBack({ within: '600ms' });
  });
  const [row] = bench.rows.calls;
  expect(callBacks().map(([name, action]) => [name, action])).toEqual([
    [row!.call, 'asked'],
    [null, 'unmatched'],
    [row!.call, 'none'],
  ]);
});
