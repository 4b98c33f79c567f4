/** A copy that holds nothing but itself: what has been cut out of a message keeps the whole message in memory. */
export const ownText = (text: string): string => (text.length < LEAST_SLICE ? text : Buffer.from(text).toString());

/** V8 copies what is shorter. */
const LEAST_SLICE = 13;

/** Texts that many calls have in common, each kept once. Bounded: a peer that says something new each time must not make it grow. */
export class CommonTexts<T> {
  readonly #known = new Map<string, T>();
  readonly #most: number;
  readonly #make: (text: string) => T;

  constructor(most: number, make: (text: string) => T) {
    this.#most = most;
    this.#make = make;
  }

  get(text: string): T {
    const known = this.#known.get(text);
    if (known !== undefined || this.#known.has(text)) return known as T;
    const own = ownText(text);
    const made = this.#make(own);
    if (this.#known.size < this.#most) this.#known.set(own, made);
    return made;
  }
}
