/** A run.json as a run writes it at its start. */
import type { RunMeta } from '../../src/record/schema.ts';

export const META: RunMeta = {
  format: 1,
  run: 'r',
  callsurge: '1.0.0',
  node: 'v24.0.0',
  machine: { cpus: 2, model: 'any', memoryMb: 1024, platform: 'linux' },
  scenario: { file: 'scenario.ts', sha256: '', title: 'a title' },
  vendor: null,
  options: null,
  surge: null,
  plan: null,
  seed: 1,
  workers: 1,
  startMs: 1e12,
  loadStartMs: null,
  end: null,
};
