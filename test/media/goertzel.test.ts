import { describe, expect, test } from 'vitest';
import { encodeG711 } from '../../src/media/g711.ts';
import { type ToneChange, ToneListener, type ToneOptions } from '../../src/media/goertzel.ts';
import { Player, tone } from '../../src/media/sources.ts';
import type { CodecName, Source } from '../../src/media/stream.ts';

/** Feeds G.711 in packets of 20 ms from t = 1000 on. */
function changes(pcm: Int16Array, codec: CodecName = 'PCMU', options?: ToneOptions): ToneChange[] {
  const heard: ToneChange[] = [];
  const listener = new ToneListener((change) => heard.push(change), options);
  const octets = encodeG711(codec, pcm);
  for (let i = 0; i < octets.length; i += 160) listener.hear(octets.subarray(i, i + 160), codec === 'PCMU' ? 0 : 8, 1000 + i / 8);
  return heard;
}

const join = (...parts: Int16Array[]) => Int16Array.from(parts.flatMap((part) => [...part]));
const silence = (seconds: number) => new Int16Array(seconds * 8000);

describe.each<CodecName>(['PCMA', 'PCMU'])('in %s', (codec) => {
  test.each([350, 440, 600])('%i Hz is recognised, and its begin and end to within a block', (hz) => {
    const heard = changes(join(silence(0.5), tone(hz, -10), silence(0.5)), codec);
    expect(heard.map((change) => change.hz)).toEqual([hz, null]);
    expect(Math.abs(heard[0]!.at - 1500)).toBeLessThanOrEqual(40);
    expect(Math.abs(heard[1]!.at - 2500)).toBeLessThanOrEqual(40);
  });
});

test('menu, then hold, then agent: the changes in their order', () => {
  const heard = changes(join(tone(600, -12, 0.6), tone(440, -12, 0.8), silence(0.4)));
  expect(heard.map((change) => change.hz)).toEqual([600, 440, null]);
  expect(Math.abs(heard[1]!.at - 1600)).toBeLessThanOrEqual(40);
});

test('hold music that swells and fades stays one tone', () => {
  const loud = tone(440, -8, 0.5);
  expect(
    changes(
      join(
        loud,
        loud.map((x) => x * 0.3),
        loud,
      ),
    ).map((change) => change.hz),
  ).toEqual([440]);
});

test('other tones, two tones at once, noise and whispers are none', () => {
  const other = tone(440, -13);
  const dual = tone(350, -13).map((x, i) => x + other[i]!);
  let seed = 1;
  const noise = Int16Array.from({ length: 8000 }, () => {
    seed = (seed * 48271) % 2147483647;
    return (seed % 8000) - 4000;
  });
  expect(changes(tone(1000, -10))).toEqual([]);
  expect(changes(dual)).toEqual([]);
  expect(changes(noise)).toEqual([]);
  expect(changes(tone(440, -55))).toEqual([]);
});

test('a click of one block changes nothing', () => {
  const heard = changes(join(tone(440, -10, 0.4), silence(0.04), tone(440, -10, 0.4)));
  expect(heard.map((change) => change.hz)).toEqual([440]);
});

test('a list of ones own: 440 and 450 Hz are told apart', () => {
  const options = { frequencies: [440, 450] };
  expect(changes(tone(450, -10), 'PCMA', options)[0]?.hz).toBe(450);
  expect(changes(tone(440, -10), 'PCMA', options)[0]?.hz).toBe(440);
});

describe('what is played', () => {
  const played = (source: Source, codec: CodecName, frames: number) => {
    const player = new Player();
    player.encodeAs(codec);
    player.play(source);
    const out = Buffer.alloc(frames * 160);
    for (let i = 0; i < frames; i++) player.fill(out, i * 160, 160);
    return out;
  };

  test('a tone loops without a click: three seconds are one tone', () => {
    for (const hz of [350, 441]) {
      const heard: ToneChange[] = [];
      const listener = new ToneListener((change) => heard.push(change), { frequencies: [hz], share: 0.98 });
      listener.hear(played({ kind: 'tone', hz }, 'PCMA', 150), 8, 0);
      expect(heard.map((change) => change.hz)).toEqual([hz]);
    }
  });

  test('silence is the idle code; noise is quiet but not silent', () => {
    expect(new Set(played({ kind: 'silence' }, 'PCMA', 3))).toEqual(new Set([0xd5]));
    expect(new Set(played({ kind: 'silence' }, 'PCMU', 3))).toEqual(new Set([0xff]));
    expect(new Set(played({ kind: 'comfort-noise' }, 'PCMU', 20)).size).toBeGreaterThan(10);
  });

  test('samples end in silence or begin again, whatever their length', () => {
    const pcm = Int16Array.from({ length: 100 }, (_, i) => 1000 + i * 64);
    const once = played({ kind: 'samples', pcm, loop: false }, 'PCMU', 2);
    const code = Buffer.from(encodeG711('PCMU', pcm));
    expect(once.subarray(0, 100)).toEqual(code);
    expect(new Set(once.subarray(100))).toEqual(new Set([0xff]));
    const looped = played({ kind: 'samples', pcm, loop: true }, 'PCMU', 2);
    expect(looped).toEqual(Buffer.concat([code, code, code, code]).subarray(0, 320));
    expect(new Set(played({ kind: 'samples', pcm: new Int16Array(0), loop: true }, 'PCMU', 1))).toEqual(new Set([0xff]));
  });

  test('a change of codec keeps the place', () => {
    const pcm = Int16Array.from({ length: 480 }, (_, i) => i * 50);
    const player = new Player();
    player.play({ kind: 'samples', pcm, loop: false });
    const out = Buffer.alloc(480);
    player.fill(out, 0, 160);
    player.encodeAs('PCMU');
    player.fill(out, 160, 160);
    expect(out.subarray(160, 320)).toEqual(Buffer.from(encodeG711('PCMU', pcm.subarray(160, 320))));
  });
});
