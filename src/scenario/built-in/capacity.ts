/** Capacity trial: callers who hold the line together, or come one after the other. Written by callsurge itself, for `callsurge search`. */
import type { Call } from '../../call/call.ts';
import { dial } from '../../call/dial.ts';
import { sleep } from '../../call/sleep.ts';
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
  await turn(Number(setting('CALLSURGE_PER_SECOND')), Number(setting('CALLSURGE_SECOND_MS')));
  const call = await answered();
  await call.wait(Number(setting('CALLSURGE_HOLD_MS')));
  await call.hangUp();
}

/** When this thread's last calls went out, oldest at `next`: one slot for each call of a second. */
const sent: number[] = [];
let next = 0;

/**
 * After a pause of ours the schedule catches up with a burst, which a vendor that counts the calls of each second would rightly refuse. So a call
 * waits until fewer than `perSecond` went out in the second (and a little, `secondMs`) before it. The callers of a thread share this on purpose.
 */
async function turn(perSecond: number, secondMs: number): Promise<void> {
  const slot = next;
  next = (next + 1) % perSecond;
  const elapsed = () => instance.currentTestRunDuration;
  const now = elapsed();
  const at = Math.max(now, (sent[slot] ?? Number.NEGATIVE_INFINITY) + secondMs);
  sent[slot] = at;
  if (at <= now) return;
  await sleep(at - now);
  // A timer may wake late, and the next call of this slot counts from when this one really went out.
  sent[slot] = Math.max(at, elapsed());
}
