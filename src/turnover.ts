/**
 * A map and a bag for what comes and goes by the thousand a second and lives for a moment: transactions, dialogs, calls.
 *
 * Why not Map and Set: V8's hash tables grow and shrink by copying, and a table left behind still points to its entries and to the table that
 * came after it. Once one such table has been promoted to the old generation, dead as it is, the collector of the young generation takes it and
 * all that follow for alive, with everything that ever stood in them, until the next collection of the whole heap. At 1000 calls/s that was
 * nine tenths of all time in the collector. Here a table left behind points to emptied boxes.
 */
interface Box<V> {
  value: V | undefined;
}

export class TurnoverMap<K, V> {
  readonly #boxes = new Map<K, Box<V>>();

  get size(): number {
    return this.#boxes.size;
  }

  get(key: K): V | undefined {
    return this.#boxes.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#boxes.has(key);
  }

  set(key: K, value: V): this {
    const box = this.#boxes.get(key);
    if (box) box.value = value;
    else this.#boxes.set(key, { value });
    return this;
  }

  delete(key: K): boolean {
    const box = this.#boxes.get(key);
    if (!box) return false;
    box.value = undefined;
    return this.#boxes.delete(key);
  }

  clear(): void {
    for (const box of this.#boxes.values()) box.value = undefined;
    this.#boxes.clear();
  }

  /** In the order in which they came. */
  keys(): IterableIterator<K> {
    return this.#boxes.keys();
  }

  /** Those there are now, whatever is taken out meanwhile. */
  values(): V[] {
    return Array.from(this.#boxes.values(), (box) => box.value as V);
  }

  forEach(each: (value: V) => void): void {
    this.values().forEach(each);
  }
}

/** What a bag keeps on its members: where they lie. */
export interface InBag {
  place?: number;
}

/** Objects in no order, each at most once and in one bag at a time. */
export class Bag<T extends InBag> {
  readonly #members: T[] = [];

  add(member: T): void {
    if (member.place !== undefined) return;
    member.place = this.#members.length;
    this.#members.push(member);
  }

  /** @returns whether it was there. */
  delete(member: T): boolean {
    const { place } = member;
    if (place === undefined) return false;
    member.place = undefined;
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[place] = last;
      last.place = place;
    }
    return true;
  }

  /** Those there are now, whatever is taken out meanwhile. */
  members(): T[] {
    return this.#members.slice();
  }
}
