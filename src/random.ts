/**
 * Chance, seeded. Each caller has a stream of its own, named by what it is for and numbered by the iteration, so that with one seed every
 * vendor meets the same callers whatever the order of events; a redial draws from a stream of its own.
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface RandomStream {
  /** Uniform in [0, 1), 53 bits. */
  next(): number;
  /** Uniform integer in [from, to], both included. */
  integer(from: number, to: number): number;
}

/** A quantity drawn anew for each caller: patience, talk time, answer delay. */
export interface Draw {
  /** In ms; Infinity means never. */
  draw(random: RandomStream): number;
  /** For plans and reports: "exponential, mean 60s". */
  readonly label: string;
  /** Mean in ms, for planning. */
  readonly meanMs: number;
}

/** The stream `name` number `index` of that seed. Equal arguments give equal streams on every machine and in every worker. */
export function randomStream(seed: number, name: string, index = 0): RandomStream {
  const generator = xoroshiro128plus(mix(mix(hash(name), seed), index));
  const next = () => {
    const high = generator.next() >>> 5;
    const low = generator.next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
  return { next, integer: (from, to) => from + Math.floor(next() * (to - from + 1)) };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Two words into one with full avalanche (murmur3's finaliser), so that neighbouring indices give unrelated streams. */
function mix(a: number, b: number): number {
  let h = a ^ Math.imul(b | 0, 0x9e3779b1) ^ Math.imul(Math.floor(b / 4294967296) | 0, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
