/** Capacity trial: callers who hold the line together, or come one after the other. Written by callsurge itself, for `callsurge search`. */
import type { Call } from '../../call/call.ts';
import { dial } from '../../call/dial.ts';
import { instance } from '../k6-execution.ts';

/** Set by the search for each trial, as the scenario's `env` (engine/capacity-trial.ts). */
const setting = (name: string): string | undefined => (globalThis as unknown as { __ENV: Record<string, string | undefined> }).__ENV[name];

async function answered(): Promise<Call> {
  const call = await dial(setting('CALLSURGE_NUMBER')!, { intent: 'capacity' });
  await call.answered();
  const press = setting('CALLSURGE_PRESS');
  if (press) await call.press(press);
  return call;
}

/** Stays until the moment at which all of them hang up. */
export async function together() {
  const call = await answered();
  await call.wait(Math.max(0, Number(setting('CALLSURGE_UNTIL_MS')) - instance.currentTestRunDuration));
  await call.hangUp();
}

/** A short call: only its setting up is the point. */
export async function oneByOne() {
  const call = await answered();
  await call.wait(Number(setting('CALLSURGE_HOLD_MS')));
  await call.hangUp();
}
