/** A call over another trunk where the first does not answer: as the profile says, and the row says which. */
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { withVu } from '../../src/call/context.ts';
import { afterTrunk, dial } from '../../src/call/dial.ts';
import { endIteration } from '../../src/call/iteration.ts';
import type { LiveTrunk } from '../../src/call/services.ts';
import { createSipStacks } from '../../src/sip/index.ts';
import { clock, openBench } from './small-vendor.ts';

const trunk = (name: string, priority: number, weight = 1): LiveTrunk => ({
  name,
  nextHop: { host: '127.0.0.1', port: 9, transport: 'udp' },
  domain: 'd',
  credentials: undefined,
  weight,
  priority,
});

it('tries the others of one priority first, then the next', () => {
  const all = [trunk('a', 1), trunk('b', 2), trunk('c', 1, 5), trunk('d', 0)];
  expect(afterTrunk(all, all[0]!).map(({ name }) => name)).toEqual(['c', 'b']);
  expect(afterTrunk(all, all[3]!).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
});

it('goes over the standby, also over another transport, and says so in its row and its journal', async () => {
  await using bench = await openBench(0);
  bench.onCall((call, vendor) => void vendor.answer(call));
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => closed.once('listening', done));
  const { port } = closed.address() as { port: number };
  await new Promise((done) => closed.close(done));
  const stack = await createSipStacks({
    clock,
    bind: { host: '127.0.0.1', port: 0 },
    transports: ['tcp', 'udp'],
    userAgent: 'callsurge',
    idPrefix: 'f',
  });
  const standby = bench.services.trunks[0]!;
  const main: LiveTrunk = { ...standby, name: 'broken', nextHop: { host: '127.0.0.1', port, transport: 'tcp' } };
  Object.assign(bench.services, { stack, trunks: [main, { ...standby, name: 'standby', priority: 1 }] });
  const once = async (failoverMs: number | undefined) => {
    bench.services.limits.failoverMs = failoverMs;
    const vu = bench.vu();
    await withVu(vu, async () => {
      const call = await dial('4001000000', { media: 'none' });
      await call.answered().catch(() => {});
      await call.hangUp().catch(() => {});
    });
    await endIteration(vu, undefined);
    return bench.rows.calls.at(-1)!;
  };
  expect(await once(undefined)).toMatchObject({ trunk: 'broken', outcome: 'timeout', blame: 'vendor' });
  const moved = await once(500);
  expect(moved).toMatchObject({ trunk: 'standby', outcome: 'completed', remote: `127.0.0.1:${standby.nextHop.port}` });
  expect(bench.rows.open.findLast(({ op }) => op === 'open')).toMatchObject({ transport: 'udp', answered: true });
  await stack.close();
});
