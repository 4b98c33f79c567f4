/**
 * What one iteration leaves behind. A story may end anywhere (a verb rejected, the script threw, the VU was stopped); whatever is still open then is
 * hung up here, so that no call is ever left at the vendor.
 */
import { CallsurgeError, type ErrorCode } from '../errors.ts';
import { endCallBacks } from './call-back.ts';
import { abandonCallBacks } from './call-back-line.ts';
import type { VuContext } from './context.ts';
import type { CallerLeg } from './leg.ts';
import type { CallServices } from './services.ts';

const byServices = new WeakMap<CallServices, Set<CallerLeg>>();

/** Keeps account of the legs of each iteration and of each worker. */
export const adopt = {
  add(vu: VuContext, leg: CallerLeg): void {
    // A try of a caller belongs to the iteration around it, too: whatever ends that ends the call.
    for (let owner: VuContext | undefined = vu; owner; owner = owner.parent) {
      if (owner.legs) owner.legs.push(leg);
      else owner.legs = [leg];
    }
    let open = byServices.get(vu.services);
    if (!open) {
      open = new Set();
      byServices.set(vu.services, open);
    }
    const all = open.add(leg);
    leg.onOver = () => all.delete(leg);
  },
  countOf: (vu: VuContext) => vu.legs?.length ?? 0,
  /** The call dialled last. */
  last: (vu: VuContext): CallerLeg | undefined => vu.legs?.at(-1),
};

/** Ways in which a caller's story ends that are no error of the script. */
const STORY_ENDS = new Set<ErrorCode>(['call-failed', 'call-ended', 'patience-over', 'stopped']);

/** Whether what an iteration rejected with is an ordinary end of a caller's story. */
export function isStoryEnd(thrown: unknown): boolean {
  return thrown instanceof CallsurgeError && STORY_ENDS.has(thrown.code);
}

/**
 * Hangs up what the iteration left open and waits for it. Never rejects.
 * @param thrown what the scenario's function rejected with, if it did; noted in the rows of its open calls where it is an error of the script.
 */
export async function endIteration(vu: VuContext, thrown?: unknown): Promise<void> {
  const { legs } = vu;
  vu.legs = undefined;
  const error = thrown === undefined || isStoryEnd(thrown) ? null : thrown instanceof Error ? thrown.message : String(thrown);
  if (vu.callBacks) await endCallBacks(vu);
  const open = legs?.filter((leg) => !leg.over) ?? [];
  if (open.length === 0) return;
  await Promise.all(
    open.map((leg) => {
      leg.row.error ??= error;
      return leg.hangUp({ stopped: vu.signal.aborted || error !== null });
    }),
  );
}

/** Calls of that worker that are not over. */
export function openLegs(services: CallServices): CallerLeg[] {
  return [...(byServices.get(services) ?? [])];
}

/** One CANCEL or BYE for each open call, nothing awaited: the second Ctrl-C. @returns how many there were. */
export function abandonCalls(services: CallServices): number {
  const legs = openLegs(services);
  for (const leg of legs) leg.abandonUnawaited();
  abandonCallBacks(services);
  return legs.length;
}
