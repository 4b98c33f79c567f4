/**
 * Remembers for a while without a timer per entry: two maps that change places. What is put stays for at least `ms` and at most twice that.
 * Holds what RFC 3261 wants kept for 64·T1 after the end: final responses (Timer J), ACKs (Timer D), ended dialogs.
 */
import type { Clock } from '../clock.ts';

export class Recent<T> {
  readonly #clock: Clock;
  readonly #ms: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();
  #turnAt: number;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
    this.#turnAt = clock.now() + ms;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): T | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  put(key: string, value: T): void {
    this.#turn();
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #turn(): void {
    const now = this.#clock.now();
    if (now < this.#turnAt) return;
    this.#old = now < this.#turnAt + this.#ms ? this.#young : new Map();
    this.#young = new Map();
    this.#turnAt = now + this.#ms;
  }
}
