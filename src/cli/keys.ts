/**
 * Keys during a run, on a terminal: f fault, a alarm, t ticket, e engineer, w workaround, x fixed. In raw mode the terminal no longer turns Ctrl-C
 * into a signal, so that is done here.
 */
import type { Mark, MarkType } from '../faults/mark.ts';
import { BY_HAND_ERROR_MS } from '../faults/mark.ts';

const MARK_KEYS: Readonly<Record<string, MarkType>> = {
  f: 'fault',
  a: 'alarm',
  t: 'ticket',
  e: 'engineer',
  w: 'workaround',
  x: 'fixed',
};

/** What is needed of `process.stdin`. */
export interface KeyInput {
  isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', hear: (data: Buffer | string) => void): unknown;
  off(event: 'data', hear: (data: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const CTRL_C = '\u0003';

/** @returns what gives the terminal back. Without a terminal nothing is done. */
export function watchKeys(
  input: KeyInput,
  now: () => number,
  hear: { mark(mark: Mark): void; interrupt(): void; say(text: string): void },
): () => void {
  if (!input.isTTY || !input.setRawMode) return () => {};
  const onData = (data: Buffer | string) => {
    for (const key of data.toString()) {
      if (key === CTRL_C) {
        hear.interrupt();
        continue;
      }
      const type = MARK_KEYS[key.toLowerCase()];
      if (!type) continue;
      hear.mark({ type, by: 'buyer', at: now(), errorMs: BY_HAND_ERROR_MS });
      hear.say(`marked: ${type}`);
    }
  };
  input.setRawMode(true);
  input.resume();
  input.on('data', onData);
  hear.say(
    `keys: ${Object.entries(MARK_KEYS)
      .map(([key, type]) => `${key} ${type}`)
      .join(' · ')}`,
  );
  return () => {
    input.off('data', onData);
    input.setRawMode?.(false);
    input.pause();
  };
}
