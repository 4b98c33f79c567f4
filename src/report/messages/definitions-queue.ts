/** Order, routing, model and reconciliation: formulas and sources (definitions.ts joins them with the others). */
export const QUEUE_DEFINITIONS = {
  fifoInversions: { formula: 'entry(i) < entry(j) ∧ turn(j) < turn(i)', source: 'docs/metrics.md' },
  fifoSameSite: { formula: '', source: 'docs/metrics.md' },
  priorityInversions: { formula: 'priority(i) > priority(j) ∧ entry(i) < entry(j) ∧ turn(j) < turn(i)', source: 'docs/metrics.md' },
  misrouted: { formula: 'wrong skill / judged', source: 'docs/metrics.md' },
  ghostOffers: { formula: '', source: 'docs/metrics.md' },
  lingeringOffers: { formula: '', source: 'docs/metrics.md' },
  duplicateOffers: { formula: '', source: 'docs/metrics.md' },
  idleWhileWaiting: { formula: 'Σ t: waiting(q) > 0 ∧ idle(q) > 0', source: 'docs/metrics.md' },
  longestIdle: { formula: '', source: 'docs/metrics.md' },
  idleDeviation: { formula: 'idle since(chosen) − idle since(longest)', source: 'docs/metrics.md' },
  callsPerAgent: { formula: '', source: 'docs/metrics.md' },
  waitProbability: { formula: 'P(W > 0)', source: 'docs/metrics.md' },
  meanWait: { formula: 'Σ wait / (An + Ab)', source: 'Little 1961' },
  patienceMean: { formula: 'Σ wait / Ab', source: 'Brown et al. 2005' },
  erlangC: { formula: 'C = 1 / (1 + (1 − ρ)(1/B − 1))', source: 'Erlang 1917' },
  erlangA: { formula: 'death rate min(k, n)µ + max(k − n, 0)θ; P(ab) = θ·Lq/λ', source: 'Palm 1946; Garnett, Mandelbaum & Reiman 2002' },
  agentsNeeded: { formula: 'min n: SL(n) ≥ level', source: 'docs/metrics.md' },
  reconciled: { formula: '', source: 'docs/metrics.md' },
  outcomeDiffers: { formula: '', source: 'docs/metrics.md' },
  waitDiffers: { formula: 'wait(vendor) − wait(ours)', source: 'docs/metrics.md' },
  talkDiffers: { formula: 'talk(vendor) − talk(ours)', source: 'docs/metrics.md' },
  billed: { formula: 'Σ ⌈t / step⌉ · step', source: 'docs/metrics.md' },
  recordings: { formula: '', source: 'docs/metrics.md' },
} as const satisfies Record<string, { formula: string; source: string }>;

export type QueueGlossary = Record<keyof typeof QUEUE_DEFINITIONS, readonly [name: string, explanation: string]>;
