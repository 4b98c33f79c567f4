import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Jitter, type PacketKind, Reception } from '../../src/media/reception.ts';

const packetInto =
  (reception: Reception) =>
  (sequence: number, at: number, options: { ssrc?: number; timestamp?: number; kind?: PacketKind; marker?: boolean } = {}) =>
    reception.packet(
      {
        marker: options.marker ?? false,
        payloadType: 8,
        sequence: sequence & 0xffff,
        timestamp: options.timestamp ?? (sequence * 160) >>> 0,
        ssrc: options.ssrc ?? 1,
        payloadFrom: 12,
        payloadTo: 172,
      },
      160,
      at,
      options.kind ?? 'audio',
    );

describe('jitter, RFC 3550 A.8', () => {
  test('worked by hand: arrivals 0, 20, 46, 60, 85 ms for frames of 20 ms', () => {
    const jitter = new Jitter();
    const seen: number[] = [];
    for (const [n, at] of [0, 20, 46, 60, 85].entries()) {
      jitter.note(at, n * 160);
      seen.push(jitter.ms);
    }
    // |D| = 0, 6, 6, 5 → J = 0, 6/16, 0.375+(6−0.375)/16, …
    expect(seen[1]).toBe(0);
    expect(seen[2]).toBeCloseTo(0.375, 12);
    expect(seen[3]).toBeCloseTo(0.7265625, 12);
    expect(seen[4]).toBeCloseTo(0.7265625 + (5 - 0.7265625) / 16, 12);
    expect(jitter.maxMs).toBe(jitter.ms);
  });

  test('the wrap of the timestamp is no jitter', () => {
    const jitter = new Jitter();
    jitter.note(0, 2 ** 32 - 160);
    jitter.note(20, 0);
    expect(jitter.ms).toBe(0);
  });

  test.each([true, false])('a timestamp set anew by the sender is no jitter (marker: %s); a network that stalls is', (marker) => {
    const anew = new Jitter();
    anew.note(0, 0);
    anew.note(20, 3_000_000_000, marker);
    anew.note(40, 3_000_000_160);
    anew.note(60, 400, marker);
    expect(anew.maxMs).toBe(0);
    const stalled = new Jitter();
    stalled.note(0, 0);
    stalled.note(10_020, 160);
    expect(stalled.maxMs).toBeGreaterThan(600);
  });

  test('a constant delay, whatever it is, makes none', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (delay, first) => {
        const jitter = new Jitter();
        for (let n = 0; n < 50; n++) jitter.note(delay + n * 20, (first + n * 160) % 2 ** 32);
        expect(jitter.maxMs).toBeLessThan(1e-3);
      }),
    );
  });

  test('telephone-event packets and duplicates take no part', () => {
    const reception = new Reception();
    const packet = packetInto(reception);
    packet(1, 0);
    packet(2, 20);
    packet(3, 40, { kind: 'event', timestamp: 480 });
    packet(4, 60, { kind: 'event', timestamp: 480 });
    packet(4, 75);
    packet(5, 80);
    expect(reception.counters(80)).toMatchObject({ received: 6, duplicates: 1, lost: 0, jitterMaxMs: 0 });
  });
});

describe('sources', () => {
  test('a new SSRC takes over after two packets in sequence; losses of both add up, jitter starts anew', () => {
    const reception = new Reception();
    const packet = packetInto(reception);
    packet(1, 0);
    packet(3, 40);
    packet(5000, 60, { ssrc: 2, timestamp: 7 });
    expect(reception.ssrc).toBe(1);
    packet(5001, 80, { ssrc: 2, timestamp: 167 });
    packet(5003, 120, { ssrc: 2, timestamp: 167 + 320 });
    expect(reception.ssrc).toBe(2);
    expect(reception.counters(120)).toMatchObject({ received: 5, lost: 2, ssrcChanges: 1, jitterMs: 0 });
  });

  test('a straggler of another source changes nothing', () => {
    const reception = new Reception();
    const packet = packetInto(reception);
    for (let n = 0; n < 20; n++) {
      packet(n, n * 20);
      if (n % 5 === 0) packet(900 + 2 * n, n * 20 + 1, { ssrc: 9 });
    }
    expect(reception.counters(400)).toMatchObject({ ssrcChanges: 0, lost: 0, received: 24 });
  });

  test('two sources that send along: the first stays; when it ends, the other takes over', () => {
    const reception = new Reception();
    const packet = packetInto(reception);
    for (let n = 0; n < 50; n++) {
      packet(n, n * 20);
      packet(7000 + n, n * 20 + 7, { ssrc: 9 });
    }
    expect(reception.counters(1000)).toMatchObject({ ssrcChanges: 0, lost: 0, jitterMaxMs: 0 });
    packet(7050, 1007, { ssrc: 9 });
    packet(7051, 1027, { ssrc: 9 });
    expect(reception.counters(1030)).toMatchObject({ ssrcChanges: 1, received: 102 });
  });

  test('a sender that restarts its numbers is followed', () => {
    const reception = new Reception();
    const packet = packetInto(reception);
    for (const [i, n] of [1, 2, 20000, 20001, 20003].entries()) packet(n, i * 20);
    expect(reception.counters(100)).toMatchObject({ lost: 1, foreign: 1, ssrcChanges: 0, received: 4 });
  });
});

describe('gaps and silence', () => {
  const start = () => {
    const reception = new Reception();
    reception.expect(true, 1000);
    return { reception, packet: packetInto(reception) };
  };

  test('the longest gap, also the one that lasts', () => {
    const { reception, packet } = start();
    expect(reception.counters(1500).gapMs).toBe(0);
    packet(1, 2000);
    packet(2, 2020);
    packet(3, 2500);
    expect(reception.counters(2510).gapMs).toBe(480);
    expect(reception.counters(9500).gapMs).toBe(7000);
    packet(4, 2520);
    expect(reception.counters(2530)).toMatchObject({ gapMs: 480, firstAt: 2000, lastAt: 2520 });
  });

  test('hold is no gap', () => {
    const { reception, packet } = start();
    packet(1, 2000);
    reception.expect(false, 2050);
    expect(reception.silentSince(9000, 100)).toBeUndefined();
    reception.expect(true, 9000);
    packet(2, 9030);
    expect(reception.counters(9040).gapMs).toBe(50);
  });

  test('silence is reported once, its end once', () => {
    const { reception, packet } = start();
    expect(reception.silentSince(1900, 1000)).toBeUndefined();
    expect(reception.silentSince(2001, 1000)).toBe(1000);
    expect(reception.silentSince(2100, 1000)).toBeUndefined();
    expect(packet(1, 2200)).toBe(true);
    expect(packet(2, 2220)).toBe(false);
    expect(reception.silentSince(3221, 1000)).toBe(2220);
  });
});
