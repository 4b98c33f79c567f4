/** The queue of one skill: the highest priority first, first come first served inside it. */
import type { Call } from './call.ts';
import { Line } from './line.ts';

export class WaitingQueue {
  readonly skill: string;
  /** Highest priority first. A priority stays once seen: there are few. */
  readonly #levels: { priority: number; line: Line<Call> }[] = [];
  #order = 0;

  constructor(skill: string) {
    this.skill = skill;
  }

  /** Callers waiting without an agent ringing for them. */
  get length(): number {
    let length = 0;
    for (const level of this.#levels) length += level.line.size;
    return length;
  }

  /** Joins behind all of the same priority. @returns its position, from 1: how many stand before it, and itself. */
  join(call: Call): number {
    call.lineKey = ++this.#order;
    this.comeBack(call);
    let before = 0;
    for (const level of this.#levels) if (level.priority >= call.row.priority) before += level.line.size;
    return before;
  }

  /** Back to the place that its arrival gives it, after an agent did not answer. */
  comeBack(call: Call): void {
    this.#level(call.row.priority).join(call);
  }

  leave(call: Call): void {
    call.line?.leave(call);
  }

  /** The next to be served; the first that stands. */
  next(): Call | null {
    for (const level of this.#levels)
      for (let call = level.line.first; call; call = call.lineNext) if (call.site?.state === 'up') return call;
    return null;
  }

  /** In order of service, whose site is at work: a frozen site's callers keep their place, but nobody can be put through to them. */
  *standing(): Generator<Call, undefined> {
    for (const level of this.#levels)
      for (let call = level.line.first; call; call = call.lineNext) if (call.site?.state === 'up') yield call;
  }

  #level(priority: number): Line<Call> {
    let at = 0;
    for (; at < this.#levels.length; at++) {
      const level = this.#levels[at]!;
      if (level.priority === priority) return level.line;
      if (level.priority < priority) break;
    }
    const line = new Line<Call>();
    this.#levels.splice(at, 0, { priority, line });
    return line;
  }
}
