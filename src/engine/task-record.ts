/** Checks what can be checked without sending anything, and makes the run folder with its journal. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs } from '../duration.ts';
import { MARK_URL_FILE } from '../faults/mark.ts';
import { planFaults } from '../faults/plan.ts';
import { RunFolder } from '../record/journal.ts';
import { checkSecrets } from '../vendor/secrets.ts';
import { checkTargets } from './live-vendor.ts';
import { RunRecord } from './run-record.ts';
import type { RunState } from './run-state.ts';
import { tlsSide } from './sip-side.ts';
import type { Task } from './tasks.ts';

export const recordTask = (run: RunState): Task => ({
  name: 'record',
  async setup() {
    const { dir, options, surge, vendor, workers, alarms } = run.request;
    checkSecrets(vendor);
    checkTargets(vendor);
    tlsSide(vendor, process.env);
    run.faultPlan = planFaults(surge, vendor);
    run.folder = RunFolder.create(dir, { onProblem: (error) => run.end({ reason: 'error', error }) });
    run.folder.writeMeta(run.meta);
    const within = vendor.claims?.serviceLevel?.within;
    const serviceLevelMs = within === undefined ? undefined : durationMs(within, 'vendor.claims.serviceLevel.within');
    const record = new RunRecord(run.clock, run.folder, run.watchers, options.thresholds, serviceLevelMs);
    run.record = record;
    record.event({ kind: 'run', action: 'start', t_ms: run.meta.startMs });
    for (const warning of options.warnings) record.warn('option', warning);
    const asked = workers + run.surplusWorkers;
    if (asked > workers) record.warn('workers', `${workers} workers instead of ${asked}: more would have no VU`);
    if (!alarms) return;
    alarms.listen((row) => record.write('events', row));
    // Readable by whoever started the run alone: who knows it may write into the record.
    writeFileSync(join(run.folder.dir, MARK_URL_FILE), `${alarms.markUrl}\n`, { mode: 0o600 });
  },
  async teardown() {
    if (run.folder) rmSync(join(run.folder.dir, MARK_URL_FILE), { force: true });
  },
});
