import { afterEach, beforeEach, expect, it } from 'vitest';
import { withVu } from '../../src/call/context.ts';
import { dial } from '../../src/call/dial.ts';
import { endIteration, isStoryEnd, openLegs } from '../../src/call/iteration.ts';
import { type Bench, openBench, sleep } from './small-vendor.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench(2);
  await bench.desk.start(50);
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Runs a story as the engine does. @returns what it rejected with. */
async function play(story: () => Promise<void>, iteration = 0, vu = bench.vu(iteration)): Promise<unknown> {
  let thrown: unknown;
  try {
    await withVu(vu, story);
  } catch (error) {
    thrown = error;
  }
  await endIteration(vu, thrown);
  return thrown;
}

it('tells a whole story: menu, queue, agent, talk, goodbye, with every time in order', async () => {
  bench.onCall(async (incoming, vendor) => {
    incoming.ring();
    const { dialog } = await vendor.answer(incoming);
    incoming.handlers = { cancelled: () => {}, ended: () => {} };
    await sleep(1200);
    const leg = await vendor.offer('1001', '555000000');
    void leg.answered;
    await sleep(1000);
    void dialog;
  });
  let wait = 0;
  const thrown = await play(async () => {
    const call = await dial('4001000000', { intent: 'support', tags: { wave: '1' } });
    await call.answered();
    await call.press('1');
    wait = await call.agent({ patience: '10s' });
    expect(call.agentOnLine).toEqual({ agent: 'support-1001', method: 'both-legs' });
    await call.talk('300ms');
    await call.hangUp();
  });
  expect(thrown).toBeUndefined();
  const [row] = bench.rows.calls;
  expect(row).toMatchObject({
    outcome: 'completed',
    ended_by: 'caller',
    agent: 'support-1001',
    correlation: 'both-legs',
    status: 200,
    digits_sent: '1',
    codec: 'PCMA',
  });
  const times = [
    row!.dialled_ms,
    row!.invite_ms,
    row!.ringing_ms,
    row!.answer_ms,
    row!.queue_ms,
    row!.agent_ms,
    row!.bye_sent_ms,
    row!.bye_answered_ms,
  ];
  expect(times).toEqual([...times].sort((a, b) => a! - b!));
  expect(wait).toBeCloseTo(row!.agent_ms! - row!.queue_ms!, 3);
  expect(row!.rtp_sent).toBeGreaterThan(50);
  expect(row!.rtp_received).toBeGreaterThan(50);
  expect(row!.tags).toEqual({ wave: '1' });
  expect(openLegs(bench.services)).toEqual([]);
  // The journal opened and closed both legs.
  await bench.desk.stop();
  const open = new Set<string>();
  for (const { op, call } of bench.rows.open) op === 'open' ? open.add(call!) : open.delete(call!);
  expect([...open]).toEqual([]);
  expect(bench.rows.agents[0]).toMatchObject({
    agent: 'support-1001',
    call: row!.call,
    correlation: 'both-legs',
    outcome: 'answered',
    caller: '555000000',
  });
}, 15_000);

it('does not take what the script did before it dialled for lag of the schedule', async () => {
  bench.onCall((incoming) => incoming.reject(486));
  const vu = bench.vu();
  await sleep(600);
  await play(
    async () => {
      const call = await dial('4001000000');
      await call.answered();
    },
    0,
    vu,
  );
  expect(bench.rows.calls[0]).toMatchObject({ outcome: 'blocked', status: 486 });
});

it('is abandoned when the caller’s patience runs out in the queue', async () => {
  bench.onCall(async (incoming, vendor) => void (await vendor.answer(incoming)));
  const thrown = await play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    await call.agent({ patience: '300ms' });
  });
  expect(isStoryEnd(thrown)).toBe(true);
  const [row] = bench.rows.calls;
  expect(row).toMatchObject({ outcome: 'abandoned', wants_agent: true, agent_ms: null, patience_ms: 300, correlation: 'none' });
  expect(row!.bye_sent_ms! - row!.queue_ms!).toBeGreaterThanOrEqual(299);
});

it.each([
  { beforeBye: 20, outcome: 'completed', agent: 'support-1001' },
  { beforeBye: -20, outcome: 'abandoned', agent: null },
])(
  'goes by the time of the agent’s answer, $beforeBye ms before the BYE, when the word of it comes after the BYE',
  async ({ beforeBye, outcome, agent }) => {
    const { correlator } = bench.services;
    let caller: Parameters<typeof correlator.caller>[1] | undefined;
    bench.services.correlator = {
      ...correlator,
      caller: (_, on) => {
        caller = on;
        return { release: () => undefined };
      },
    };
    bench.onCall(async (incoming, vendor) => {
      // The BYE is here, its 200 is not there yet.
      const word = (bye: { at: number }) => caller!.agent({ agent: 'support-1001', method: 'both-legs', at: bye.at - beforeBye });
      incoming.handlers = { cancelled: () => {}, ended: word };
      await vendor.answer(incoming);
    });
    await play(async () => {
      const call = await dial('4001000000');
      await call.answered();
      await call.agent({ patience: '200ms' });
    });
    const [row] = bench.rows.calls;
    expect(row).toMatchObject({ outcome, agent, ended_by: 'caller' });
    if (agent) expect(row!.agent_ms! - row!.queue_ms!).toBeCloseTo(200 - beforeBye, -2);
  },
);

