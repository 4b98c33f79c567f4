/**
 * In what order callers were served.
 *
 *   FIFO inversion       same queue, same priority: i entered before j and still waited when j's turn came
 *   priority inversion   same queue, i of higher priority: i entered before j and still waited when j's turn came
 *
 * A turn is the first offer to an agent, where we own the agents, else the agent on the line. Entries or turns within 50 ms of each other have no
 * order. Callers who gave up after being passed over count. O(n log n): callers by entry from the last to the first, turns in a binary indexed
 * tree (P. M. Fenwick 1994).
 */
import { countBelow } from '../metrics/column.ts';
import { share } from '../metrics/wilson.ts';
import type { OrderFigures } from './model-queue.ts';
import { RACE_MS, type Waiting } from './queue-log.ts';

const MOST_EXAMPLES = 50;

interface Place {
  call: Waiting;
  entry: number;
  /** Its own turn, else when it left. */
  leave: number;
  /** Null: never had one. */
  turn: number | null;
}

/**
 * @param turns from turnsOf(); callers without one there have their turn when the agent is on the line
 * @param queueOf what is one queue: callers of different ones have no order among them
 */
export function orderOf(
  calls: readonly Waiting[],
  turns: ReadonlyMap<Waiting, number>,
  { toleranceMs = RACE_MS, queueOf = (call: Waiting) => call.queue } = {},
): { fifo: OrderFigures; priority: OrderFigures } {
  const queues = new Map<string, Place[]>();
  for (const call of calls) {
    if (call.entryMs === null || call.exitMs === null) continue;
    const turn = turns.get(call) ?? call.agentMs;
    const place = { call, entry: call.entryMs, leave: turn ?? call.exitMs, turn };
    const name = queueOf(call);
    const queue = queues.get(name);
    if (queue) queue.push(place);
    else queues.set(name, [place]);
  }
  const fifo = new Tally();
  const priority = new Tally();
  for (const places of queues.values()) {
    for (const level of new Set(places.map(({ call }) => call.priority))) {
      const same = places.filter(({ call }) => call.priority === level);
      const lower = places.filter(({ call }) => call.priority < level);
      passes(same, same, toleranceMs, fifo);
      if (lower.length > 0) passes(same, lower, toleranceMs, priority);
    }
  }
  return { fifo: fifo.figures(), priority: priority.figures() };
}

/** For each of `waiting`, how many of `others` entered later and had their turn while it still waited. */
function passes(waiting: Place[], others: Place[], toleranceMs: number, tally: Tally): void {
  const served = others.filter(({ turn }) => turn !== null).sort((a, b) => b.entry - a.entry);
  const turns = Float64Array.from(served, ({ turn }) => turn!).sort();
  const tree = new Fenwick(turns.length);
  let next = 0;
  for (const place of [...waiting].sort((a, b) => b.entry - a.entry)) {
    for (; next < served.length && served[next]!.entry > place.entry + toleranceMs; next++)
      tree.add(countBelow(turns, served[next]!.turn!));
    tally.add(place, tree.before(countBelow(turns, place.leave - toleranceMs)), () =>
      served.filter(({ entry, turn }) => entry > place.entry + toleranceMs && turn! < place.leave - toleranceMs),
    );
  }
}

class Tally {
  #callers = 0;
  #overtaken = 0;
  #pairs = 0;
  #most = 0;
  readonly #examples: OrderFigures['examples'] = [];

  add(place: Place, by: number, who: () => Place[]): void {
    this.#callers++;
    if (by === 0) return;
    this.#overtaken++;
    this.#pairs += by;
    this.#most = Math.max(this.#most, by);
    if (this.#examples.length >= MOST_EXAMPLES) return;
    const first = who().reduce((a, b) => (b.turn! < a.turn! ? b : a));
    this.#examples.push({ call: place.call.call, by: first.call.call, atMs: first.turn!, callers: by });
  }

  figures(): OrderFigures {
    const examples = [...this.#examples].sort((a, b) => a.atMs - b.atMs);
    return { overtaken: share(this.#overtaken, this.#callers), pairs: this.#pairs, most: this.#most, examples };
  }
}

/** Counts by rank. */
class Fenwick {
  readonly #tree: Int32Array;

  constructor(size: number) {
    this.#tree = new Int32Array(size + 1);
  }

  add(rank: number): void {
    for (let i = rank + 1; i < this.#tree.length; i += i & -i) this.#tree[i] = this.#tree[i]! + 1;
  }

  /** How many were added with a rank below this. */
  before(rank: number): number {
    let sum = 0;
    for (let i = rank; i > 0; i -= i & -i) sum += this.#tree[i]!;
    return sum;
  }
}
