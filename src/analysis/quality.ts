/** Voice as the rows tell it: RFC 3550 counters of what we received, and the E-model's estimate that each row carries. */
import { lossPercent } from '../metrics/call-times.ts';
import type { Fold } from '../metrics/fold.ts';
import { Trend } from '../metrics/trend.ts';
import type { AgentRow, CallRow } from '../record/schema.ts';
import type { QualityFigures } from './model.ts';

/** Packets that must have been sent (1 s of 20 ms frames) before hearing nothing means one-way audio. */
const ENOUGH_SENT = 50;

/** What each row's estimate was made with (call/media.ts): G.711 with packet-loss concealment, ITU-T G.113 Appendix I. */
export const IMPAIRMENT = 'G.711 with PLC: Ie 0, Bpl 25.1';

export class QualityFold implements Fold<CallRow, QualityFigures | null> {
  readonly #loss = new Trend();
  readonly #jitter = new Trend();
  readonly #gap = new Trend();
  readonly mos = new Trend();
  readonly #codecs = new Set<string>();
  #calls = 0;
  #oneWay = 0;

  add(row: CallRow): void {
    if (row.answer_ms === null || row.outcome === 'harness' || (row.rtp_sent === null && row.rtp_received === null)) return;
    this.#calls++;
    if (row.codec !== null) this.#codecs.add(row.codec);
    if ((row.rtp_sent ?? 0) >= ENOUGH_SENT && row.rtp_received === 0) this.#oneWay++;
    this.#loss.add(lossPercent(row));
    this.#jitter.add(row.rtp_jitter_ms);
    this.#gap.add(row.rtp_gap_ms);
    this.mos.add(row.mos);
  }

  /** An agent who talked and heard nothing. */
  addAgent(row: AgentRow): void {
    if (row.outcome === 'answered' && (row.rtp_sent ?? 0) >= ENOUGH_SENT && row.rtp_received === 0) this.#oneWay++;
  }

  merge(other: this): void {
    this.#loss.merge(other.#loss);
    this.#jitter.merge(other.#jitter);
    this.#gap.merge(other.#gap);
    this.mos.merge(other.mos);
    for (const codec of other.#codecs) this.#codecs.add(codec);
    this.#calls += other.#calls;
    this.#oneWay += other.#oneWay;
  }

  /** Null where no call had media. */
  figures(): QualityFigures | null {
    if (this.#calls === 0) return null;
    const codecs = [...this.#codecs].sort().join(', ') || '?';
    return {
      calls: this.#calls,
      lossPercent: this.#loss.figures(),
      jitterMs: this.#jitter.figures(),
      gapMs: this.#gap.figures(),
      mos: this.mos.figures(),
      oneWay: this.#oneWay,
      model: `ITU-T G.107, ${codecs}, ${IMPAIRMENT}`,
    };
  }
}
