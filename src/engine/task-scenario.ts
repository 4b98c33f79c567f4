/** The scenario's own `setup()` before the load and `teardown()` after it, each once in the whole run. */
import { CallsurgeError } from '../errors.ts';
import type { RunState } from './run-state.ts';
import { hangUpAll } from './task-load.ts';
import type { Task } from './tasks.ts';
import { PHASES } from './worker-init.ts';

export const scenarioTask = (run: RunState): Task => ({
  name: 'scenario',
  async setup() {
    const work = run.workers!.leader.run(PHASES.setup);
    const data = await run.unlessStopped(
      run.within(run.request.options.setupTimeoutMs, work, late('setup', run.request.options.setupTimeoutMs)),
    );
    if (data) run.setup = { data: data.values().next().value };
  },
  /** As in k6, only where setup() came to its end; else what it may have left open is hung up. */
  async teardown() {
    if (!run.setup) return void (await hangUpAll(run, 'setup() did not come to its end'));
    const { leader } = run.workers!;
    const { teardownTimeoutMs } = run.request.options;
    await run.within(teardownTimeoutMs, leader.run(PHASES.teardown, { worker: leader.members[0] }), late('teardown', teardownTimeoutMs));
  },
});

const late = (name: string, ms: number) => () => new CallsurgeError('scenario-threw', `${name}() took longer than ${ms / 1000} s`);
