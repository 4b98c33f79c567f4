/**
 * A waiting line kept in order of a number (time of joining): callers of one priority, idle agents. Joining at the end, leaving from anywhere
 * and coming back near the head are all cheap, whatever the length. A member stands in at most one line.
 */
export interface Member<T> {
  /** Order in the line, lowest first. Must not change while standing in it. */
  lineKey: number;
  linePrevious: T | null;
  lineNext: T | null;
  /** The line it stands in; set by the line. */
  line: { leave(member: T): void } | null;
}

export class Line<T extends Member<T>> {
  #head: T | null = null;
  #tail: T | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | null {
    return this.#head;
  }

  /** Joins at the place its key gives it; behind those of the same key. */
  join(member: T): void {
    if (member.line) throw new Error('already stands in a line');
    let before: T | null = null;
    if (this.#tail && member.lineKey < this.#tail.lineKey) {
      before = this.#head;
      while (before && before.lineKey <= member.lineKey) before = before.lineNext;
    }
    const after: T | null = before ? before.linePrevious : this.#tail;
    member.linePrevious = after;
    member.lineNext = before;
    if (after) after.lineNext = member;
    else this.#head = member;
    if (before) before.linePrevious = member;
    else this.#tail = member;
    member.line = this;
    this.#size++;
  }

  leave(member: T): void {
    if (member.line !== this) return;
    if (member.linePrevious) member.linePrevious.lineNext = member.lineNext;
    else this.#head = member.lineNext;
    if (member.lineNext) member.lineNext.linePrevious = member.linePrevious;
    else this.#tail = member.linePrevious;
    member.linePrevious = null;
    member.lineNext = null;
    member.line = null;
    this.#size--;
  }

  /** From the head on. Do not change the line while walking. */
  *[Symbol.iterator](): Generator<T> {
    for (let member = this.#head; member; member = member.lineNext) yield member;
  }
}
