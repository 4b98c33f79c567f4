/**
 * What `import … from 'callsurge'` and `from 'k6…'` mean in a user's file, wherever it lies: our own modules beside this one, TypeScript in
 * the repository and JavaScript when installed. Synchronous hooks of this thread (node:module), so every worker registers its own.
 */
import { readFileSync } from 'node:fs';
import { type ResolveHookSync, registerHooks } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CallsurgeError } from '../errors.ts';

const here = import.meta.url;
const own = (module: string) => new URL(module + extname(here), here).href;

const OURS: Record<string, string> = {
  callsurge: own('../index'),
  k6: own('k6'),
  'k6/metrics': own('k6-metrics'),
  'k6/execution': own('k6-execution'),
  'k6/data': own('k6-data'),
};

let registered = false;

/** Once per thread; again does nothing. */
export function registerModuleHooks(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = OURS[specifier];
      if (url) return { url, shortCircuit: true };
      if (/^k6(\/|$)|^https?:/.test(specifier)) throw unavailable(specifier, context.parentURL);
      return asModule(nextResolve(specifier, context));
    },
  });
}

type Resolved = ReturnType<ResolveHookSync>;

/**
 * k6's scripts are ES modules whatever a package.json says, and npm writes `"type": "commonjs"` into new ones: a .ts or .js file outside of
 * node_modules that is written as a module is run as one.
 */
function asModule(resolved: Resolved): Resolved {
  const { url, format } = resolved;
  if (format === 'module' || format === 'module-typescript' || !url.startsWith('file:')) return resolved;
  if (!/\.[jt]s$/.test(url) || url.includes('/node_modules/') || !writtenAsModule(fileURLToPath(url))) return resolved;
  return { ...resolved, format: url.endsWith('.ts') ? 'module-typescript' : 'module' };
}

function writtenAsModule(file: string): boolean {
  try {
    return /^\s*(import\b[^(.]*['"{*]|export\b)/m.test(readFileSync(file, 'utf8'));
  } catch {
    // Not there: Node says so, with the name of who wanted it.
    return false;
  }
}

function unavailable(specifier: string, parent: string | undefined): CallsurgeError {
  const todo =
    specifier === 'k6/options'
      ? "it holds types alone: write `import type { Options } from 'k6/options'`"
      : specifier === 'k6/http'
        ? "place calls with `dial` of 'callsurge', and use Node's own fetch() for HTTP"
        : specifier.startsWith('http')
          ? 'keep a copy beside the scenario and import that'
          : `of k6's modules there are ${Object.keys(OURS)
              .filter((name) => name.startsWith('k6'))
              .join(', ')}`;
  return new CallsurgeError('scenario-invalid', `${specifier} cannot be imported here`, {
    where: parent?.startsWith('file:') ? fileURLToPath(parent) : parent,
    todo,
  });
}
