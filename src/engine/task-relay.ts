/**
 * Our relay between generator and vendor (faults/relay.ts), where the fault plan or `surge.relay` asks for it. From here on the run speaks to the
 * relay: workers and probes get a profile whose trunks end there. What the record and the contract know is the real one.
 */
import { openRelay, type RelayTrunk } from '../faults/relay.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { bindAddress, isLoopback, mediaAddress } from './local-side.ts';
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
    const trunks = asked.map(
      ({ name, host, port, transport }): RelayTrunk => ({ name, host, port: port ?? 5060, transport: transport === 'tcp' ? 'tcp' : 'udp' }),
    );
    const own = bindAddress(vendor, 0);
    const relay = await openRelay({
      trunks,
      seed: surge.seed,
      clientHost: isLoopback(own) ? own : TOWARDS_US,
      vendorHost: await mediaAddress(vendor, own, trunks[0]!),
    });
    run.relay = relay;
    run.wire = through(vendor, (name) => (asked.some((trunk) => trunk.name === name) ? relay.next(name) : undefined));
    for (const { name, host, port } of trunks)
      run.record!.event({ kind: 'phase', name: 'relay', action: 'start', target: name, detail: { to: `${host}:${port}` } });
  },
  async teardown() {
    const { relay, request, record } = run;
    if (!relay) return;
    for (const { name } of request.vendor.trunks)
      if (run.wire.trunks.some((trunk) => trunk.name === name && trunk.port === relayPort(relay, name)))
        record!.event({ kind: 'phase', name: 'relay', action: 'end', target: name, detail: relay.counts(name) });
    await relay.close();
  },
});

const relayPort = (relay: { next(trunk: string): { port: number } }, trunk: string): number | undefined => {
  try {
    return relay.next(trunk).port;
  } catch {
    return undefined;
  }
};

/** The same vendor, reached through other addresses. The domains of its URIs stay. */
function through(vendor: VendorProfile, next: (trunk: string) => { host: string; port: number } | undefined): VendorProfile {
  return {
    ...vendor,
    trunks: vendor.trunks.map((trunk) => {
      const hop = next(trunk.name);
      return hop ? { ...trunk, ...hop, domain: trunk.domain ?? trunk.host } : trunk;
    }),
  };
}
