/**
 * A scenario file, found and run: its functions, its options as written, its title. Main thread and every worker load the same file themselves;
 * functions are never sent between threads.
 */
import { CallsurgeError, nearest } from '../errors.ts';
import { installGlobals } from './k6-globals.ts';
import { type DeclaredMetric, declaredMetrics } from './k6-metrics.ts';
import { type FileKind, importUserFile, shownPath, type UserFile } from './user-file.ts';

export type ScenarioFunction = (data?: unknown) => unknown;

export interface LoadedScenario extends UserFile {
  /** First sentence of the file's first doc comment, or the file's name. */
  title: string;
  /** `export const options`, unchecked. */
  rawOptions: unknown;
  /** `export const surge`, unchecked. */
  rawSurge: unknown;
  /** Every exported function by name; `default` among them. */
  functions: Record<string, ScenarioFunction>;
  setup: ScenarioFunction | undefined;
  teardown: ScenarioFunction | undefined;
  handleSummary: ScenarioFunction | undefined;
  /** Custom metrics that its init code declared. */
  metrics: DeclaredMetric[];
}

const SCENARIO: FileKind = {
  name: 'scenario',
  notFound: 'scenario-not-found',
  syntax: 'scenario-syntax',
  invalid: 'scenario-invalid',
  threw: 'scenario-threw',
};

/** Runs the file's init code. @throws CallsurgeError `scenario-not-found`, `-syntax`, `-invalid` or `-threw`, naming file and line. */
export async function loadScenario(path: string): Promise<LoadedScenario> {
  installGlobals();
  const loaded = await importUserFile(path, SCENARIO);
  const { exports, file } = loaded;
  const functions = Object.fromEntries(
    Object.entries(exports).filter((entry): entry is [string, ScenarioFunction] => typeof entry[1] === 'function'),
  );
  if (Object.keys(functions).filter((name) => !LIFECYCLE.includes(name)).length === 0)
    throw new CallsurgeError('scenario-invalid', 'no function is exported that callers could run', {
      where: shownPath(file),
      todo: 'write `export default async function () { … }`, or a named one and `exec`',
    });
  for (const name of LIFECYCLE)
    if (exports[name] !== undefined && !functions[name])
      throw new CallsurgeError('scenario-invalid', `${name} is exported but is not a function`, { where: shownPath(file) });
  return {
    ...loaded,
    title: titleOf(loaded.source) ?? file.slice(file.lastIndexOf('/') + 1).replace(/\.[^.]+$/, ''),
    rawOptions: exports.options,
    rawSurge: exports.surge,
    functions,
    setup: functions.setup,
    teardown: functions.teardown,
    handleSummary: functions.handleSummary,
    metrics: declaredMetrics(),
  };
}

const LIFECYCLE = ['setup', 'teardown', 'handleSummary'];

/** The function that a scenario of the options runs. @throws CallsurgeError `scenario-invalid`, with what is exported. */
export function functionFor(loaded: LoadedScenario, exec: string, scenario: string): ScenarioFunction {
  const callable = Object.keys(loaded.functions).filter((name) => !LIFECYCLE.includes(name));
  const found = callable.includes(exec) ? loaded.functions[exec] : undefined;
  if (found) return found;
  const meant = nearest(exec, callable);
  const what = exec === 'default' ? 'there is no default export to run' : `there is no exported function "${exec}"`;
  throw new CallsurgeError('scenario-invalid', what, {
    where: `scenarios.${scenario}.exec in ${shownPath(loaded.file)}`,
    todo: meant ? `did you mean ${meant}` : `exported are ${callable.join(', ')}`,
  });
}

/** First paragraph of the first doc comment, up to its first full stop. */
export function titleOf(source: string): string | undefined {
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(source)?.[1];
  const paragraph = comment
    ?.replace(/^\s*\*? ?/gm, '')
    .trim()
    .split(/\n\s*\n/)[0]
    ?.replace(/\s+/g, ' ');
  return paragraph?.replace(/^(.+?[.。！!?？])(\s.*|[^.]*)$/u, '$1').replace(/[.。]$/, '') || undefined;
}