it('cancels where the caller gives up before the answer', async () => {
  bench.onCall((incoming) => {
    incoming.handlers = { cancelled: () => {}, ended: () => {} };
    incoming.ring();
  });
  const thrown = await play(async () => {
    const call = await dial('4001000000');
    await call.answered({ within: '200ms' });
  });
  expect(thrown).toMatchObject({ code: 'patience-over' });
  expect(bench.rows.calls[0]).toMatchObject({ outcome: 'abandoned', status: 487, answer_ms: null });
});

it('is blocked by a 503, with the vendor’s words', async () => {
  bench.onCall((incoming) =>
    incoming.reject(503, {
      headers: [
        ['Retry-After', '5'],
        ['Reason', 'Q.850;cause=34;text="no circuit"'],
      ],
    }),
  );
  const thrown = await play(async () => {
    const call = await dial('4001000000');
    await call.answered();
  });
  expect(thrown).toMatchObject({ code: 'call-failed' });
  expect(bench.rows.calls[0]).toMatchObject({ outcome: 'blocked', blame: 'vendor', status: 503, q850: 34, retry_after_s: 5 });
});

it('tells the agent’s goodbye from a drop by what our own agent did', async () => {
  bench.onCall(async (incoming, vendor) => {
    const { dialog } = await vendor.answer(incoming);
    const caller = /sip:(\d+)@/.exec(incoming.request.fromUri)![1]!;
    const leg = await vendor.offer(caller === '555000001' ? '1001' : '1002', caller);
    // A B2BUA: what one side ends, the other side loses.
    if (caller === '555000001') void leg.byed.then(() => dialog.bye());
    else setTimeout(() => void dialog.bye([['Reason', 'Q.850;cause=16']]), 500);
  });
  const story = async () => {
    const call = await dial('4001000000');
    await call.answered();
    await call.agent();
    expect(await call.talk('20s')).toBe('ended');
  };
  const first = play(story, 1);
  await sleep(500);
  await play(story, 2);
  // The agents go home: 1001 hangs up first, and the vendor then ends its caller.
  await bench.desk.stop();
  await first;
  const byCaller = new Map(bench.rows.calls.map((row) => [row.caller, row]));
  expect(byCaller.get('555000002')).toMatchObject({ outcome: 'dropped', blame: 'vendor' });
  expect(byCaller.get('555000001')).toMatchObject({ outcome: 'completed', ended_by: 'agent' });
}, 20_000);

it('hangs up what a stopped VU leaves open, and leaves it out of every ratio', async () => {
  bench.onCall(async (incoming, vendor) => void (await vendor.answer(incoming)));
  const vu = bench.vu();
  const playing = play(
    async () => {
      const call = await dial('4001000000');
      await call.answered();
      await call.agent();
    },
    0,
    vu,
  );
  await sleep(300);
  vu.stop();
  await playing;
  expect(bench.rows.calls[0]).toMatchObject({ outcome: 'cut', ended_by: 'harness' });
  expect(bench.rows.calls[0]!.bye_answered_ms).not.toBeNull();
});

it('finds a frozen call: RTP stops, no BYE comes', async () => {
  bench.onCall(async (incoming, vendor) => {
    const { media } = await vendor.answer(incoming);
    await vendor.offer('1001', '555000000');
    await sleep(600);
    media.close();
  });
  await play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    await call.agent();
    expect(await call.talk('20s')).toBe('ended');
    await call.hangUp();
  });
  const [row] = bench.rows.calls;
  expect(row).toMatchObject({ outcome: 'dropped', blame: 'vendor', bye_received_ms: null });
  expect(row!.rtp_gap_ms).toBeGreaterThanOrEqual(390);
}, 15_000);

it('does not wait for ever in the queue of a vendor that has fallen silent', async () => {
  bench.onCall(async (incoming, vendor) => {
    const { media } = await vendor.answer(incoming);
    await sleep(300);
    media.close();
  });
  const thrown = await play(async () => {
    const call = await dial('4001000000');
    await call.answered();
    await call.agent({ patience: '15s' });
  });
  expect(thrown).toMatchObject({ code: 'call-ended' });
  expect(bench.rows.calls[0]).toMatchObject({ outcome: 'dropped', blame: 'vendor', agent_ms: null });
});

it('refuses to wait for an agent that nothing could tell of', async () => {
  await using other = await openBench(0);
  other.onCall(async (incoming, vendor) => void (await vendor.answer(incoming)));
  const vu = other.vu();
  const thrown = await withVu(vu, async () => {
    const call = await dial('4001000000');
    await call.answered();
    return call.agent();
  }).catch((error: unknown) => error);
  await endIteration(vu, thrown);
  expect(thrown).toMatchObject({ code: 'verb-misused', where: 'vendor.agents' });
});

it('registers each agent, busies one that is on a call, and unregisters at the end', async () => {
  expect([...bench.registered.keys()].sort()).toEqual(['1001', '1002']);
  expect(bench.desk.registered).toBe(2);
  const leg = await bench.vendor.offer('1001', '555000009');
  expect(await leg.answered).toBeDefined();
  const again = await bench.vendor.offer('1001', '555000010');
  expect(await again.answered).toBeUndefined();
  await bench.desk.stop();
  expect([...bench.registered.keys()]).toEqual([]);
});
