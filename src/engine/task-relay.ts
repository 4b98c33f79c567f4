/**
 * Our relay between generator and vendor (faults/relay.ts, on a thread of its own: relay-host.ts), where the fault plan or `surge.relay` asks for it.
 * From here on the run speaks to the relay: workers and probes get a profile whose trunks end there. What the record and the contract know is the
 * real one.
 */
import { CallsurgeError } from '../errors.ts';
import type { RelayTrunk } from '../faults/relay.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { bindAddress, isLoopback, mediaAddress } from './local-side.ts';
import { startRelay } from './relay-host.ts';
import type { RunState } from './run-state.ts';
import type { Task } from './tasks.ts';

const TOWARDS_US = '127.0.0.1';

export const relayTask = (run: RunState): Task => ({
  name: 'relay',
  async setup() {
    const { vendor, surge } = run.request;
    const faults = surge.faults.flatMap(({ do: action }) => (action.kind === 'relay' ? [action] : []));
    const asked = vendor.trunks.filter(({ name }) => surge.relay || faults.some(({ trunk }) => trunk === undefined || trunk === name));
    if (asked.length === 0) return;
    const trunks = asked.map(({ name, host, port, transport, proxy }): RelayTrunk => {
      const hop = proxy ?? { host, port };
      return { name, host: hop.host, port: hop.port ?? 5060, transport: transport === 'tcp' ? 'tcp' : 'udp' };
    });
    const own = bindAddress(vendor, 0);
    run.relay = await startRelay({
      options: {
        trunks,
        seed: surge.seed,
        clientHost: isLoopback(own) ? own : TOWARDS_US,
        vendorHost: await mediaAddress(vendor, own, trunks[0]!),
      },
      anchor: run.anchor,
      second: (second) => run.seconds?.takeRelay(second),
      crashed: (why) => {
        run.record?.warn('relay', `our relay ended: ${why}; no call can be made any more`);
        run.end({ reason: 'error', error: new CallsurgeError('internal', `our relay ended: ${why}`) });
      },
    });
    run.wire = through(vendor, (name) => run.relay!.next(name));
    for (const { name, host, port } of trunks)
      run.record!.event({ kind: 'phase', name: 'relay', action: 'start', target: name, detail: { to: `${host}:${port}` } });
  },
  async teardown() {
    const told = await run.relay?.close();
    for (const [target, counts] of Object.entries(told?.counts ?? {}))
      run.record!.event({ kind: 'phase', name: 'relay', action: 'end', target, detail: { ...counts, ...told!.worst } });
  },
});

/** The same vendor, reached through other addresses. The domains of its URIs stay. */
function through(vendor: VendorProfile, next: (trunk: string) => { host: string; port: number } | undefined): VendorProfile {
  return {
    ...vendor,
    trunks: vendor.trunks.map((trunk) => {
      const hop = next(trunk.name);
      if (!hop) return trunk;
      const domain = trunk.domain ?? trunk.host;
      return trunk.proxy ? { ...trunk, proxy: hop, domain } : { ...trunk, ...hop, domain };
    }),
  };
}
