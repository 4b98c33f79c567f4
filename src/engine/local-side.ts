/** Our side of the network: which address, which ports, and what we say of them (vendor/profile.ts, `local`). */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CallsurgeError } from '../errors.ts';
import { type HostPort, ownAddress } from '../sip/index.ts';
import type { VendorProfile } from '../vendor/profile.ts';

/** RTP ports where the profile names none: below the usual ephemeral range. */
export const RTP_PORTS: [from: number, to: number] = [20_000, 32_000];

export const isLoopback = (host: string) => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Workers take the profile's addresses in turn; `index` from 0. */
export function bindAddress({ local, trunks }: VendorProfile, index: number): string {
  const addresses = local?.addresses;
  if (addresses && addresses.length > 0) return addresses[index % addresses.length]!;
  return trunks.every(({ host }) => isLoopback(host)) ? (trunks[0]!.host === '::1' ? '::1' : '127.0.0.1') : '0.0.0.0';
}

/** SIP port of worker `index` (from 0); the main thread, which probes, comes after the last worker. */
export function sipPortOf({ local }: VendorProfile, index: number): number {
  return local?.sipPort ? local.sipPort + index : 0;
}

/** Behind NAT: the address that the vendor sees; the port must be the one that the NAT forwards. @throws CallsurgeError `vendor-invalid` */
export function advertised(vendor: VendorProfile, index: number): HostPort | undefined {
  const { external, sipPort } = vendor.local ?? {};
  if (external === undefined) return undefined;
  if (sipPort) return { host: external, port: sipPortOf(vendor, index) };
  throw new CallsurgeError('vendor-invalid', 'behind an external address the SIP port cannot be any free one', {
    where: 'vendor.local.sipPort',
    todo: 'name the first port that is forwarded to this machine',
  });
}

/** Even parts of the RTP ports, each of whole pairs. @throws CallsurgeError `machine-limit` */
export function rtpSlice({ local }: VendorProfile, index: number, workers: number): { from: number; to: number } {
  const [from, to] = local?.rtpPorts ?? RTP_PORTS;
  const first = from + (from % 2);
  const pairs = Math.floor((to - first + 1) / 2 / workers);
  if (pairs < 1)
    throw new CallsurgeError('machine-limit', `the RTP ports ${from} to ${to} are too few for ${workers} workers`, {
      where: 'vendor.local.rtpPorts',
      todo: 'give at least two ports a call',
    });
  return { from: first + 2 * pairs * index, to: first + 2 * pairs * (index + 1) - 1 };
}

/** Address in our SDP: external, or bound, or the one that the way to the vendor starts from. */
export async function mediaAddress({ local }: VendorProfile, bound: string, towards: HostPort): Promise<string> {
  if (local?.external !== undefined) return local.external;
  if (bound !== '0.0.0.0' && bound !== '::') return bound;
  // A name may have SRV records alone; then the SIP side's own address is the best guess.
  const host = isIP(towards.host)
    ? towards.host
    : await lookup(towards.host).then(
        ({ address }) => address,
        () => undefined,
      );
  if (host === undefined) return ownAddress(bound);
  return new Promise((resolve, reject) => {
    // Connecting a UDP socket sends nothing: the kernel only looks up the route.
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(new CallsurgeError('vendor-unreachable', `there is no route to ${host}: ${error.message}`, { where: host }));
    });
    socket.connect(towards.port, host, () => {
      const { address } = socket.address();
      socket.close();
      resolve(address);
    });
  });
}
