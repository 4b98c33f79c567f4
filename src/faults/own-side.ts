/** Faults of our own side of the wire: our relay, our trunks, our agents. */
import type { OwnFault, RelayFault } from '../scenario/surge.ts';
import type { Injector } from './injector.ts';

/** At once; what is on its way in the relay already arrives. */
export function relayFault(fault: RelayFault): { start: Injector; end: Injector } {
  let begun: { end(): Promise<number> } | undefined;
  return {
    start: async ({ relay }) => {
      if (!relay) throw new Error('this run has no relay');
      const { at, end } = await relay(fault);
      begun = { end };
      return { at };
    },
    end: async ({ clock }) => {
      const at = (await begun?.end()) ?? clock.now();
      begun = undefined;
      return { at };
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
