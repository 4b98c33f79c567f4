/** What a call has heard of the vendor's announcements: tones that the profile gives a name. */
import type { Announcement } from './services.ts';

/** How close to a frequency asked for by number an announcement must be to be meant, Hz: the listener's own resolution. */
const SAME_HZ = 12;
/** Announcements of one call that are written down: a vendor that alternates two tones must not fill the record. */
const MOST_WRITTEN = 20;

/** Announcements heard in one call, in order. */
export class Heard {
  readonly #known: readonly Announcement[];
  readonly #heard: string[] = [];
  /** The first one that means "all lines are busy". */
  allBusy: string | undefined;

  constructor(known: readonly Announcement[]) {
    this.#known = known;
  }

  /** A tone began. @returns the name that goes into the record. */
  tone(hz: number): string {
    const known = this.#known.find((one) => one.hz === hz);
    const name = known?.name ?? `${hz} Hz`;
    // The same one again is a pause in it, or a listener that began anew.
    if (this.#heard.length < MOST_WRITTEN && this.#heard.at(-1) !== name) this.#heard.push(name);
    if (known?.allBusy) this.allBusy ??= name;
    return name;
  }

  /** @returns undefined for a name that the profile does not have. */
  nameOf(what: string | number): { name: string; hz: number } | undefined {
    if (typeof what === 'string') {
      const known = this.#known.find(({ name }) => name === what);
      return known && { name: known.name, hz: known.hz };
    }
    const near = this.#known.find(({ hz }) => Math.abs(hz - what) <= SAME_HZ);
    return near ? { name: near.name, hz: near.hz } : { name: `${what} Hz`, hz: what };
  }

  has(name: string): boolean {
    return this.#heard.includes(name);
  }

  /** For the column `heard`; null: nothing. */
  get written(): string | null {
    return this.#heard.length > 0 ? this.#heard.join('+') : null;
  }

  get names(): string[] {
    return this.#known.map(({ name }) => name);
  }
}
