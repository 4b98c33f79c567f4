/** `run.json` read back: what every report takes for granted is looked at here, once; the rest (vendor, options, surge, plan) by those who use it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { CallsurgeError, messageOf } from '../errors.ts';
import { LAST_DATE_MS } from './cells.ts';
import { META_FILE } from './journal.ts';
import type { RunMeta } from './schema.ts';

const TIME = v.pipe(v.number(), v.minValue(-LAST_DATE_MS), v.maxValue(LAST_DATE_MS));
const COUNT = v.pipe(v.number(), v.finite());

const META = v.looseObject({
  run: v.string(),
  callsurge: v.string(),
  node: v.string(),
  machine: v.looseObject({ cpus: COUNT, model: v.string(), memoryMb: COUNT, platform: v.string() }),
  scenario: v.looseObject({ file: v.string(), sha256: v.string(), title: v.string() }),
  seed: COUNT,
  workers: COUNT,
  startMs: TIME,
  loadStartMs: v.nullable(TIME),
  end: v.nullable(
    v.looseObject({
      endMs: TIME,
      how: v.picklist(['finished', 'signal', 'aborted', 'failed']),
      why: v.nullable(v.string()),
      exitCode: COUNT,
    }),
  ),
});

export const invalidFolder = (where: string, what: string, cause?: unknown) =>
  new CallsurgeError('run-folder-invalid', what, { where, todo: 'give a folder that `callsurge run` has written', cause });

/** @throws CallsurgeError `run-folder-invalid`, naming the first field that is not as `run` writes it */
export function readMeta(dir: string): RunMeta {
  const file = join(dir, META_FILE);
  if (!existsSync(file)) throw invalidFolder(dir, `there is no ${META_FILE} in it`);
  let meta: unknown;
  try {
    meta = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw invalidFolder(file, `it cannot be read: ${messageOf(cause)}`, cause);
  }
  const format = (meta as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format !== 1) throw invalidFolder(file, `its format is ${format}, this callsurge reads 1`);
  const { success, issues } = v.safeParse(META, meta, { abortEarly: true });
  const field = issues?.[0] && v.getDotPath(issues[0]);
  if (!success || format !== 1)
    throw invalidFolder(file, `it is not the record of a run${field ? `: ${field} is not as a run writes it` : ''}`);
  return meta as RunMeta;
}
