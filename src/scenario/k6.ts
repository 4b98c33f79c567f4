/**
 * The module `k6` for scenarios. `sleep` and `group` are absent on purpose: k6's block, which nothing here can, and an import of them fails
 * before anything is sent (user-file.ts says what to use); through the default export they fail when called.
 */
import { CallsurgeError } from '../errors.ts';
import { emitSample } from './sample-sink.ts';

/**
 * Looks at a value and records each answer in the rate `checks`, tag `check`. Never ends the iteration.
 * @returns whether all held. @throws CallsurgeError `verb-misused` for a promise: await it first; and what a checker throws, after recording false.
 */
export function check<T>(value: T, checkers: { [description: string]: (value: T) => unknown }, tags: object = {}): boolean {
  refusePromise(value, 'its value');
  let all = true;
  for (const [description, checker] of Object.entries(checkers)) {
    let held = false;
    try {
      const answer = typeof checker === 'function' ? checker(value) : checker;
      refusePromise(answer, `"${description}"`);
      held = Boolean(answer);
    } finally {
      emitSample('checks', 'rate', Number(held), { ...tags, check: description });
    }
    all &&= held;
  }
  return all;
}

/** Ends this iteration as failed, as if it had thrown. */
export function fail(message = 'fail() was called'): never {
  throw new Error(message);
}

function refusePromise(value: unknown, what: string): void {
  if (typeof (value as { then?: unknown } | null)?.then !== 'function') return;
  // It is nobody's any more: its rejection must not end the process.
  (value as Promise<unknown>).then(undefined, () => {});
  throw new CallsurgeError('verb-misused', `check() was given a promise as ${what}`, { todo: 'await it first: check(await …, { … })' });
}

const absent = (name: string, todo: string) => () => {
  throw new CallsurgeError('verb-misused', `k6's ${name}() is not available`, { todo });
};

export default {
  check,
  fail,
  sleep: absent('sleep', "write `await sleep('1s')` with sleep of 'callsurge'"),
  group: absent('group', 'tag the scenario, or write a function'),
};
