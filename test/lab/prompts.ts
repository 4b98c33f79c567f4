/**
 * The lab's announcements: tones, so that whoever listens knows what it hears, as raw G.711 µ-law at 8 kHz. Made when the lab comes up; the
 * repository holds no sound files.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RATE = 8000;
const BIAS = 132;
const CLIP = 32_635;

/** Tone of each announcement, Hz. */
export const PROMPT_HZ = { menu: 600, 'queue-full': 350, hold: 440 } as const;

/** ITU-T G.711 µ-law of one 16-bit sample: sign, three bits of segment, four of mantissa, all inverted. */
export function toUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(Math.trunc(sample)), CLIP) + BIAS;
  const segment = Math.max(0, Math.floor(Math.log2(magnitude)) - 7);
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f)) & 0xff;
}

/** A sine of `hz`; `loudness(seconds)` scales it. */
export function tone(seconds: number, hz: number, loudness: (at: number) => number = () => 1): Uint8Array {
  return Uint8Array.from({ length: Math.round(seconds * RATE) }, (_, i) =>
    toUlaw(8000 * loudness(i / RATE) * Math.sin((2 * Math.PI * hz * i) / RATE)),
  );
}

/** Writes `prompts/menu.ulaw`, `prompts/queue-full.ulaw` and `moh/hold.ulaw` (beats twice a second) below `dir`. */
export function writePrompts(dir: string): void {
  mkdirSync(join(dir, 'prompts'), { recursive: true });
  mkdirSync(join(dir, 'moh'), { recursive: true });
  writeFileSync(join(dir, 'prompts/menu.ulaw'), tone(1.5, PROMPT_HZ.menu));
  writeFileSync(join(dir, 'prompts/queue-full.ulaw'), tone(1.5, PROMPT_HZ['queue-full']));
  writeFileSync(
    join(dir, 'moh/hold.ulaw'),
    tone(10, PROMPT_HZ.hold, (at) => (at % 1 < 0.5 ? 1 : 0.3)),
  );
}
