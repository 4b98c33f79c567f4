/** k6's globals: `__ENV`, `__VU`, `__ITER`; `open()` says what to use. */
import { currentVuOrNone } from '../call/context.ts';
import { CallsurgeError } from '../errors.ts';
import { executionState } from './execution-state.ts';

let installed = false;

/** Once per thread. `__ENV` is the process's environment, and inside an iteration the scenario's own `env` before it. */
export function installGlobals(): void {
  if (installed) return;
  installed = true;
  const variable = (name: string): string | undefined => {
    const vu = currentVuOrNone();
    return (vu && executionState()?.scenario(vu.scenario)?.env[name]) ?? process.env[name];
  };
  const env = new Proxy({} as Record<string, string>, {
    get: (_, name) => (typeof name === 'string' ? variable(name) : undefined),
    has: (_, name) => typeof name === 'string' && variable(name) !== undefined,
    ownKeys: () => Object.keys(process.env),
    getOwnPropertyDescriptor: (_, name) => ({ value: variable(String(name)), enumerable: true, configurable: true }),
  });
  Object.defineProperties(globalThis, {
    __ENV: { value: env, configurable: true },
    /** 0 in init code, as in k6. */
    __VU: { get: () => currentVuOrNone()?.vu ?? 0, configurable: true },
    open: {
      value: () => {
        throw new CallsurgeError('scenario-invalid', "k6's open() is not available", { todo: "use readFileSync of 'node:fs'" });
      },
      configurable: true,
    },
    __ITER: { get: () => currentVuOrNone()?.iteration, configurable: true },
  });
}
