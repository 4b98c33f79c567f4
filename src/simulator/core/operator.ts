/** What the vendor's operator does to the call centre while it runs: faults of sites, scaling, seats, limits. */
import type { Clock, TimerHandle } from '../../clock.ts';
import type { Call } from './call.ts';
import type { Desk } from './desk.ts';
import type { CentreHost } from './host.ts';
import type { Site, Sites } from './sites.ts';

export interface OperatorWorld {
  clock: Clock;
  host: CentreHost;
  sites: Sites;
  desk: Desk;
  scaleDelayMs: number;
  /** Its site died: the call ends, nobody is told. */
  lose(call: Call): void;
}

export class Operator {
  readonly #world: OperatorWorld;
  readonly #orders = new Set<TimerHandle>();

  constructor(world: OperatorWorld) {
    this.#world = world;
  }

  /** The site's machine is gone, and its calls with it. @returns when it took effect. */
  stopSite(site: Site): number {
    const at = this.#world.clock.now();
    if (site.state === 'stopped') return at;
    site.state = 'stopped';
    site.deferred = [];
    this.#event('fault', `${site.name} stop`);
    // What is only on its way to the site is still the edge's.
    for (const call of [...site.calls]) if (call.state !== 'placed') this.#world.lose(call);
    return at;
  }

  /** The site stands still: its calls live on, nothing is done for them. @returns when it took effect. */
  freezeSite(site: Site): number {
    if (site.state === 'up') {
      site.state = 'frozen';
      this.#event('fault', `${site.name} freeze`);
    }
    return this.#world.clock.now();
  }

  /** A stopped site comes back empty, a frozen one catches up on what fell due. @returns when it took effect. */
  startSite(site: Site): number {
    const at = this.#world.clock.now();
    if (site.state === 'up') return at;
    site.state = 'up';
    this.#event('fault', `${site.name} start`);
    for (const due of site.deferred.splice(0)) due();
    for (const skill of this.#world.desk.teams.keys()) this.#world.desk.dispatch(skill);
    return at;
  }

  /** Channels of one site, or of all together. @returns when it is in force. */
  scale(site: Site | null, channels: number, delayMs = this.#world.scaleDelayMs): number {
    const { sites } = this.#world;
    return this.#order(`${site?.name ?? 'all sites'}: ${channels} channels`, delayMs, () => {
      if (site) site.channels = channels;
      else {
        sites.spread(channels);
        if (sites.edgeChannels !== null) sites.edgeChannels = channels;
      }
    });
  }

  /** Own agents added. @returns when they are at work. */
  addSeats(skill: string, count: number, delayMs = this.#world.scaleDelayMs): number {
    return this.#order(`${skill}: ${count} more seats`, delayMs, () => this.#world.desk.addSeats(skill, count));
  }

  /** At once. Null lifts a limit: the edge's total is the sum of the sites then. */
  setLimits(limits: { edgeChannels?: number | null; edgeCps?: number | null; refuse?: 503 | 486 }): void {
    const { sites } = this.#world;
    if (limits.edgeChannels !== undefined) sites.edgeChannels = limits.edgeChannels;
    if (limits.edgeCps !== undefined) sites.setEdgeCps(limits.edgeCps ?? Number.POSITIVE_INFINITY);
    if (limits.refuse !== undefined) sites.refuse = limits.refuse;
    this.#event('scale', 'limits changed', limits);
  }

  /** Orders not yet in force are forgotten. */
  close(): void {
    for (const order of this.#orders) order.cancel();
    this.#orders.clear();
  }

  #order(name: string, delayMs: number, run: () => void): number {
    const at = this.#world.clock.now() + delayMs;
    this.#event('scale', `${name} ordered`, { at });
    const timer = this.#world.clock.at(at, () => {
      this.#orders.delete(timer);
      run();
      this.#event('scale', `${name} in force`);
    });
    this.#orders.add(timer);
    return at;
  }

  #event(kind: 'fault' | 'scale', name: string, detail?: unknown): void {
    this.#world.host.event({ t_ms: this.#world.clock.now(), kind, name, detail });
  }
}
