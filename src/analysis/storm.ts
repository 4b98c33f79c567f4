/**
 * A retry storm over a curve of arrivals, as a fluid: what flows in at each moment, who is served, who gives up or is refused, and who comes again how
 * long after. Deterministic: it shows what the means do, not their scatter, which near full load loses some callers more.
 *
 *            ┌────────────── after, exponential ◀──────────┐ probability, while tries are left
 *   λ(t) ──▶ in the system (n rung for and served at µ, the rest leave at θ; no more than K fit in) ──▶ lost
 *                      └──▶ served
 */
import type { Redials } from './redials.ts';

export interface FluidQueue {
  agents: number;
  handlingMs: number;
  /** From the offer to the agent's answer: the agent is taken, and the caller may still give up. Default 0. */
  ringMs?: number;
  /** Mean; Infinity: nobody gives up. */
  patienceMs: number;
  /** Callers and talks that fit in; Infinity: all. */
  places: number;
}

export interface Storm {
  /** Tries per second in each step: first calls and redials. */
  rate: number[];
  peakRate: number;
  /** Middle of the step with the peak, ms. */
  peakAtMs: number;
  /** First calls, and all. */
  callers: number;
  calls: number;
  /** Most waiting and talking at once; and most who wait to call again. */
  peakInside: number;
  peakOutside: number;
  served: number;
  /** For good: enough of it, or no tries left. */
  lost: number;
  /** Still in the system, or about to call again, at the end. */
  left: number;
}

/** Of the shortest time constant, and in all: a plan must not take long. */
const FINENESS = 20;
const MOST_STEPS = 400_000;

/** @param arrivals first calls per second, in equal steps */
export function stormOver(arrivals: { stepMs: number; rate: readonly number[] }, queue: FluidQueue, redials: Redials): Storm {
  const { agents, handlingMs, ringMs = 0, patienceMs, places } = queue;
  // Of those rung for, who gives up before the answer; an agent is free again after the ringing, and after the call where there is one.
  const rung = Number.isFinite(patienceMs) ? ringMs / (ringMs + patienceMs) : 0;
  const takenMs = ringMs + (1 - rung) * handlingMs;
  const { probability, tries, afterMs } = redials;
  const { stepMs } = arrivals;
  const shortest = Math.min(stepMs, Math.min(takenMs, patienceMs, Math.max(afterMs, 1)) / FINENESS);
  const parts = Math.max(1, Math.ceil(stepMs / Math.max(shortest, (stepMs * arrivals.rate.length) / MOST_STEPS)));
  const dt = stepMs / parts;
  /** By number of the try: in the system, and waiting for the next one. */
  const inside = new Float64Array(tries);
  const outside = new Float64Array(tries);
  const inflow = new Float64Array(tries);
  const storm: Storm = {
    rate: [],
    peakRate: 0,
    peakAtMs: 0,
    callers: 0,
    calls: 0,
    peakInside: 0,
    peakOutside: 0,
    served: 0,
    lost: 0,
    left: 0,
  };
  for (const [step, first] of arrivals.rate.entries()) {
    let tried = 0;
    for (let part = 0; part < parts; part++) {
      inflow[0] = (first / 1000) * dt;
      let coming = inflow[0];
      for (let i = 1; i < tries; i++) {
        // Exactly that share of an exponential wait ends within dt.
        const back = afterMs > 0 ? outside[i - 1]! * -Math.expm1(-dt / afterMs) : outside[i - 1]!;
        outside[i - 1]! -= back;
        inflow[i] = back;
        coming += back;
      }
      const all = inside.reduce((sum, n) => sum + n, 0);
      const talking = Math.min(all, agents);
      const free = Math.min(all, (talking / takenMs) * dt);
      const gone = rung * free + Math.min(all - free, ((all - talking) / patienceMs) * dt);
      const served = (1 - rung) * free;
      const room = Math.max(0, places - (all - served - gone));
      const refused = coming > room ? 1 - room / coming : 0;
      for (let i = 0; i < tries; i++) {
        const share = all > 0 ? inside[i]! / all : 0;
        const came = inflow[i]!;
        inside[i]! += came * (1 - refused) - share * (served + gone);
        const nothing = came * refused + share * gone;
        const again = i + 1 < tries ? probability * nothing : 0;
        outside[i]! += again;
        storm.lost += nothing - again;
      }
      storm.served += served;
      storm.callers += inflow[0]!;
      tried += coming;
      storm.peakInside = Math.max(
        storm.peakInside,
        inside.reduce((sum, n) => sum + n, 0),
      );
      storm.peakOutside = Math.max(
        storm.peakOutside,
        outside.reduce((sum, n) => sum + n, 0),
      );
    }
    storm.calls += tried;
    const rate = (tried * 1000) / stepMs;
    storm.rate.push(rate);
    if (rate <= storm.peakRate) continue;
    storm.peakRate = rate;
    storm.peakAtMs = (step + 0.5) * stepMs;
  }
  storm.left = [...inside, ...outside].reduce((sum, n) => sum + n, 0);
  return storm;
}
