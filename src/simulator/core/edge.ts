/**
 * The edge in front of the sites: which site gets a call, what happens when that site is silent, and how a dead or recovered site is noticed.
 *
 *   INVITE not taken within `inviteTimeoutMs`   → the site is marked down, the next one is tried
 *   `probesDown` OPTIONS in a row unanswered    → marked down
 *   `probesUp` OPTIONS in a row answered        → marked up
 */
import type { Clock, TimerHandle } from '../../clock.ts';
import type { CompleteConfig } from '../defaults.ts';
import type { Call } from './call.ts';
import type { CentreHost } from './host.ts';
import type { Site, Sites } from './sites.ts';

export class Edge {
  readonly #clock: Clock;
  readonly #config: CompleteConfig;
  readonly #host: CentreHost;
  readonly #sites: Sites;
  readonly #noSite: (call: Call) => void;
  #probing: TimerHandle | null = null;
  readonly #alarms = new Set<TimerHandle>();

  /** `noSite` is told when no site takes a call. */
  constructor(clock: Clock, config: CompleteConfig, host: CentreHost, sites: Sites, noSite: (call: Call) => void) {
    this.#clock = clock;
    this.#config = config;
    this.#host = host;
    this.#sites = sites;
    this.#noSite = noSite;
  }

  place(call: Call): void {
    const site = this.#sites.choose(this.#clock.now(), call.tried);
    if (!site) {
      this.#noSite(call);
      return;
    }
    call.tried ??= new Set();
    call.tried.add(site);
    call.site = site;
    call.state = 'placed';
    call.attempt++;
    site.calls.add(call);
    call.step = this.#clock.after(this.#config.failover.inviteTimeoutMs, () => this.#silent(call, site));
    this.#host.place(call, site, call.attempt);
  }

  #silent(call: Call, site: Site): void {
    site.calls.delete(call);
    call.site = null;
    this.#see(site, false, 'INVITE not taken');
    this.place(call);
  }

  /** Sends probes until `stop`. `probeMs` 0: none. */
  startProbing(): void {
    const everyMs = this.#config.failover.probeMs;
    if (everyMs <= 0 || this.#probing) return;
    const round = () => {
      this.#probing = this.#clock.after(everyMs, round);
      for (const site of this.#sites.all) this.#host.probe(site);
    };
    this.#probing = this.#clock.after(everyMs, round);
  }

  stop(): void {
    this.#probing?.cancel();
    this.#probing = null;
    for (const alarm of this.#alarms) alarm.cancel();
    this.#alarms.clear();
  }

  probed(site: Site, answered: boolean): void {
    site.contradicting = answered === site.seenUp ? 0 : site.contradicting + 1;
    const { probesUp, probesDown } = this.#config.failover;
    if (site.contradicting >= (answered ? probesUp : probesDown)) this.#see(site, answered, 'probes');
  }

  #see(site: Site, up: boolean, by: string): void {
    site.contradicting = 0;
    if (site.seenUp === up) return;
    site.seenUp = up;
    this.#host.event({ t_ms: this.#clock.now(), kind: 'route', name: `${site.name} ${up ? 'up' : 'down'}`, detail: { by } });
    const timer = this.#clock.after(this.#config.alarmDelayMs, () => {
      this.#alarms.delete(timer);
      const at = this.#clock.now();
      this.#host.event({ t_ms: at, kind: 'alarm', name: `${site.name} ${up ? 'up' : 'down'}` });
      this.#host.alarm(up ? 'site-up' : 'site-down', site, at);
    });
    this.#alarms.add(timer);
  }
}
