/** Opens the main thread's own SIP port and asks whether the vendor is there. Nothing else has been sent before. */
import { CallsurgeError } from '../errors.ts';
import { createSipStack } from '../sip/index.ts';
import { contractRules } from '../vendor/contract.ts';
import { liveTrunks } from './live-vendor.ts';
import { advertised, bindAddress, sipPortOf } from './local-side.ts';
import { preflight } from './probes.ts';
import type { RunState } from './run-state.ts';
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
    run.stack = await createSipStack({
      clock: run.clock,
      bind: { host: bindAddress(run.wire, workers), port: sipPortOf(vendor, workers), transport: trunks[0]!.nextHop.transport },
      advertise: advertised(vendor, workers),
      userAgent: 'callsurge',
      idPrefix: 'm',
    });
    for (const { trunk, why } of await preflight(run.stack, trunks)) run.record!.warn('preflight', `trunk ${trunk}: ${why}`, trunk);
  },
  async teardown() {
    await run.stack?.close();
  },
});
