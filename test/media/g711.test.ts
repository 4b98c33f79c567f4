import { describe, expect, test } from 'vitest';
import { decodeG711, encodeG711, FULL_SCALE, IDLE } from '../../src/media/g711.ts';
import type { CodecName } from '../../src/media/stream.ts';

const codecs: CodecName[] = ['PCMA', 'PCMU'];
const allOctets = Uint8Array.from({ length: 256 }, (_, i) => i);
const allSamples = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);

describe.each(codecs)('%s', (codec) => {
  const levels = decodeG711(codec, allOctets);
  const encodedAll = encodeG711(codec, allSamples);
  const roundTrip = decodeG711(codec, encodedAll);

  test('decoding, encoding and decoding again changes nothing', () => {
    expect(decodeG711(codec, encodeG711(codec, levels))).toEqual(levels);
  });

  test('is monotone over all 65536 samples', () => {
    for (let i = 1; i < roundTrip.length; i++) if (roundTrip[i]! < roundTrip[i - 1]!) expect.fail(`falls at ${allSamples[i]}`);
  });

  test('is symmetric: the sign bit alone tells a value from its negative', () => {
    for (let octet = 0; octet < 128; octet++) expect(levels[octet]! + levels[octet + 128]!).toBe(0);
  });

  test('no sample is further from its level than half a step: 1/32 of the level, and the linear part', () => {
    for (let i = 0; i < allSamples.length; i++) {
      const error = Math.abs(roundTrip[i]! - allSamples[i]!);
      if (error > (Math.abs(roundTrip[i]!) + 132) / 32 + 4) expect.fail(`${allSamples[i]} became ${roundTrip[i]}`);
    }
  });

  test('idle is the smallest positive value', () => {
    expect(encodeG711(codec, Int16Array.of(0))[0]).toBe(IDLE[codec]);
    expect(decodeG711(codec, Uint8Array.of(IDLE[codec]))[0]).toBe(codec === 'PCMA' ? 8 : 0);
  });
});

// G.711 tables 1a and 2a: decoder output values y_n for 13 and 14 bit, by character signal; here times 8 and times 4.
test.each([
  ['PCMA', 0xd5, 1],
  ['PCMA', 0xd4, 3],
  ['PCMA', 0xc5, 33],
  ['PCMA', 0xf5, 66],
  ['PCMA', 0xe5, 132],
  ['PCMA', 0x95, 264],
  ['PCMA', 0x85, 528],
  ['PCMA', 0xb5, 1056],
  ['PCMA', 0xa5, 2112],
  ['PCMA', 0xaa, 4032],
  ['PCMU', 0xff, 0],
  ['PCMU', 0xfe, 2],
  ['PCMU', 0xef, 33],
  ['PCMU', 0xdf, 99],
  ['PCMU', 0xcf, 231],
  ['PCMU', 0xbf, 495],
  ['PCMU', 0xaf, 1023],
  ['PCMU', 0x9f, 2079],
  ['PCMU', 0x8f, 4191],
  ['PCMU', 0x80, 8031],
] as const)('%s %i decodes to %i (G.711 table)', (codec, octet, value) => {
  expect(decodeG711(codec, Uint8Array.of(octet))[0]).toBe(value * (codec === 'PCMA' ? 8 : 4));
  expect(decodeG711(codec, Uint8Array.of(octet ^ 0x80))[0]).toBe(value === 0 ? 0 : -value * (codec === 'PCMA' ? 8 : 4));
});

// G.711 tables 5 and 6: these eight octets, repeated, are a 1 kHz sine of 0 dBm0.
test.each([
  ['PCMA', [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4]],
  ['PCMU', [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e]],
] as const)('the digital milliwatt of %s is 0 dBm0 in our scale', (codec, octets) => {
  const pcm = decodeG711(codec, Uint8Array.from(octets));
  const rms = Math.sqrt(pcm.reduce((sum, x) => sum + x * x, 0) / pcm.length);
  const { dbm0, amplitude } = FULL_SCALE[codec];
  expect(20 * Math.log10((rms * Math.SQRT2) / amplitude) + dbm0).toBeCloseTo(0, 2);
});
