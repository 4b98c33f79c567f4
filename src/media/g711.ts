/**
 * ITU-T G.711: 8 kHz, one octet a sample. Linear samples are 16 bit, scaled so that A-law's 13 bits and µ-law's 14 bits are left-aligned
 * (decoder output values of tables 1 and 2 times 8 and times 4).
 */
import type { CodecName } from './stream.ts';

export const SAMPLE_RATE = 8000;

/** Octet that stands for silence: the code of the smallest positive value. */
export const IDLE: Record<CodecName, number> = { PCMA: 0xd5, PCMU: 0xff };

/**
 * The loudest sine, dBm0 (G.711 §4, theoretical load capacity), and its amplitude in our scale: the virtual decision value above the last
 * level, 4096 of 13 bits and 8159 of 14.
 */
export const FULL_SCALE: Record<CodecName, { dbm0: number; amplitude: number }> = {
  PCMA: { dbm0: 3.14, amplitude: 4096 * 8 },
  PCMU: { dbm0: 3.17, amplitude: 8159 * 4 },
};

/** Segments 0 and 1 are linear together; each later one doubles the step. Even bits are inverted (G.711 table 1, note 2). */
function alawOf(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = magnitude < 32 ? 0 : 28 - Math.clz32(magnitude);
  const code = segment === 0 ? magnitude : (segment << 4) | ((magnitude >> (segment - 1)) & 15);
  return (code | (sample < 0 ? 0 : 0x80)) ^ 0x55;
}

function fromAlaw(octet: number): number {
  const code = octet ^ 0x55;
  const segment = (code >> 4) & 7;
  const step = code & 15;
  const magnitude = segment === 0 ? (step << 4) + 8 : ((step << 4) + 264) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

/** The bias of 33 (here ×4) makes every segment start at a power of two; all bits are inverted (G.711 table 2). */
const BIAS = 132;
const ULAW_CLIP = 32635;

function ulawOf(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), ULAW_CLIP) + BIAS;
  const segment = 24 - Math.clz32(magnitude);
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | ((magnitude >> (segment + 3)) & 15)) & 0xff;
}

function fromUlaw(octet: number): number {
  const code = ~octet & 0xff;
  const magnitude = ((((code & 15) << 3) + BIAS) << ((code >> 4) & 7)) - BIAS;
  return code & 0x80 ? -magnitude : magnitude;
}

const encodeTable = (of: (sample: number) => number) => Uint8Array.from({ length: 65536 }, (_, i) => of((i << 16) >> 16));
const decodeTable = (from: (octet: number) => number) => Int16Array.from({ length: 256 }, (_, octet) => from(octet));

const ENCODE: Record<CodecName, Uint8Array> = { PCMA: encodeTable(alawOf), PCMU: encodeTable(ulawOf) };
const DECODE: Record<CodecName, Int16Array> = { PCMA: decodeTable(fromAlaw), PCMU: decodeTable(fromUlaw) };

/** Octets of these linear samples, 16 bit. */
export function encodeG711(codec: CodecName, pcm: Int16Array): Uint8Array<ArrayBuffer> {
  const table = ENCODE[codec];
  const octets = new Uint8Array(pcm.length);
  for (let i = 0; i < pcm.length; i++) octets[i] = table[pcm[i]! & 0xffff]!;
  return octets;
}

/** Linear samples, 16 bit, of these octets. */
export function decodeG711(codec: CodecName, octets: Uint8Array): Int16Array<ArrayBuffer> {
  const table = DECODE[codec];
  const pcm = new Int16Array(octets.length);
  for (let i = 0; i < octets.length; i++) pcm[i] = table[octets[i]!]!;
  return pcm;
}

/** The 256 linear values of a codec, for recognisers that decode while they read. */
export const g711Levels = (codec: CodecName): Int16Array => DECODE[codec];
