/**
 * The call centre's world in earnest: its orders become SIP and RTP at the edge and the sites, and what comes in from there is told to it. It
 * also carries out the operator's faults: the orders to `stopSite`, `freezeSite` and `startSite` go through here.
 */
import type { Clock } from '../../clock.ts';
import { hostPortText, parseSipUri } from '../../sip/message/fields.ts';
import type { HostPort } from '../../sip/stack.ts';
import type { Agent } from '../core/agents.ts';
import type { Call, Offer } from '../core/call.ts';
import { CallCentre } from '../core/centre.ts';
import type { CentreHost, Sound } from '../core/host.ts';
import type { Site } from '../core/sites.ts';
import type { CompleteConfig } from '../defaults.ts';
import type { OfferTruth, SimulatorEvent, TruthRow } from '../truth.ts';
import { Authority } from './authority.ts';
import { EdgeProxy, type Gate } from './edge-proxy.ts';
import type { InviteTransaction } from './invite-memory.ts';
import { type AgentLeg, type CallerLeg, callerLeg } from './legs.ts';
import { Registrar } from './registrar.ts';
import { SiteFront } from './site-front.ts';
import { WebPhones } from './web-phones.ts';

const REALM = 'vendor-sim';

/** What leaves the front for the rest of the embedded vendor. */
export interface FrontOutlets {
  truth(row: TruthRow): void;
  offered(row: OfferTruth): void;
  event(event: SimulatorEvent): void;
  alarm(kind: 'site-down' | 'site-up', site: string, at: number): void;
  problem(what: string): void;
}

export class Front implements CentreHost {
  readonly centre: CallCentre;
  readonly webPhones: WebPhones;
  readonly #clock: Clock;
  readonly #config: CompleteConfig;
  readonly #outlets: FrontOutlets;
  readonly #authority: Authority;
  readonly #registrar: Registrar;
  readonly #sites = new Map<string, { front: SiteFront; gate: Gate }>();
  /** Where agents who work by telephone are called. */
  readonly #phones = new Map<string, string>();
  /** Calls that an INVITE on its way to a site may belong to. */
  readonly #placed = new Map<number, CallerLeg>();
  readonly #decoys = new WeakMap<Offer, AgentLeg>();
  #edge!: EdgeProxy;
  #starting: Promise<unknown> = Promise.resolve();

