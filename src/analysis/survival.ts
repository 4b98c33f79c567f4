/**
 * The wait that a caller of endless patience would have had: the product-limit estimate of E. L. Kaplan and P. Meier (JASA 53 (1958), 457–481).
 * Being answered is the event; giving up, being cut or dropped only says that the wait was at least that long.
 */
export interface SurvivalPoint {
  ms: number;
  /** P(wait > ms). */
  share: number;
}

/** @param waits ms; @param answered 1 where the wait ended with an agent. @returns the steps, at most `most` of them, the last one kept. */
export function kaplanMeier(waits: ArrayLike<number>, answered: ArrayLike<number>, most = 400): SurvivalPoint[] {
  const order = Uint32Array.from({ length: waits.length }, (_, i) => i).sort(
    (a, b) => waits[a]! - waits[b]! || answered[b]! - answered[a]!,
  );
  const points: SurvivalPoint[] = waits.length > 0 ? [{ ms: 0, share: 1 }] : [];
  let share = 1;
  for (let i = 0; i < order.length; ) {
    const ms = waits[order[i]!]!;
    const atRisk = order.length - i;
    let events = 0;
    for (; i < order.length && waits[order[i]!] === ms; i++) events += answered[order[i]!]!;
    if (events === 0) continue;
    share *= 1 - events / atRisk;
    if (ms === 0) points[0] = { ms, share };
    else points.push({ ms, share });
  }
  if (points.length <= most) return points;
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * step)]!);
}
