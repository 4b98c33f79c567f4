/** What else a fault, a scaling step and the signalling show: formulas and sources (definitions.ts joins them with the others). */
export const RECOVERY_DEFINITIONS = {
  outageCount: { formula: '', source: 'docs/metrics.md' },
  survivorGap: { formula: '', source: 'docs/metrics.md' },
  failback: { formula: '', source: 'docs/metrics.md' },
  registrations: { formula: 'T(last back) − t0', source: 'docs/metrics.md' },
  queueKept: { formula: 'kept / waiting at t0', source: 'docs/metrics.md' },
  voiceBack: { formula: 'MOS ≥ p10(before) − 0.2', source: 'docs/metrics.md' },
  peopleMark: { formula: 'T(mark) − t0', source: 'docs/metrics.md' },
  faultsAllowed: { formula: '⌊(1 − promise) · 30 d / outage⌋', source: 'docs/metrics.md' },
  oldPlateau: { formula: '', source: 'docs/metrics.md' },
  scaleReached: { formula: '', source: 'docs/metrics.md' },
  scaleReady: { formula: 'T(ready) − t0', source: 'docs/metrics.md' },
  scaleWait: { formula: '', source: 'docs/metrics.md' },
  lastRefusal: { formula: '', source: 'docs/metrics.md' },
  newSeat: { formula: 'T(first call of a new agent) − t0', source: 'docs/metrics.md' },
  redirects: { formula: '', source: 'RFC 3261 §8.1.3.4' },
  sessionsExpired: { formula: '', source: 'RFC 4028 §10' },
  refersRefused: { formula: '', source: 'RFC 3515' },
  transfersFailed: { formula: '', source: 'RFC 3515; RFC 5589' },
  connectionsLost: { formula: '', source: 'RFC 3261 §18' },
} as const satisfies Record<string, { formula: string; source: string }>;

export type RecoveryGlossary = Record<keyof typeof RECOVERY_DEFINITIONS, readonly [name: string, explanation: string]>;
