/** `run.json`: what the rows cannot say. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { basename, relative } from 'node:path';
import type { RunMeta } from '../record/schema.ts';
import { withoutSecrets } from '../vendor/secrets.ts';
import type { RunRequest } from './request.ts';

export function metaOf(request: RunRequest, startMs: number): RunMeta {
  const { scenario, options, surge, vendor, version, workers, planFigures } = request;
  return {
    format: 1,
    run: basename(request.dir),
    callsurge: version,
    node: process.version,
    machine: {
      cpus: availableParallelism(),
      model: cpus()[0]?.model ?? 'unknown',
      memoryMb: Math.round(totalmem() / 2 ** 20),
      platform: `${process.platform} ${process.arch}`,
    },
    // The record is shared: where the file lies on this machine is nobody's business.
    scenario: { file: sharedName(scenario.file), sha256: scenario.sha256, title: scenario.title },
    vendor: withoutSecrets(vendor),
    options: options.merged,
    surge,
    plan: planFigures ?? null,
    seed: surge.seed,
    workers,
    startMs,
    loadStartMs: null,
    end: null,
  };
}

/** As seen from the working folder; the bare name of a file outside it. */
function sharedName(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || short === '' ? basename(path) : short;
}
