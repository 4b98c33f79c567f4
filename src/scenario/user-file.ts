/**
 * Runs a user's TypeScript or JavaScript file (a scenario, a vendor profile) and turns whatever goes wrong into one line that names file, line
 * and what to do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CallsurgeError, type ErrorCode, messageOf } from '../errors.ts';
import { registerModuleHooks } from './module-hooks.ts';

/** Which errors to raise: a scenario's own, or one for everything. */
export interface FileKind {
  name: string;
  notFound: ErrorCode;
  syntax: ErrorCode;
  invalid: ErrorCode;
  threw: ErrorCode;
}

export interface UserFile {
  /** Absolute. */
  file: string;
  source: string;
  sha256: string;
  exports: Record<string, unknown>;
}

/** Imports the file in this thread; the second time it is the same module. @throws CallsurgeError of that kind's codes. */
export async function importUserFile(path: string, kind: FileKind): Promise<UserFile> {
  const file = resolve(path);
  const source = await readFile(file, 'utf8').catch((cause) => {
    const what = cause.code === 'EISDIR' ? `the ${kind.name} is a folder` : `the ${kind.name} file cannot be read: ${cause.code ?? cause}`;
    throw new CallsurgeError(kind.notFound, what, { where: path, todo: 'check the path', cause });
  });
  if (!/\.[cm]?[jt]s$/.test(file)) throw new CallsurgeError(kind.invalid, `a ${kind.name} is a .ts or .js file`, { where: path });
  registerModuleHooks();
  try {
    const exports = await import(pathToFileURL(file).href);
    return { file, source, sha256: createHash('sha256').update(source).digest('hex'), exports };
  } catch (thrown) {
    throw explain(thrown, file, kind);
  }
}

const UNSUPPORTED = [
  [/enum/, 'write a union of texts or a const object instead'],
  [/parameter property/, 'declare the field and assign it in the constructor'],
  [/namespace/, 'use a module'],
  [/import.*=|export.*=/, 'use ECMAScript imports and exports'],
] as const;

function explain(thrown: unknown, file: string, kind: FileKind): CallsurgeError {
  const because = (as: ErrorCode, what: string, where: string, todo?: string) =>
    new CallsurgeError(as, what, { where: shownPath(where), todo, cause: thrown });
  if (thrown instanceof CallsurgeError) {
    if (thrown.where?.startsWith('/')) return because(thrown.code, thrown.message, thrown.where, thrown.todo);
    const where = [thrown.where, shownPath(lineOf(thrown) ?? file)].filter(Boolean).join(' in ');
    return new CallsurgeError(thrown.code, thrown.message, { where, todo: thrown.todo, cause: thrown });
  }
  const code = (thrown as { code?: string } | null)?.code;
  const message = messageOf(thrown);

  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const todo = UNSUPPORTED.find(([pattern]) => pattern.test(message))?.[1];
    return because(kind.syntax, `${message.replace(' in strip-only mode', '')}: types are only stripped`, lineOf(thrown) ?? file, todo);
  }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
    return because(kind.invalid, 'TypeScript inside node_modules is not run', file, `copy the ${kind.name} out of node_modules`);
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
    const importer = /imported from (.+)$/.exec(message)?.[1] ?? file;
    const relative = /module '(?:[^']*)'/.test(message);
    const todo = relative ? 'imports name the file with its extension, as ./curve.ts' : 'install it beside the file';
    return because(kind.invalid, message.replace(/ imported from .*/, ''), importer, todo);
  }
  if (thrown instanceof SyntaxError) {
    const missing = /'(.+)' does not provide an export named '(.+)'/.exec(message);
    const where = lineOf(thrown) ?? checkedLine(file) ?? file;
    if (missing) return because(kind.invalid, `${missing[1]} has no export ${missing[2]}`, where, exportHint(missing[1]!, missing[2]!));
    return because(
      kind.syntax,
      message,
      where,
      /unexpected token/.test(message) ? 'decorators cannot run: types are only stripped' : undefined,
    );
  }
  return because(kind.threw, `the ${kind.name} threw while loading: ${message}`, lineOf(thrown) ?? file);
}

function exportHint(module: string, name: string): string {
  if (name === 'sleep') return "k6's sleep blocks and cannot exist here: `import { sleep } from 'callsurge'` and write `await sleep('1s')`";
  if (name === 'group') return 'there are no groups here: tag the scenario, or write a function';
  if (name === 'randomSeed') return 'write `export const surge = { seed: … }`: every caller draws from a stream of that seed';
  if (/^k6|k6-/.test(module) || /^[A-Z]/.test(name)) return 'if it is a type, write `import type`';
  return 'check the name';
}

/** Node's heading over a syntax error, and a frame of a stack. */
const HEADING = /^(\/.+|file:\/\/\/.+):(\d+)$/m;
const FRAME = /(file:\/\/\/[^\s)]+?):(\d+):\d+\)?$/;
const pathOf = (place: string) => (place.startsWith('file:') ? fileURLToPath(place) : place);

/** As short as it can be said from here: relative where it lies below the working folder. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

/** Our own modules; scenarios that come with callsurge are a user's files all the same. */
const ours = fileURLToPath(new URL('../', import.meta.url));
const isUsers = (path: string) => !path.startsWith(ours) || path.startsWith(`${ours}scenarios/`);

/** `file:line` of the first frame or heading of the stack that lies in a user's file, imported ones included. */
function lineOf(thrown: unknown): string | undefined {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  for (const line of stack.split('\n')) {
    const place = HEADING.exec(line) ?? FRAME.exec(line);
    if (!place) continue;
    const path = pathOf(place[1]!);
    if (isUsers(path)) return `${path}:${place[2]}`;
  }
  return undefined;
}

/** V8 does not tell where a module's syntax error is; `node --check` does, and only runs where there is one. */
function checkedLine(file: string): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8', timeout: 10_000 });
  const place = HEADING.exec(stderr ?? '');
  return place ? `${pathOf(place[1]!)}:${place[2]}` : undefined;
}
