/** Faults of our own side of the wire: our relay, our trunks, our agents. */
import type { OwnFault, RelayFault } from '../scenario/surge.ts';
import type { Injector } from './injector.ts';

/** At once; what is on its way in the relay already arrives. */
export function relayFault(fault: RelayFault): { start: Injector; end: Injector } {
  let undo: (() => void) | undefined;
  return {
    start: async ({ clock, relay }) => {
      if (!relay) throw new Error('this run has no relay');
      undo = relay(fault);
      return { at: clock.now() };
    },
    end: async ({ clock }) => {
      undo?.();
      undo = undefined;
      return { at: clock.now() };
    },
  };
}

/** Took effect when the last worker has said so. */
export function ownFault(fault: OwnFault): { start: Injector; end: Injector } {
  const tell =
    (on: boolean): Injector =>
    async ({ clock, own }) => {
      if (!own) throw new Error('this run has no workers to tell');
      await own(fault, on);
      return { at: clock.now() };
    };
  return { start: tell(true), end: tell(false) };
}
