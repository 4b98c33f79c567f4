/** Our side of the network as the profile says it: which transports, which certificates, and one line for each that cannot be used. */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import { checkTargets, liveTrunks } from '../../src/engine/live-vendor.ts';
import { openOurSide, tlsSide, transportsOf } from '../../src/engine/sip-side.ts';
import { parseDrops, udpPorts } from '../../src/engine/socket-drops.ts';
import type { Trunk, VendorProfile } from '../../src/vendor/profile.ts';
import { makeAuthority } from '../sip/certificates.ts';

const authority = makeAuthority();
afterAll(() => authority.remove());
const pair = authority.issue(['DNS:us.example']);
const other = authority.issue(['DNS:us.example']);
const expired = authority.issue(['DNS:us.example'], { from: -20, to: -1 });

const vendorWith = (trunks: Omit<Trunk, 'name'>[], local: VendorProfile['local'] = {}): VendorProfile => ({
  name: 'vendor-a',
  trunks: trunks.map((trunk, i) => ({ name: `t${i}`, ...trunk })),
  local,
  contract: {
    targets: ['127.0.0.1'],
    called: ['400xxxxxxx'],
    callers: ['5550xxxx'],
    maxCallsPerSecond: 1,
    maxChannels: 1,
    contact: { name: 'NOC' },
  },
});
const tlsOf = (tls: NonNullable<NonNullable<VendorProfile['local']>['tls']>, env: Record<string, string> = {}) =>
  tlsSide(vendorWith([{ host: '127.0.0.1' }], { tls }), env);

describe('certificates', () => {
  it('come from files, or from variables that hold a PEM or a file name', () => {
    expect(tlsSide(vendorWith([{ host: '127.0.0.1' }]), {})).toBeUndefined();
    expect(tlsOf({ ca: authority.caFile })!.ca).toBe(authority.ca);
    expect(tlsOf({ ca: { env: 'CA' } }, { CA: authority.ca })!.ca).toBe(authority.ca);
    expect(tlsOf({ cert: pair.certFile, key: { env: 'KEY' } }, { KEY: pair.keyFile })).toMatchObject({ cert: pair.cert, key: pair.key });
  });

  it('are refused in one line that names the field', () => {
    const rubbish = join(dirname(authority.caFile), 'rubbish.pem');
    writeFileSync(rubbish, 'no PEM');
    for (const [tls, where, what] of [
      [{ ca: '/nowhere/ca.pem' }, 'vendor.local.tls.ca', /cannot read \/nowhere\/ca\.pem: ENOENT/],
      [{ ca: rubbish }, 'vendor.local.tls.ca', /authority is not readable/],
      [{ cert: pair.certFile, key: other.keyFile }, 'vendor.local.tls.key', /does not belong to local\.tls\.cert/],
      [{ cert: pair.certFile, key: rubbish }, 'vendor.local.tls.key', /no private key/],
      [{ cert: expired.certFile, key: expired.keyFile }, 'vendor.local.tls.cert', /our certificate expired on/],
    ] as const)
      expect(() => tlsOf(tls)).toThrow(expect.objectContaining({ code: 'vendor-invalid', where, message: expect.stringMatching(what) }));
    expect(() => tlsOf({ ca: { env: 'CA' } })).toThrow(expect.objectContaining({ code: 'secret-missing' }));
  });
});

describe('trunks', () => {
  it('say host, port and transport, and leave the port to SRV records where it is not given', () => {
    const hop = (trunk: Omit<Trunk, 'name'>) => liveTrunks(vendorWith([trunk]), {})[0]!;
    expect(hop({ host: '127.0.0.1', transport: 'tls' }).nextHop).toEqual({ host: '127.0.0.1', port: 5061, transport: 'tls' });
    expect(hop({ host: 'v.example', transport: 'wss', tlsName: 'x.example' }).nextHop).toEqual({
      host: 'v.example',
      port: 443,
      transport: 'wss',
      srv: true,
      name: 'x.example',
    });
    expect(hop({ host: 'v.example', port: 5070 }).nextHop).toEqual({ host: 'v.example', port: 5070, transport: 'udp' });
    expect(hop({ host: '::1' }).domain).toBe('[::1]');
    expect(hop({ host: 'v.example', transport: 'tcp', proxy: { host: '127.0.0.1', port: 5090 }, keepAlive: '20s' })).toMatchObject({
      nextHop: { host: '127.0.0.1', port: 5090, transport: 'tcp' },
      route: ['<sip:127.0.0.1:5090;transport=tcp;lr>'],
      domain: 'v.example',
      keepAliveMs: 20_000,
    });
  });

  it('send nothing through a proxy that the contract does not name', () => {
    const vendor = vendorWith([{ host: '127.0.0.1', proxy: { host: '192.0.2.7' } }]);
    expect(() => checkTargets(vendor)).toThrow(
      expect.objectContaining({ code: 'contract-violation', where: 'vendor.trunks[0].proxy.host' }),
    );
  });

  it('open one stack for each transport, streams on ports of their own', async () => {
    const vendor = vendorWith([{ host: '127.0.0.1', transport: 'tcp' }, { host: '127.0.0.1' }, { host: '127.0.0.1', transport: 'tls' }], {
      sipPort: 7160,
      tls: { ca: authority.caFile, cert: pair.certFile, key: pair.keyFile },
    });
    expect(transportsOf(vendor)).toEqual(['tcp', 'udp', 'tls']);
    const options = { clock: new RealClock(), userAgent: 'test', idPrefix: 't' };
    const one = await openOurSide(vendor, 0, {}, options);
    expect(one.local).toEqual({ host: '127.0.0.1', port: 7160, transport: 'tcp' });
    const two = await openOurSide(vendor, 1, {}, options);
    expect(two.local.port).toBe(7162);
    expect(one.bound.map(({ port, transport }) => `${transport} ${port}`)).toEqual(['tcp 7160', 'udp 7160', 'tls 7161']);
    await expect(openOurSide(vendor, 0, {}, options)).rejects.toMatchObject({ code: 'port-in-use' });
    const ask = (transport: 'udp' | 'tcp', port: number) =>
      one.send({
        method: 'OPTIONS',
        requestUri: 'sip:x',
        fromUri: 'sip:a@b',
        toUri: 'sip:x',
        nextHop: { host: '127.0.0.1', port, transport },
      });
    expect(await ask('tcp', 7162)).toMatchObject({ response: { status: 200 } });
    expect(await ask('udp', 7162)).toMatchObject({ response: { status: 200 } });
    expect(two.stats().received).toBe(2);
    await Promise.all([one.close(), two.close()]);
  });

  it('has its datagram sockets watched for drops, whichever transport comes first', async () => {
    const options = { clock: new RealClock(), userAgent: 'test', idPrefix: 't' };
    const side = await openOurSide(vendorWith([{ host: '127.0.0.1', transport: 'tcp' }, { host: '127.0.0.1' }]), 0, {}, options);
    const [tcp, udp] = side.bound;
    expect(side.local).toEqual(tcp);
    // Each took any free port, so the first one's says nothing of the other's.
    expect(udpPorts(side.bound)).toEqual([udp!.port]);
    expect(parseDrops(await readFile('/proc/net/udp', 'utf8'), (port) => udpPorts(side.bound).includes(port)).size).toBe(1);
    await side.close();
  });
});
