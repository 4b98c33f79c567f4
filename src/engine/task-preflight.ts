/** Opens the main thread's own SIP port and asks whether the vendor is there. Nothing else has been sent before. */
import { CallsurgeError } from '../errors.ts';
import { contractRules } from '../vendor/contract.ts';
import { liveTrunks } from './live-vendor.ts';
import { OwnSide } from './own-side.ts';
import { preflight } from './probes.ts';
import type { RunState } from './run-state.ts';
import { openOurSide } from './sip-side.ts';
import type { Task } from './tasks.ts';

export const preflightTask = (run: RunState): Task => ({
  name: 'preflight',
  async setup() {
    const { vendor, workers } = run.request;
    if (!contractRules(vendor.contract).open(run.clock.now()))
      throw new CallsurgeError('contract-violation', 'the contract allows no load at this hour', {
        where: 'contract.hours',
        todo: 'run it in a permitted window, or agree on another with the vendor',
      });
    const trunks = liveTrunks(run.wire, process.env);
    const own = new OwnSide(run.wire, workers, run.clock);
    run.own = own;
    const options = { clock: run.clock, userAgent: 'callsurge', idPrefix: 'm', names: own.names, address: own.address };
    run.stack = await openOurSide(run.wire, workers, process.env, options);
    for (const { trunk, why } of await preflight(run.stack, trunks)) run.record!.warn('preflight', `trunk ${trunk}: ${why}`, trunk);
  },
  async teardown() {
    await run.stack?.close();
  },
});
