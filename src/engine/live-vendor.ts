/** The vendor profile as a run uses it: names resolved, secrets read from the environment, draws made. */
import { isIP } from 'node:net';
import type { LiveAgent } from '../call/agents.ts';
import type { Announcement, LiveTrunk } from '../call/services.ts';
import { durationMs } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import { randomStream } from '../random.ts';
import { drawFrom, none } from '../scenario/draws.ts';
import { defaultPort, hostInUri, type NextHop, type TransportName } from '../sip/index.ts';
import { contractRules } from '../vendor/contract.ts';
import type { AgentGroup, Trunk, VendorProfile } from '../vendor/profile.ts';
import { accountsOf, readSecret } from '../vendor/secrets.ts';

type Environment = Record<string, string | undefined>;

/** @throws CallsurgeError `secret-missing` */
export function liveTrunks({ trunks }: VendorProfile, env: Environment): LiveTrunk[] {
  return trunks.map((trunk, i) => ({
    name: trunk.name,
    nextHop: hopOf(trunk),
    route: routeOf(trunk),
    keepAliveMs: trunk.keepAlive === undefined ? undefined : durationMs(trunk.keepAlive, `vendor.trunks[${i}].keepAlive`),
    domain: hostInUri(trunk.domain ?? trunk.host),
    credentials: trunk.credentials && {
      username: trunk.credentials.username,
      password: readSecret(trunk.credentials.password, `vendor.trunks[${i}].credentials.password`, env),
    },
    weight: trunk.weight ?? 1,
    priority: trunk.priority ?? 0,
  }));
}

/** A queue that is full is the announcement that every vendor has: its name alone says what it means. */
const ALL_BUSY = 'queue-full';

export function announcementsOf({ announcements }: VendorProfile): Announcement[] {
  return Object.entries(announcements ?? {}).map(([name, { hz, allBusy }]) => ({ name, hz, allBusy: allBusy ?? name === ALL_BUSY }));
}

/** Nothing may go to a host that the contract does not name. @throws CallsurgeError `contract-violation` */
export function checkTargets({ trunks, agents, contract }: VendorProfile): void {
  const { target } = contractRules(contract);
  const hosts = [
    ...trunks.map(({ host }, i) => ({ host, where: `vendor.trunks[${i}].host` })),
    ...trunks.flatMap(({ proxy }, i) => (proxy ? [{ host: proxy.host, where: `vendor.trunks[${i}].proxy.host` }] : [])),
    ...(agents ?? []).flatMap(({ registrar }, i) =>
      registrar ? [{ host: registrar.host, where: `vendor.agents[${i}].registrar.host` }] : [],
    ),
  ];
  for (const { host, where } of hosts)
    if (!target(host))
      throw new CallsurgeError('contract-violation', `${host} is not among the contract's targets`, {
        where,
        todo: 'add it to contract.targets if the vendor permits it',
      });
}

/** Every `sip` and `phone` agent of the profile, in order. @throws CallsurgeError `secret-missing` */
export function liveAgents(vendor: VendorProfile, env: Environment, seed: number): LiveAgent[] {
  return (vendor.agents ?? []).flatMap((group, i) =>
    group.kind === 'sip' || group.kind === 'phone' ? liveGroup(group, i, vendor, env, seed) : [],
  );
}

function liveGroup(group: AgentGroup, index: number, vendor: VendorProfile, env: Environment, seed: number): LiveAgent[] {
  const where = `vendor.agents[${index}]`;
  const trunk = vendor.trunks[0]!;
  const registrar = group.registrar ? hopOf(group.registrar) : hopOf(trunk);
  const domain = hostInUri(group.registrar ? (group.registrar.domain ?? group.registrar.host) : (trunk.domain ?? trunk.host));
  const handling = group.handling ?? 'until-caller';
  const accounts = group.kind === 'phone' ? numbersOf(group) : accountsOf(group, where, env);
  return accounts.flatMap((account, i): LiveAgent[] => {
    const shifts = shiftsOf(group, i, where);
    // No shifts at all: the whole run. None of the group's shifts: not there at all.
    if (group.shifts?.length && shifts.length === 0) return [];
    const n = (group.accounts?.first ?? group.numbers?.first ?? 1) + i;
    const agent: LiveAgent = {
      name: `${group.name}-${n}`,
      ...account,
      domain,
      registrar,
      route: group.registrar ? undefined : routeOf(trunk),
      expiresS: Math.ceil(durationMs(group.expires ?? '600s', `${where}.expires`) / 1000),
      skills: group.skills ?? [],
      answerDelay: drawFrom(group.answerDelay ?? '2s'),
      handling: handling === 'until-caller' ? undefined : drawFrom(handling),
      wrapUp: group.wrapUp === undefined ? drawFrom(0) : drawFrom(group.wrapUp),
      noAnswer: group.noAnswer ?? 0,
      reject: group.reject ?? 0,
      random: randomStream(seed, `agent:${group.name}`, n),
      shifts,
      breaks: group.notReady && {
        every: drawFrom(group.notReady.every),
        lasts: drawFrom(group.notReady.for),
        random: randomStream(seed, `breaks:${group.name}`, n),
      },
    };
    return [agent];
  });
}

/** Nothing to log in with. */
function numbersOf({ count, numbers }: AgentGroup): { username: string; password: string; number: string }[] {
  const { number, first = 1 } = numbers!;
  return Array.from({ length: count }, (_, i) => ({ username: '', password: '', number: number.replaceAll('{n}', String(first + i)) }));
}

/** A shift with a `count` is worked by the first so many of the group. */
function shiftsOf(group: AgentGroup, i: number, where: string): LiveAgent['shifts'] {
  return (group.shifts ?? [])
    .filter(({ count }) => count === undefined || i < count)
    .map(({ from, to }) => ({
      fromMs: durationMs(from, `${where}.shifts`),
      toMs: to === undefined ? none().meanMs : durationMs(to, `${where}.shifts`),
    }));
}

type Where = Pick<Trunk, 'host' | 'port' | 'tlsName' | 'proxy'> & { transport?: TransportName };

/** Where the packets go: to the proxy, where there is one. Without a port the host's SRV records decide. */
function hopOf({ host, port, transport = 'udp', tlsName, proxy }: Where): NextHop {
  const at = proxy ?? { host, port };
  const hop: NextHop = { host: at.host, port: at.port ?? defaultPort(transport), transport };
  if (at.port === undefined && isIP(at.host) === 0) hop.srv = true;
  if (tlsName !== undefined) hop.name = tlsName;
  return hop;
}

/** RFC 3261 8.1.2: a proxy of ours is the top of the route. */
function routeOf({ proxy, transport = 'udp' }: Pick<Trunk, 'proxy' | 'transport'>): string[] | undefined {
  if (!proxy) return undefined;
  const port = proxy.port === undefined ? '' : `:${proxy.port}`;
  return [`<sip:${hostInUri(proxy.host)}${port}${transport === 'udp' ? '' : `;transport=${transport}`};lr>`];
}
