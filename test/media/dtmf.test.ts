import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallsurgeError } from '../../src/errors.ts';
import { DigitReader } from '../../src/media/dtmf-in.ts';
import { DIGITS, DigitWriter } from '../../src/media/dtmf-out.ts';

interface Sent {
  payload: Buffer;
  timestamp: number;
  marker: boolean;
  at: number;
}

/** What leaves in so many frames of 20 ms: event packets, and null where audio was due. */
function frames(writer: DigitWriter, count: number, from = 0): (Sent | null)[] {
  return Array.from({ length: count }, (_, n) => {
    const payload = Buffer.alloc(4);
    const wrote = writer.write((from + n) * 160, 160, payload, 0);
    return wrote ? { payload, timestamp: writer.timestamp, marker: writer.marker, at: (from + n) * 20 } : null;
  });
}

function heard(packets: (Sent | null)[]): { digit: string; at: number }[] {
  const digits: { digit: string; at: number }[] = [];
  const reader = new DigitReader((digit, at) => digits.push({ digit, at }));
  let now = 0;
  for (const packet of packets) {
    if (packet) now = packet.at;
    reader.tick(now);
    if (packet) reader.packet(packet.payload, 0, 4, packet.timestamp, packet.at);
  }
  reader.tick(now + 10_000);
  return digits;
}

const rejection = (writer: () => Promise<void>) => {
  try {
    void writer();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('keys pressed, RFC 4733', () => {
  test('growing duration, one timestamp, marker on the first, three ends, then audio, then the next key after the gap', async () => {
    const writer = new DigitWriter();
    const pressed = writer.press('5#', 100, 100);
    const sent = frames(writer, 20);
    const shape = sent.map((p) => p && [p.payload[0], p.payload.readUInt16BE(2), p.payload[1]! >> 7, p.marker ? 'M' : '', p.timestamp]);
    expect(shape.slice(0, 8)).toEqual([
      [5, 160, 0, 'M', 0],
      [5, 320, 0, '', 0],
      [5, 480, 0, '', 0],
      [5, 640, 0, '', 0],
      [5, 800, 1, '', 0],
      [5, 800, 1, '', 0],
      [5, 800, 1, '', 0],
      null,
    ]);
    expect(shape.slice(8, 11)).toEqual([null, null, [11, 160, 0, 'M', 1600]]);
    await pressed;
  });

  test('resolves only with the last end packet', async () => {
    const writer = new DigitWriter();
    let done = false;
    void writer.press('1', 40, 40).then(() => {
      done = true;
    });
    frames(writer, 3);
    await Promise.resolve();
    expect(done).toBe(false);
    frames(writer, 1, 3);
    await Promise.resolve();
    await Promise.resolve();
    expect(done).toBe(true);
  });

  test('a duration that is no whole number of frames ends exactly', () => {
    const writer = new DigitWriter();
    void writer.press('1', 50, 0);
    const durations = frames(writer, 6).map((p) => p?.payload.readUInt16BE(2));
    expect(durations).toEqual([160, 320, 400, 400, 400, undefined]);
  });

  test('what is no key, or no duration, is refused; what was cancelled rejects', async () => {
    const writer = new DigitWriter();
    for (const wrong of [
      () => writer.press('1x', 100, 100),
      () => writer.press('1', 0, 100),
      () => writer.press('1', 9000, 1),
      () => writer.press('1', 100, Number.NaN),
    ]) {
      expect(rejection(wrong)).toMatchObject({ code: 'verb-misused' });
    }
    const pressed = writer.press('12', 100, 100);
    frames(writer, 2);
    writer.cancel(new CallsurgeError('call-ended', 'over'));
    await expect(pressed).rejects.toMatchObject({ code: 'call-ended' });
    expect(frames(writer, 3, 2)).toEqual([null, null, null]);
  });
});

describe('keys heard', () => {
  test('once per key, at its first packet; the same key twice is two keys', () => {
    const writer = new DigitWriter();
    void writer.press('11', 100, 60);
    expect(heard(frames(writer, 30))).toEqual([
      { digit: '1', at: 0 },
      { digit: '1', at: 160 },
    ]);
  });

  test('whatever gets lost, doubled or late: each key that one packet came of is heard once and in order', () => {
    const fate = fc.constantFrom('pass', 'pass', 'drop', 'double');
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...DIGITS), { minLength: 1, maxLength: 6 }),
        fc.array(fate, { minLength: 120, maxLength: 120 }),
        fc.constantFrom(40, 50, 100, 160),
        (keys, fates, duration) => {
          const writer = new DigitWriter();
          void writer.press(keys.join(''), duration, 100);
          const sent = frames(writer, 120);
          const arrived = sent.flatMap((packet, n) =>
            !packet || fates[n] === 'drop' ? [] : fates[n] === 'double' ? [packet, packet] : [packet],
          );
          const timestamps = [...new Set(sent.filter((p) => p !== null).map((p) => p.timestamp))];
          const expected = keys.filter((_, i) => arrived.some((packet) => packet.timestamp === timestamps[i]));
          expect(heard(arrived).map(({ digit }) => digit)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a late end of a key that was given up is not heard again', () => {
    const digits: string[] = [];
    const reader = new DigitReader((digit) => digits.push(digit));
    reader.packet(Buffer.from([1, 10, 0, 160]), 0, 4, 0, 0);
    reader.tick(500);
    reader.packet(Buffer.from([1, 0x8a, 3, 32]), 0, 4, 0, 510);
    reader.packet(Buffer.from([2, 0x8a, 3, 32]), 0, 4, 8000, 1000);
    reader.packet(Buffer.from([1, 0x8a, 3, 32]), 0, 4, 0, 1010);
    reader.packet(Buffer.from([1, 0x8a, 3, 32]), 0, 4, 0, 1030);
    expect(digits).toEqual(['1', '2']);
  });

  test('a key held longer than one segment is one key (RFC 4733 2.5.1.3)', () => {
    const digits: string[] = [];
    const reader = new DigitReader((digit) => digits.push(digit));
    reader.packet(Buffer.from([7, 10, 0xff, 0xff]), 0, 4, 1000, 0);
    reader.packet(Buffer.from([7, 10, 0, 160]), 0, 4, 1000 + 0xffff, 20);
    reader.packet(Buffer.from([7, 0x8a, 1, 64]), 0, 4, 1000 + 0xffff, 40);
    expect(digits).toEqual(['7']);
  });

  test('keys of a source of its own, as generators send them, are heard once each, whatever their timestamps', () => {
    const digits: string[] = [];
    const reader = new DigitReader((digit) => digits.push(digit));
    for (const [ssrc, event, timestamp] of [
      [1, 1, 90_000],
      [2, 2, 160],
      [1, 3, 98_000],
    ] as const) {
      for (const bits of [10, 10, 0x8a, 0x8a, 0x8a]) reader.packet(Buffer.from([event, bits, 0, 160]), 0, 4, timestamp, 0, ssrc);
    }
    expect(digits).toEqual(['1', '2', '3']);
  });

  test('events that are no keys, and payloads too short, are passed over', () => {
    const digits: string[] = [];
    const reader = new DigitReader((digit) => digits.push(digit));
    reader.packet(Buffer.from([16, 0x8a, 0, 160]), 0, 4, 0, 0);
    reader.packet(Buffer.from([1, 0x8a]), 0, 2, 8000, 0);
    expect(digits).toEqual([]);
  });
});
