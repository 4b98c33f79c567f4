/**
 * What streams play, as G.711 octets. Silence, noise, tones and samples are encoded once per codec and shared by all streams of the thread;
 * a stream keeps only its place.
 */
import { randomStream } from '../random.ts';
import { encodeG711, FULL_SCALE, IDLE, SAMPLE_RATE } from './g711.ts';
import type { CodecName, Source } from './stream.ts';

/** Octets to play and whether they start again at their end. */
interface Encoded {
  octets: Buffer;
  loop: boolean;
}

/** Low enough for nobody to hear, high enough to be no digital silence in a vendor's detector. */
const COMFORT_NOISE_DBM0 = -50;
const DEFAULT_TONE_DBM0 = -10;

const made = new Map<string, Encoded>();
const madeOfSamples = new WeakMap<Int16Array, Partial<Record<CodecName, Buffer>>>();

/** Plays one source after another, octet by octet. */
export class Player {
  #source: Source = { kind: 'silence' };
  #codec: CodecName = 'PCMA';
  #encoded: Encoded = encodedOf('PCMA', this.#source);
  #at = 0;

  play(source: Source): void {
    this.#source = source;
    this.#encoded = encodedOf(this.#codec, source);
    this.#at = 0;
  }

  /** Changes the codec and keeps the place. */
  encodeAs(codec: CodecName): void {
    this.#codec = codec;
    this.#encoded = encodedOf(codec, this.#source);
  }

  /** Writes the next `count` octets into `target` from `offset`; silence after the end of a source that does not loop. */
  fill(target: Buffer, offset: number, count: number): void {
    const { octets, loop } = this.#encoded;
    const end = offset + count;
    let to = offset;
    while (to < end) {
      if (this.#at >= octets.length) {
        if (!loop || octets.length === 0) {
          target.fill(IDLE[this.#codec], to, end);
          return;
        }
        this.#at = 0;
      }
      const copied = octets.copy(target, to, this.#at, Math.min(octets.length, this.#at + end - to));
      this.#at += copied;
      to += copied;
    }
  }
}

function encodedOf(codec: CodecName, source: Source): Encoded {
  if (source.kind === 'samples') {
    const forms = madeOfSamples.get(source.pcm) ?? {};
    madeOfSamples.set(source.pcm, forms);
    forms[codec] ??= Buffer.from(encodeG711(codec, source.pcm).buffer);
    return { octets: forms[codec], loop: source.loop };
  }
  const key = source.kind === 'tone' ? `${codec} ${source.hz} ${source.dbm0 ?? DEFAULT_TONE_DBM0}` : `${codec} ${source.kind}`;
  let encoded = made.get(key);
  if (!encoded) {
    encoded = { octets: octetsOf(codec, source), loop: true };
    made.set(key, encoded);
  }
  return encoded;
}

function octetsOf(codec: CodecName, source: Exclude<Source, { kind: 'samples' }>): Buffer {
  if (source.kind === 'silence') return Buffer.alloc(SAMPLE_RATE / 10, IDLE[codec]);
  const pcm = source.kind === 'tone' ? tone(source.hz, source.dbm0 ?? DEFAULT_TONE_DBM0) : noise(COMFORT_NOISE_DBM0);
  return Buffer.from(encodeG711(codec, pcm).buffer);
}

/** Amplitude (peak) of a sine of that level, dBm0. The two laws differ by 0.03 dB; A-law's scale serves both. */
export function amplitudeOf(dbm0: number): number {
  return FULL_SCALE.PCMA.amplitude * 10 ** ((dbm0 - FULL_SCALE.PCMA.dbm0) / 20);
}

/** One second of a sine: any whole number of Hz loops without a click. */
export function tone(hz: number, dbm0: number, seconds = 1): Int16Array<ArrayBuffer> {
  const amplitude = Math.min(32767, amplitudeOf(dbm0));
  return Int16Array.from({ length: Math.round(seconds * SAMPLE_RATE) }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE)),
  );
}

/** One second of white noise (uniform: its peak is √3 times its RMS). */
function noise(dbm0: number): Int16Array<ArrayBuffer> {
  const random = randomStream(1, 'comfort-noise');
  const peak = (amplitudeOf(dbm0) / Math.SQRT2) * Math.sqrt(3);
  return Int16Array.from({ length: SAMPLE_RATE }, () => Math.round((random.next() * 2 - 1) * peak));
}
