/**
 * The live line: one line at the bottom of a terminal, redrawn once a second, while messages scroll above it. Without a terminal it prints a line
 * every ten seconds.
 */
import { formatDuration } from '../duration.ts';
import type { RunSnapshot } from '../engine/snapshot.ts';

/** What of a run's second the line shows. */
export type LiveFigures = Pick<
  RunSnapshot,
  | 'elapsedMs'
  | 'totalMs'
  | 'attempts'
  | 'perSecond'
  | 'occupied'
  | 'answered'
  | 'queued'
  | 'talking'
  | 'failed'
  | 'dropped'
  | 'agents'
  | 'lagP99Ms'
  | 'healthy'
>;

export class LiveLine {
  readonly #out: NodeJS.WriteStream;
  #line = '';
  #ticks = 0;

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
  }

  /** A message above the line. */
  say(text: string): void {
    if (!this.#out.isTTY) {
      this.#out.write(`${text}\n`);
      return;
    }
    this.#out.write(`\r\x1b[K${text}\n${this.#line}`);
  }

  draw(f: LiveFigures): void {
    this.#line = liveText(f);
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${this.#line.slice(0, (this.#out.columns ?? 120) - 1)}`);
    else if (this.#ticks++ % 10 === 0) this.#out.write(`${this.#line}\n`);
  }

  end(): void {
    if (this.#out.isTTY && this.#line) this.#out.write('\n');
    this.#line = '';
  }
}

function liveText(f: LiveFigures): string {
  const clock = `${formatDuration(Math.floor(f.elapsedMs / 1000) * 1000)}/${formatDuration(Math.ceil(f.totalMs / 1000) * 1000)}`;
  const parts = [
    clock,
    `${f.attempts} calls ${f.perSecond}/s`,
    `channels ${f.occupied} occupied ${f.answered} answered ${f.queued} queued ${f.talking} talking`,
    `${f.failed} failed`,
  ];
  if (f.agents > 0) parts.push(`${f.agents} agents`);
  if (f.dropped > 0) parts.push(`${f.dropped} dropped`);
  parts.push(f.healthy ? `lag ${f.lagP99Ms.toFixed(0)} ms` : `! instrument lag ${f.lagP99Ms.toFixed(0)} ms`);
  return parts.join(' · ');
}
