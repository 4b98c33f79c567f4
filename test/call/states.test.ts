import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chooseTrunk } from '../../src/call/dial.ts';
import type { LiveTrunk } from '../../src/call/services.ts';
import { CALL_STATES, type CallEvent, nextState } from '../../src/call/states.ts';

const events: CallEvent[] = ['rings', 'early-media', 'answered', 'queues', 'agent', 'releases', 'over'];

it('only ever moves forward, and ends for good', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (happened) => {
      let state = CALL_STATES[0] as (typeof CALL_STATES)[number];
      for (const event of happened) {
        const next = nextState(state, event);
        expect(CALL_STATES.indexOf(next)).toBeGreaterThanOrEqual(CALL_STATES.indexOf(state));
        state = next;
      }
      expect(state === 'ended').toBe(happened.includes('over'));
    }),
  );
});

const trunk = (name: string, weight: number, priority = 0): LiveTrunk => ({
  name,
  weight,
  priority,
  domain: 'vendor-a',
  credentials: undefined,
  nextHop: { host: '127.0.0.1', port: 5060, transport: 'udp' },
});

it('shares callers among trunks by weight, in any stretch, and leaves the standby alone', () => {
  const trunks = [trunk('a', 3), trunk('b', 1), trunk('standby', 9, 1)];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (from) => {
      const counts: Record<string, number> = {};
      for (let k = from; k < from + 100; k++) {
        const { name } = chooseTrunk(trunks, undefined, k);
        counts[name] = (counts[name] ?? 0) + 1;
      }
      expect(counts.standby).toBeUndefined();
      expect(Math.abs(counts.a! - 75)).toBeLessThanOrEqual(3);
    }),
  );
});

it('names the trunks there are when one is asked for that is not', () => {
  expect(() => chooseTrunk([trunk('a', 1)], 'b', 0)).toThrow(/no trunk "b"/);
});
