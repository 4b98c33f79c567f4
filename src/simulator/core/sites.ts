/**
 * Sites and what the edge believes of them. Two truths side by side: `state` is what a site is, `seenUp` is what the edge has found out, by an
 * INVITE that was not taken in time or by OPTIONS probes.
 */
import type { Call } from './call.ts';
import { RateLimit } from './rate.ts';

/** up: at work · stopped: its machine is gone, with its calls · frozen: it stands still and goes on where it was when woken. */
export type SiteState = 'up' | 'stopped' | 'frozen';

export class Site {
  readonly name: string;
  readonly rate: RateLimit;
  channels: number;
  state: SiteState = 'up';
  seenUp = true;
  /** Probes in a row that say otherwise than `seenUp`. */
  contradicting = 0;
  readonly calls = new Set<Call>();
  /** What fell due while it was frozen, in that order. */
  deferred: (() => void)[] = [];

  constructor(name: string, channels: number, cps: number) {
    this.name = name;
    this.channels = channels;
    this.rate = new RateLimit(cps);
  }

  get inUse(): number {
    return this.calls.size;
  }

  /** Does what falls due at this site: now, or when a frozen one is woken. What dies with a stopped site is never done. */
  run(due: () => void): void {
    if (this.state === 'up') due();
    else if (this.state === 'frozen') this.deferred.push(due);
  }
}

export class Sites {
  readonly all: Site[];
  readonly #edgeRate: RateLimit;
  /** Null: the sum of the sites. */
  edgeChannels: number | null;
  /** Status of a call that is too much. */
  refuse: 503 | 486;

  constructor(sites: { name: string; channels: number; cps: number }[], edgeChannels: number | null, edgeCps: number, refuse: 503 | 486) {
    this.refuse = refuse;
    this.all = sites.map((site) => new Site(site.name, site.channels, site.cps));
    this.edgeChannels = edgeChannels;
    this.#edgeRate = new RateLimit(edgeCps);
  }

  get(name: string): Site | undefined {
    return this.all.find((site) => site.name === name);
  }

  setEdgeCps(cps: number): void {
    this.#edgeRate.set(cps);
  }

  /** Does the edge let one more in? Channels first, so that a full edge does not use up the rate. */
  edgeTakes(now: number): boolean {
    let inUse = 0;
    let channels = 0;
    for (const site of this.all) {
      inUse += site.inUse;
      channels += site.channels;
    }
    return inUse < (this.edgeChannels ?? channels) && this.#edgeRate.take(now);
  }

  /** The site believed up with the largest free share, that takes one more call at this moment; null: none. */
  choose(now: number, tried: ReadonlySet<Site> | null): Site | null {
    const fits = this.all.filter((site) => site.seenUp && !tried?.has(site) && site.inUse < site.channels);
    fits.sort((a, b) => (b.channels - b.inUse) / b.channels - (a.channels - a.inUse) / a.channels);
    return fits.find((site) => site.rate.take(now)) ?? null;
  }

  /** Spreads a new total over the sites in proportion to what they have; the last one takes the rounding. */
  spread(total: number): void {
    const before = this.all.reduce((sum, site) => sum + site.channels, 0);
    let left = total;
    this.all.forEach((site, i) => {
      const share = before > 0 ? site.channels / before : 1 / this.all.length;
      site.channels = i === this.all.length - 1 ? left : Math.min(left, Math.round(total * share));
      left -= site.channels;
    });
  }
}
