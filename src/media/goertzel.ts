/**
 * Which of a few known tones is heard: menu, hold, queue full. Goertzel's filter at each frequency (one multiplication a sample), block by
 * block; a tone counts where it holds most of the block's energy. A change is reported when two blocks in a row agree on it.
 */
import { g711Levels, SAMPLE_RATE } from './g711.ts';
import { amplitudeOf } from './sources.ts';
import type { CodecName } from './stream.ts';

export interface ToneChange {
  /** The tone heard from `at` on; null: none of them (silence, speech, another tone). */
  hz: number | null;
  /** Clock ms at which its first sample came, to within a block. */
  at: number;
}

export interface ToneOptions {
  /** Frequencies to listen for, Hz. Two of them need to be 1000/blockMs apart to be told from one another in noise. Default 350, 440, 600. */
  frequencies?: readonly number[];
  /** Default 40: frequencies 25 Hz apart. */
  blockMs?: number;
  /** Quieter than this is no tone. Default −40. */
  minDbm0?: number;
  /** Share of a block's energy that a tone must hold. Default 0.7. */
  share?: number;
  /** Codec of payload types other than 0 (PCMU) and 8 (PCMA). Default PCMA. */
  codec?: CodecName;
}

const BLOCKS_TO_AGREE = 2;

export class ToneListener {
  readonly #onChange: (change: ToneChange) => void;
  readonly #frequencies: readonly number[];
  readonly #coefficients: Float64Array;
  /** Filter states: the last two of each frequency. */
  readonly #s1: Float64Array;
  readonly #s2: Float64Array;
  readonly #blockSize: number;
  readonly #minPower: number;
  readonly #share: number;
  readonly #codec: CodecName;
  #count = 0;
  #energy = 0;
  #blockAt = 0;
  #heard: number | null = null;
  #candidate: ToneChange & { blocks: number } = { hz: null, at: 0, blocks: 0 };

  constructor(onChange: (change: ToneChange) => void, options: ToneOptions = {}) {
    this.#onChange = onChange;
    this.#frequencies = options.frequencies ?? [350, 440, 600];
    this.#coefficients = Float64Array.from(this.#frequencies, (hz) => 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE));
    this.#s1 = new Float64Array(this.#frequencies.length);
    this.#s2 = new Float64Array(this.#frequencies.length);
    this.#blockSize = Math.round(((options.blockMs ?? 40) * SAMPLE_RATE) / 1000);
    this.#minPower = amplitudeOf(options.minDbm0 ?? -40) ** 2 / 2;
    this.#share = options.share ?? 0.7;
    this.#codec = options.codec ?? 'PCMA';
  }

  /** The tone now heard, Hz. */
  get heard(): number | null {
    return this.#heard;
  }

  /** Takes a packet's audio; can be handed to a stream as its `audio` handler as it is. */
  readonly hear = (payload: Uint8Array, payloadType: number, at: number): void => {
    const levels = g711Levels(payloadType === 0 ? 'PCMU' : payloadType === 8 ? 'PCMA' : this.#codec);
    for (let i = 0; i < payload.length; i++) {
      if (this.#count === 0) this.#blockAt = at + (i * 1000) / SAMPLE_RATE;
      this.#sample(levels[payload[i]!]!);
      if (++this.#count === this.#blockSize) this.#endBlock();
    }
  };

  #sample(x: number): void {
    this.#energy += x * x;
    for (let f = 0; f < this.#s1.length; f++) {
      const s = x + this.#coefficients[f]! * this.#s1[f]! - this.#s2[f]!;
      this.#s2[f] = this.#s1[f]!;
      this.#s1[f] = s;
    }
  }

  #endBlock(): void {
    const hz = this.#dominant();
    this.#s1.fill(0);
    this.#s2.fill(0);
    this.#count = 0;
    this.#energy = 0;
    if (hz !== this.#candidate.hz || this.#candidate.blocks === 0) this.#candidate = { hz, at: this.#blockAt, blocks: 0 };
    if (++this.#candidate.blocks !== BLOCKS_TO_AGREE || hz === this.#heard) return;
    this.#heard = hz;
    this.#onChange({ hz, at: this.#candidate.at });
  }

  #dominant(): number | null {
    if (this.#energy / this.#blockSize < this.#minPower) return null;
    // A sine of amplitude A gives a filter power of (A·N/2)² and an energy of N·A²/2: this is the power of one that holds all the energy.
    const whole = (this.#energy * this.#blockSize) / 2;
    let best = -1;
    let most = this.#share * whole;
    for (let f = 0; f < this.#s1.length; f++) {
      const s1 = this.#s1[f]!;
      const s2 = this.#s2[f]!;
      const power = s1 * s1 + s2 * s2 - this.#coefficients[f]! * s1 * s2;
      if (power < most) continue;
      most = power;
      best = f;
    }
    return best < 0 ? null : this.#frequencies[best]!;
  }
}