  private constructor(clock: Clock, config: CompleteConfig, outlets: FrontOutlets) {
    this.#clock = clock;
    this.#config = config;
    this.#outlets = outlets;
    this.webPhones = new WebPhones(clock, config, () => this.centre);
    this.centre = new CallCentre(clock, config, this);
    this.#authority = new Authority(clock, REALM);
    this.#registrar = new Registrar(clock, config, this.#authority, {
      signedOn: (account, skill) => this.centre.signOn(account, skill),
      signedOff: (account, why) => this.centre.signOff(account, why),
    });
  }

  /** Opens the edge at `config.port` and the sites behind it. @throws CallsurgeError `port-in-use`, with nothing left open. */
  static async open(clock: Clock, config: CompleteConfig, outlets: FrontOutlets): Promise<Front> {
    const front = new Front(clock, config, outlets);
    try {
      await front.#open();
    } catch (error) {
      await front.close();
      throw error;
    }
    return front;
  }

  async #open(): Promise<void> {
    const { host, port, rtpPorts, sites } = this.#config;
    this.#edge = await EdgeProxy.open(
      this.#clock,
      { host, port },
      {
        arrived: (transaction) => this.#arrived(transaction),
        cancelled: (transaction) => {
          const leg = transaction.data as CallerLeg | null;
          if (leg?.call) this.centre.left(leg.call);
        },
        register: (request) => this.#registrar.register(request),
        challenge: (request) => {
          const credentials = this.#config.trunkCredentials;
          if (!credentials) return undefined;
          const proof = this.#authority.prove(request, (name) => (name === credentials.username ? credentials.password : undefined));
          if (proof.kind === 'right') return undefined;
          if (proof.kind === 'wrong') return { status: 403 };
          return { status: 407, headers: [['Proxy-Authenticate', this.#authority.challenge(proof.kind === 'stale')]] };
        },
      },
    );
    const edge = this.#edge.local;
    const outside = this.#config.trunk && hostPortText(this.#config.trunk);
    for (const { number, first, count } of this.#config.phones)
      for (let n = first; n < first + count; n++) {
        const one = number.replaceAll('{n}', String(n));
        this.#phones.set(one, `sip:${one}@${outside}`);
      }
    const share = Math.floor((rtpPorts[1] - rtpPorts[0] + 1) / sites.length);
    for (const [i, site] of sites.entries()) {
      const from = rtpPorts[0] + i * share;
      const front = new SiteFront(
        site.name,
        {
          clock: this.#clock,
          config: this.#config,
          edge,
          centre: this.centre,
          claim: (label) => this.#claim(label),
          contactOf: (agent) => this.#phones.get(agent) ?? this.#registrar.contactOf(agent),
          problem: this.#outlets.problem,
        },
        { from, to: from + share - 1 },
      );
      const address = await front.start({ host, port: port === 0 ? 0 : edge.port + 1 + i });
      this.#sites.set(site.name, { front, gate: this.#edge.addGate(site.name, { host: address.host, port: address.port }) });
    }
  }

  get sip(): HostPort {
    return this.#edge.local;
  }

  siteAddress(name: string): HostPort {
    return this.#sites.get(name)!.gate.address;
  }

  /** Ends all calls, gives the BYEs `graceMs` to be answered, and closes everything. */
  async close(graceMs = 0): Promise<void> {
    const busy = this.centre.calls.size > 0;
    this.centre.close();
    this.#registrar.close();
    this.webPhones.close();
    if (busy && graceMs > 0) await new Promise((resolve) => setTimeout(resolve, graceMs));
    for (const { front } of this.#sites.values()) await front.stop();
    if (this.#edge) await this.#edge.close();
  }

  // Faults

  /** @returns when it took effect. */
  stopSite(site: Site): number {
    const { front, gate } = this.#of(site);
    gate.state = 'stopped';
    gate.held = [];
    const at = this.centre.operator.stopSite(site);
    void front.stop();
    return at;
  }

  freezeSite(site: Site): number {
    const { front, gate } = this.#of(site);
    if (gate.state !== 'up') return this.#clock.now();
    gate.state = 'frozen';
    front.freeze(true);
    return this.centre.operator.freezeSite(site);
  }

  /** One after the other: two starts at a time would fight for the port. */
  startSite(site: Site): Promise<number> {
    const start = () => this.#startSite(site);
    const started = this.#starting.then(start, start);
    this.#starting = started;
    return started;
  }

  async #startSite(site: Site): Promise<number> {
    const { front, gate } = this.#of(site);
    if (gate.state === 'stopped') {
      await front.stop();
      await front.start(gate.address);
    }
    const wasFrozen = gate.state === 'frozen';
    gate.state = 'up';
    front.freeze(false);
    const at = this.centre.operator.startSite(site);
    if (wasFrozen) this.#edge.release(gate);
    return at;
  }

  // From the edge and the sites

  #arrived(transaction: InviteTransaction): void {
    const { request } = transaction;
    const leg = callerLeg(transaction, null);
    transaction.data = leg;
    this.centre.arrive(
      {
        sipCallId: request.callId,
        caller: parseSipUri(request.fromUri)?.user ?? '',
        called: parseSipUri(request.uri)?.user ?? '',
        vip: request.header('x-vip') === '1',
      },
      leg,
    );
  }

  #claim(label: string): { leg: CallerLeg; attempt: number } | undefined {
    const [id, attempt] = label.split('.').map(Number);
    const leg = this.#placed.get(id ?? -1);
    if (!leg?.transaction || leg.transaction.attempt !== attempt || leg.call?.state !== 'placed') return undefined;
    this.#placed.delete(leg.call.id);
    leg.transaction.taken = true;
    return { leg, attempt };
  }

  // Orders of the call centre

  place(call: Call, site: Site, attempt: number): void {
    const leg = legOf(call);
    const { transaction } = leg;
    if (!transaction) return;
    leg.call = call;
    transaction.taken = false;
    this.#placed.set(call.id, leg);
    this.#edge.place(transaction, this.#of(site).gate, attempt, `${call.id}.${attempt}`);
  }

  refuse(call: Call, status: number, headers: { retryAfterS?: number; divertTo?: string }): void {
    const leg = legOf(call);
    if (!leg.transaction) return;
    leg.transaction.over = true;
    const list: [string, string][] = [];
    if (headers.retryAfterS !== undefined) list.push(['Retry-After', String(headers.retryAfterS)]);
    if (headers.divertTo !== undefined) list.push(['Contact', `<sip:${headers.divertTo}@${hostPortText(this.sip)}>`]);
    this.#placed.delete(call.id);
    if (leg.incoming && call.site) this.#of(call.site).front.refuse(leg, status, list);
    else this.#edge.refuse(leg.transaction, status, list);
  }

  callBack(call: Call, of: Call): void {
    const leg = callerLeg(null, call);
    leg.audio = legOf(of).audio;
    call.data = leg;
    this.#at(call).callBacks.dial(leg, call);
  }

  ring(call: Call): void {
    this.#at(call).ring(legOf(call));
  }

  early(call: Call): void {
    this.#at(call).early(legOf(call));
  }

  answer(call: Call): void {
    this.#at(call).answer(legOf(call));
  }

  play(call: Call, sound: Sound): void {
    this.#at(call).play(legOf(call), sound);
  }

  offer(offer: Offer): void {
    if (this.webPhones.has(offer.agent.name)) return this.webPhones.ring(offer);
    const agentLeg: AgentLeg = { offer, outgoing: null, dialog: null, rtp: null, sdp: '', withdrawn: false };
    if (offer.decoy) this.#decoys.set(offer, agentLeg);
    this.#at(offer.call).agents.offer(legOf(offer.call), agentLeg);
  }

  withdraw(offer: Offer): void {
    const leg = legOf(offer.call);
    const agentLeg = offer.decoy ? this.#decoys.get(offer) : leg.agent;
    if (agentLeg?.offer !== offer) return;
    if (!this.#decoys.delete(offer)) leg.agent = null;
    if (offer.call.site?.state !== 'stopped') this.#at(offer.call).agents.hangUp(agentLeg);
  }

  connect(call: Call, agent: Agent): void {
    this.#at(call).connect(legOf(call), agent);
  }

  end(call: Call, by: NonNullable<TruthRow['ended_by']>): void {
    const leg = legOf(call);
    if (leg.transaction) leg.transaction.over = true;
    this.#placed.delete(call.id);
    if (!call.site || by === 'fault' || !(leg.incoming || leg.outgoing)) return;
    const site = this.#at(call);
    site.end(leg, by === 'caller');
    // An agent that is still being rung is called off by `withdraw`.
    if (leg.agent && call.row.agent !== null) site.agents.hangUp(leg.agent);
  }

  probe(site: Site): void {
    const { probeMs } = this.#config.failover;
    this.#edge.probe(this.#of(site).gate, Math.min(probeMs * 0.9, 2000), (yes) => this.centre.probed(site, yes));
  }

  truth(row: TruthRow): void {
    this.#outlets.truth(row);
  }

  offered(row: OfferTruth): void {
    this.#outlets.offered(row);
  }

  event(event: SimulatorEvent): void {
    this.#outlets.event(event);
  }

  alarm(kind: 'site-down' | 'site-up', site: Site, at: number): void {
    this.#outlets.alarm(kind, site.name, at);
  }

  #at(call: Call): SiteFront {
    return this.#of(call.site!).front;
  }

  #of(site: Site): { front: SiteFront; gate: Gate } {
    return this.#sites.get(site.name)!;
  }
}

const legOf = (call: Call) => call.data as CallerLeg;
