/** Milliseconds as people read them in a table. */
export const elapsedText = (ms: number): string =>
  Number.isFinite(ms) ? (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`) : 'none';
