/** Our SIP side as the profile says it: addresses, transports, TLS, name servers. Files and variables are read here, before anything is sent. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { CallsurgeError, messageOf } from '../errors.ts';
import { createSipStacks, nameService, type SipStack, type SipStackOptions, type TlsSide, type TransportName } from '../sip/index.ts';
import type { Secret, VendorProfile } from '../vendor/profile.ts';
import { readSecret } from '../vendor/secrets.ts';
import { advertised, bindAddress, sipPortOf } from './local-side.ts';

type Environment = Record<string, string | undefined>;

export type OurSide = Pick<
  SipStackOptions,
  'clock' | 'userAgent' | 'idPrefix' | 'call' | 'problem' | 'connectionLost' | 'trace' | 'tap' | 'names' | 'address'
>;

/**
 * Opens what the profile's trunks and registrars need to be spoken to. `index`: worker, from 0; the main thread comes after the last.
 * @throws CallsurgeError `port-in-use`, `vendor-invalid`, `secret-missing`, `usage`
 */
export function openOurSide(vendor: VendorProfile, index: number, env: Environment, options: OurSide): Promise<SipStack> {
  const transports = transportsOf(vendor);
  const streams = Math.max(1, transports.filter((transport) => transport !== 'udp').length);
  return createSipStacks({
    ...options,
    bind: { host: bindAddress(vendor, index), port: sipPortOf(vendor, index * streams) },
    transports,
    advertise: advertised(vendor, index * streams),
    tls: tlsSide(vendor, env),
    wsPath: vendor.trunks.find(({ path }) => path !== undefined)?.path,
    names: options.names ?? (vendor.local?.nameServers && nameService(vendor.local.nameServers)),
  });
}

/** Of every trunk and registrar, the first trunk's first. */
export function transportsOf({ trunks, agents }: VendorProfile): TransportName[] {
  const all = [
    ...trunks.map(({ transport }) => transport),
    ...(agents ?? []).flatMap(({ registrar }) => (registrar ? [registrar.transport] : [])),
  ];
  return [...new Set(all.map((transport) => transport ?? 'udp'))];
}

/**
 * Certificates and key of `local.tls`, read and held against each other. Undefined where the profile has none.
 * @throws CallsurgeError `vendor-invalid`, `secret-missing`
 */
export function tlsSide({ local }: VendorProfile, env: Environment): TlsSide | undefined {
  const tls = local?.tls;
  if (!tls) return undefined;
  const side: TlsSide = {
    ca: tls.ca === undefined ? undefined : pem(tls.ca, 'vendor.local.tls.ca', env),
    cert: tls.cert === undefined ? undefined : pem(tls.cert, 'vendor.local.tls.cert', env),
    key: tls.key === undefined ? undefined : pem(tls.key, 'vendor.local.tls.key', env),
    minVersion: tls.minVersion,
  };
  if (side.ca !== undefined) certificate(side.ca, 'vendor.local.tls.ca', 'the certificate of the authority');
  if (side.cert !== undefined && side.key !== undefined) {
    const own = certificate(side.cert, 'vendor.local.tls.cert', 'our certificate');
    let key: ReturnType<typeof createPrivateKey>;
    try {
      key = createPrivateKey(side.key);
    } catch (error) {
      throw invalid('vendor.local.tls.key', `this is no private key: ${messageOf(error)}`, 'give a PEM without a passphrase', error);
    }
    if (!own.checkPrivateKey(key)) throw invalid('vendor.local.tls.key', 'the key does not belong to local.tls.cert', 'give the pair');
  }
  try {
    createSecureContext(side);
  } catch (error) {
    throw invalid('vendor.local.tls', `TLS cannot use these settings: ${messageOf(error)}`, 'check ca, cert and key', error);
  }
  return side;
}

function pem(from: string | Secret, where: string, env: Environment): string {
  const given = typeof from === 'string' ? from : readSecret(from, where, env);
  if (given.includes('-----BEGIN')) return given;
  try {
    return readFileSync(given, 'utf8');
  } catch (error) {
    throw invalid(where, `cannot read ${given}: ${(error as NodeJS.ErrnoException).code ?? messageOf(error)}`, 'name a PEM file', error);
  }
}

function certificate(text: string, where: string, what: string): X509Certificate {
  let read: X509Certificate;
  try {
    read = new X509Certificate(text);
  } catch (error) {
    throw invalid(where, `${what} is not readable: ${messageOf(error)}`, 'give a PEM', error);
  }
  if (read.validToDate.getTime() < Date.now()) throw invalid(where, `${what} expired on ${read.validTo}`, 'renew it');
  return read;
}

const invalid = (where: string, what: string, todo: string, cause?: unknown) =>
  new CallsurgeError('vendor-invalid', what, { where, todo, cause });
