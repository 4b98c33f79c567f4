/**
 * Where a SIP host really is: RFC 3263. NAPTR leads to SRV, SRV to hosts by priority and weight (RFC 2782), hosts to addresses; each answer is
 * kept for as long as its TTL says.
 *
 *   address                      → itself
 *   name with a port             → A or AAAA (4.2)
 *   name without a port          → NAPTR for our transport, else SRV _sip._udp.name …, else A or AAAA with the default port
 */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../clock.ts';
import type { HostPort, TransportName } from './stack.ts';

export interface NaptrRecord {
  order: number;
  preference: number;
  flags: string;
  service: string;
  replacement: string;
}

export interface SrvRecord {
  name: string;
  port: number;
  priority: number;
  weight: number;
}

/** What is asked of the name service. Rejects with a code as node:dns does (ENOTFOUND, ENODATA, ETIMEOUT …). */
export interface NameService {
  naptr(name: string): Promise<NaptrRecord[]>;
  srv(name: string): Promise<SrvRecord[]>;
  /** Addresses with their TTL in s; undefined where it is not told. */
  addresses(name: string, family: 4 | 6): Promise<{ address: string; ttlS: number | undefined }[]>;
}

/** Believed for so long where no TTL is told (node:dns tells none for SRV and NAPTR, and the system's resolver none at all), s. */
const UNTOLD_TTL_S = 60;
/** A name that was not found is asked for again after, s (RFC 2308 allows longer). */
const NEGATIVE_TTL_S = 5;
const QUERY_TIMEOUT_MS = 1500;

/** @param servers name servers as `10.0.0.53` or `10.0.0.53:5353`. Absent: the system's, which also knows /etc/hosts. */
export function nameService(servers?: readonly string[]): NameService {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 2 });
  if (servers && servers.length > 0) resolver.setServers(servers);
  return {
    naptr: (name) => resolver.resolveNaptr(name),
    srv: (name) => resolver.resolveSrv(name),
    async addresses(name, family) {
      if (!servers || servers.length === 0) {
        const found = await lookup(name, { family, all: true });
        return found.map(({ address }) => ({ address, ttlS: undefined }));
      }
      const found = family === 4 ? await resolver.resolve4(name, { ttl: true }) : await resolver.resolve6(name, { ttl: true });
      return found.map(({ address, ttl }) => ({ address, ttlS: ttl }));
    },
  };
}

const NAPTR_SERVICE: Record<TransportName, string> = {
  udp: 'SIP+D2U',
  tcp: 'SIP+D2T',
  tls: 'SIPS+D2T',
  ws: 'SIP+D2W',
  wss: 'SIPS+D2W',
};
const SRV_PREFIX: Record<TransportName, string> = {
  udp: '_sip._udp.',
  tcp: '_sip._tcp.',
  tls: '_sips._tcp.',
  ws: '_sip._ws.',
  wss: '_sips._ws.',
};

export const defaultPort = (transport: TransportName): number => ({ udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 })[transport];

interface Kept {
  until: number;
  value: Promise<{ value: unknown; ttlS: number }>;
}

export class Locator {
  readonly #clock: Clock;
  readonly #names: NameService;
  readonly #family: 4 | 6;
  readonly #random: () => number;
  readonly #kept = new Map<string, Kept>();

  /** @param family of our own address: others cannot be reached from it */
  constructor(clock: Clock, names: NameService, family: 4 | 6, random: () => number = Math.random) {
    this.#clock = clock;
    this.#names = names;
    this.#family = family;
    this.#random = random;
  }

  /** Whether it takes asking to find it. */
  isName({ host }: HostPort): boolean {
    return isIP(host) === 0;
  }

  /**
   * Every address that may serve, in the order in which to try them; hosts of one SRV priority are drawn anew by weight each time.
   * @param srv the port was not given: SRV records decide. @throws the name service's error where the name leads nowhere.
   */
  async locate({ host, port, srv }: HostPort & { srv?: boolean }, transport: TransportName): Promise<HostPort[]> {
    if (isIP(host)) return [{ host, port }];
    const records = srv ? await this.#services(host, transport) : [];
    if (records.length === 0) return (await this.addresses(host)).map((address) => ({ host: address, port }));
    const found: HostPort[] = [];
    let failure: unknown;
    for (const record of drawn(records, this.#random)) {
      try {
        for (const address of await this.addresses(record.name)) found.push({ host: address, port: record.port });
      } catch (error) {
        failure = error;
      }
    }
    if (found.length === 0) throw failure;
    return found;
  }

  /** A or AAAA. @throws ENOTFOUND and the like */
  addresses(host: string): Promise<string[]> {
    if (isIP(host)) return Promise.resolve([host]);
    return this.#keep(`${host} A`, async () => {
      const found = await this.#names.addresses(host, this.#family);
      if (found.length === 0) throw Object.assign(new Error(`no address for ${host}`), { code: 'ENODATA' });
      return {
        value: found.map(({ address }) => address),
        ttlS: Math.min(...found.map(({ ttlS }) => ttlS ?? UNTOLD_TTL_S)),
      };
    });
  }

  async #services(host: string, transport: TransportName): Promise<SrvRecord[]> {
    const naptr = await this.#orNone(`${host} NAPTR`, () => this.#names.naptr(host));
    const wanted = naptr
      .filter(({ service, flags }) => service.toUpperCase() === NAPTR_SERVICE[transport] && flags.toLowerCase() === 's')
      .sort((a, b) => a.order - b.order || a.preference - b.preference);
    const names = wanted.length > 0 ? wanted.map(({ replacement }) => replacement) : [SRV_PREFIX[transport] + host];
    for (const name of names) {
      const records = await this.#orNone(`${name} SRV`, () => this.#names.srv(name));
      // RFC 2782: a single "." says that the service is not there.
      const usable = records.filter((record) => record.name !== '' && record.name !== '.');
      if (usable.length > 0) return usable;
    }
    return [];
  }

  /** No record, or a name server that gives no answer: then the next rule applies. */
  #orNone<T>(key: string, ask: () => Promise<T[]>): Promise<T[]> {
    return this.#keep(key, async () => {
      try {
        return { value: await ask(), ttlS: UNTOLD_TTL_S };
      } catch {
        return { value: [], ttlS: NEGATIVE_TTL_S };
      }
    });
  }

  /** Asks once for all who want to know at the same time. */
  async #keep<T>(key: string, ask: () => Promise<{ value: T; ttlS: number }>): Promise<T> {
    const known = this.#kept.get(key);
    if (known && known.until > this.#clock.now()) return (await known.value).value as T;
    const entry: Kept = { until: Number.POSITIVE_INFINITY, value: ask() };
    this.#kept.set(key, entry);
    entry.value.then(
      ({ ttlS }) => {
        entry.until = this.#clock.now() + ttlS * 1000;
      },
      () => {
        entry.until = this.#clock.now() + NEGATIVE_TTL_S * 1000;
      },
    );
    return (await entry.value).value as T;
  }
}

/** RFC 2782: by priority; within one, drawn without putting back, in proportion to weight; weight 0 only rarely before others. */
export function drawn(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const order: SrvRecord[] = [];
  while (left.length > 0) {
    const group = left.filter(({ priority }) => priority === left[0]!.priority);
    const total = group.reduce((sum, { weight }) => sum + weight, 0);
    let point = random() * total;
    let chosen = group[Math.floor(random() * group.length)]!;
    if (total > 0)
      for (const record of group) {
        chosen = record;
        point -= record.weight;
        if (point < 0) break;
      }
    order.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return order;
}
