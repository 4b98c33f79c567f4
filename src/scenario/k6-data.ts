/**
 * `k6/data` for scenarios. A SharedArray is made once a thread (k6: once a process) and cannot be changed, so that no caller sees what another did
 * to it.
 */
import { CallsurgeError } from '../errors.ts';

const arrays = new Map<string, readonly unknown[]>();

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

class SharedArrayOf {
  constructor(name: string, make: () => unknown[]) {
    if (typeof name !== 'string' || name === '') throw new CallsurgeError('scenario-invalid', 'a SharedArray needs a name');
    let array = arrays.get(name);
    if (!array) {
      const made = make();
      if (!Array.isArray(made)) throw new CallsurgeError('scenario-invalid', `SharedArray ${name}: its function must return an array`);
      array = deepFreeze(made);
      arrays.set(name, array);
    }
    // biome-ignore lint/correctness/noConstructorReturn: `new SharedArray()` is an array, as in k6
    return array as unknown as SharedArrayOf;
  }
}

export const SharedArray = SharedArrayOf as unknown as new <T>(name: string, make: () => T[]) => readonly T[];
export default { SharedArray };
