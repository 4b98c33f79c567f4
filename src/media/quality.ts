/**
 * Estimated conversational quality: the E-model (ITU-T G.107) with all parameters at their defaults but delay, equipment impairment and loss.
 * A planning model, not a measurement: whoever prints its MOS prints `label` too.
 */

/** Equipment impairment Ie and packet-loss robustness Bpl, ITU-T G.113 Appendix I. */
export const CODEC_IMPAIRMENT = {
  'G.711': { ie: 0, bpl: 4.3 },
  'G.711 with PLC': { ie: 0, bpl: 25.1 },
  'G.729A': { ie: 11, bpl: 19 },
  'GSM-EFR': { ie: 5, bpl: 10 },
} as const;
export type ImpairmentName = keyof typeof CODEC_IMPAIRMENT;

/** R without delay, loss and codec impairment, G.107 §7.7 (defaults of table 2, rounded as in G.109). */
const R_DEFAULT = 93.2;

/** Idd, impairment by absolute one-way delay in ms, G.107 (7-27), (7-28). */
export function delayImpairment(delayMs: number): number {
  if (!(delayMs > 100)) return 0;
  const x = Math.log2(delayMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/**
 * Ie,eff, G.107 (7-29).
 * @param lossPercent network loss plus discards, 0…100
 * @param burstRatio 1 for random loss, more for bursts
 */
export function effectiveImpairment(codec: ImpairmentName, lossPercent: number, burstRatio = 1): number {
  const { ie, bpl } = CODEC_IMPAIRMENT[codec];
  const loss = Math.min(100, Math.max(0, lossPercent));
  return ie + ((95 - ie) * loss) / (loss / Math.max(1, burstRatio) + bpl);
}

/** MOS of a rating R, G.107 Annex B (B-4), clamped to 1…4.5. */
export function mosOf(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.min(4.5, Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6));
}

export interface QualityInput {
  codec: ImpairmentName;
  lossPercent: number;
  /** Mouth to ear, one way. */
  delayMs: number;
  burstRatio?: number;
  /** Advantage factor A, G.107 table 1: 0 for a fixed line. */
  advantage?: number;
}

export interface Quality {
  r: number;
  mos: number;
  ie: number;
  bpl: number;
  delayMs: number;
  /** To be printed beside the figure. */
  label: string;
}

/** R = 93.2 − Idd − Ie,eff + A. */
export function estimateQuality(input: QualityInput): Quality {
  const { ie, bpl } = CODEC_IMPAIRMENT[input.codec];
  const impairment = effectiveImpairment(input.codec, input.lossPercent, input.burstRatio);
  const r = R_DEFAULT - delayImpairment(input.delayMs) - impairment + (input.advantage ?? 0);
  const label = `estimated (planning model G.107; ${input.codec}, Ie ${ie}, Bpl ${bpl}, delay ${Math.round(input.delayMs)} ms)`;
  return { r, mos: mosOf(r), ie, bpl, delayMs: input.delayMs, label };
}
