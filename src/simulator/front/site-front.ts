/**
 * One site: a SIP stack on a port of its own and its media. It answers the calls that the edge sends it and rings the agents, both at the call
 * centre's orders; a caller and an agent are two dialogs with packets passed on between them (a B2BUA).
 */
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Source } from '../../media/stream.ts';
import { randomStream } from '../../random.ts';
import { createSipStack } from '../../sip/index.ts';
import type { Body, HeaderList, HostPort, IncomingCall, OfferReply, SipRequest, SipStack } from '../../sip/stack.ts';
import type { Agent } from '../core/agents.ts';

import type { CallCentre } from '../core/centre.ts';
import type { Sound } from '../core/host.ts';
import type { CompleteConfig } from '../defaults.ts';
import { AgentSide } from './agent-side.ts';
import { portError } from './bind-udp.ts';
import { CallBackSide } from './call-back-side.ts';
import { answerWith, nextSessionId, replyToOffer, silentBody, wantsAudio } from './caller-sdp.ts';
import type { CallerLeg } from './legs.ts';
import { EDGE_CALL } from './relay-text.ts';
import { SiteMedia } from './rtp.ts';

/** What callers hear. An own agent is noise: anything but the hold tone. */
const SOUNDS: Record<Exclude<Sound, 'echo'> | 'agent', Source> = {
  noted: { kind: 'tone', hz: 600 },
  menu: { kind: 'tone', hz: 600 },
  hold: { kind: 'tone', hz: 440 },
  busy: { kind: 'tone', hz: 350 },
  agent: { kind: 'comfort-noise' },
};

export interface SiteWorld {
  clock: Clock;
  config: CompleteConfig;
  /** Where the edge listens: everything goes out through it. */
  edge: HostPort;
  centre: CallCentre;
  /** The call with this X-Edge-Call, if it is still this site's. */
  claim(label: string): { leg: CallerLeg; attempt: number } | undefined;
  contactOf(account: string): string | undefined;
  problem(what: string): void;
}

export class SiteFront {
  readonly name: string;
  readonly #world: SiteWorld;
  readonly #media: SiteMedia;
  readonly agents: AgentSide;
  readonly callBacks: CallBackSide;
  #stack: SipStack | null = null;
  #generation = 0;
  /** Until its port is free again. */
  #closing: Promise<void> | undefined;

  constructor(name: string, world: SiteWorld, rtpPorts: { from: number; to: number }) {
    this.name = name;
    this.#world = world;
    const { clock, config } = world;
    this.#media = new SiteMedia(clock, config.host, rtpPorts, randomStream(config.seed, `rtp ${name}`));
    this.agents = new AgentSide(world, this.#media, () => this.#stack);
    this.callBacks = new CallBackSide(world, this.#media, () => this.#stack);
  }

  /** Listens. A site that was stopped comes back with nothing of its former calls. @throws CallsurgeError `port-in-use`. */
  async start(at: HostPort): Promise<HostPort> {
    this.#generation++;
    try {
      this.#stack = await createSipStack({
        clock: this.#world.clock,
        bind: { ...at, transport: 'udp' },
        userAgent: `vendor-sim/${this.name}`,
        idPrefix: `${this.name}${this.#generation}`,
        call: (incoming) => this.#take(incoming),
        problem: (_at, what) => this.#world.problem(`${this.name}: ${what}`),
      });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      throw code === 'EADDRINUSE' ? portError(error as NodeJS.ErrnoException, at) : error;
    }
    return this.#stack.local;
  }

  /** Gone at once: nothing more is sent, ports are closed. */
  async stop(): Promise<void> {
    const stack = this.#stack;
    this.#stack = null;
    this.#media.closeAll();
    if (stack) this.#closing = stack.close();
    await this.#closing;
  }

  freeze(frozen: boolean): void {
    this.#media.frozen = frozen;
  }

  // The caller's side

  #take(incoming: IncomingCall): void {
    const { source } = incoming.request;
    const claimed = this.#world.claim(incoming.request.header(EDGE_CALL) ?? '');
    if (!claimed) {
      incoming.handlers = { cancelled: () => {}, ended: () => {} };
      if (source.port !== this.#world.edge.port || source.host !== this.#world.edge.host)
        incoming.reject(403, { reason: 'Calls come through the edge' });
      else this.#answerLate(incoming);
      return;
    }
    const { leg, attempt } = claimed;
    const { centre } = this.#world;
    leg.incoming = incoming;
    leg.sessionId = nextSessionId();
    leg.version = 1;
    incoming.handlers = {
      cancelled: () => centre.left(leg.call!),
      ended: () => centre.left(leg.call!),
      acknowledged: () => {
        leg.acknowledged = true;
        if (leg.announceWhenAcknowledged) this.#announce(leg, leg.announceWhenAcknowledged);
        leg.announceWhenAcknowledged = null;
      },
      unacknowledged: () => centre.broken(leg.call!),
      offer: (request) => this.#reoffered(leg, request),
      request: (request) => this.#inDialog(leg, request),
    };
    if (!wantsAudio(incoming.request.body)) {
      if (!centre.accepted(leg.call!, attempt)) incoming.reject(487);
      return;
    }
    void this.#takeWithAudio(leg, attempt, incoming);
  }

  /**
   * The edge gave this call to another site while this one stood still. It cannot know that, and answers as it would have: the caller gets a
   * second 200 with another To-tag, to be acknowledged and hung up (RFC 3261 13.2.2.4).
   */
  #answerLate(incoming: IncomingCall): void {
    incoming.accept(silentBody(incoming.request.body, this.#world.config.host, nextSessionId()));
  }

  async #takeWithAudio(leg: CallerLeg, attempt: number, incoming: IncomingCall): Promise<void> {
    const { centre } = this.#world;
    leg.audio = true;
    try {
      leg.rtp = await this.#media.open((digit) => centre.digit(leg.call!, digit));
    } catch (error) {
      this.#world.problem(`${this.name}: ${messageOf(error)}`);
      incoming.reject(488);
      centre.broken(leg.call!, 488);
      return;
    }
    if (!this.#answerBody(leg)) {
      this.#forget(leg);
      incoming.reject(488);
      centre.broken(leg.call!, 488);
    } else if (!centre.accepted(leg.call!, attempt)) {
      this.#forget(leg);
      incoming.reject(487);
    }
  }

  /** Our answer to the INVITE, the same in 183 and 200. */
  #answerBody(leg: CallerLeg): Body | null {
    const { body } = leg.incoming!.request;
    const { host } = this.#world.config;
    if (!leg.rtp) return silentBody(body, host, leg.sessionId);
    const made = answerWith(body, { host, port: leg.rtp.port, sessionId: leg.sessionId, version: leg.version });
    if (made && !leg.rtp.agreement) leg.rtp.agree(made.agreement);
    return made?.body ?? null;
  }

  ring(leg: CallerLeg): void {
    leg.incoming?.ring();
  }

  early(leg: CallerLeg): void {
    const body = this.#answerBody(leg);
    if (body) leg.incoming?.progress(body);
  }

  answer(leg: CallerLeg): void {
    leg.dialog = leg.incoming!.accept(this.#answerBody(leg) ?? undefined);
  }

  refuse(leg: CallerLeg, status: number, headers: HeaderList): void {
    leg.incoming?.reject(status, { headers });
    this.#forget(leg);
  }

  play(leg: CallerLeg, sound: Sound): void {
    if (sound === 'echo') leg.rtp?.echo();
    else leg.rtp?.play(SOUNDS[sound]);
  }

  /** The agent is on the line: his voice instead of the hold tone. */
  connect(leg: CallerLeg, agent: Agent): void {
    const agentRtp = leg.agent?.rtp;
    if (leg.rtp && agentRtp) leg.rtp.relay(agentRtp);
    // Nobody whose voice we could pass on: its own people, or who works on its web page.
    else if (agent.own || !leg.agent) leg.rtp?.play(SOUNDS.agent);
    this.#announce(leg, agent);
  }

  /** Tells the caller's side which agent it has, where the vendor does so at all. */
  #announce(leg: CallerLeg, agent: Agent): void {
    const how = this.#world.config.signalAgent;
    if (how === 'none' || !leg.dialog) return;
    if (!leg.acknowledged) {
      // RFC 3261 14.1: no re-INVITE before the ACK of the first.
      leg.announceWhenAcknowledged = agent;
      return;
    }
    const headers: HeaderList = [['X-Agent', agent.name]];
    if (how === 'INFO') {
      void leg.dialog.send('INFO', { headers });
      return;
    }
    leg.version++;
    const body = this.#answerBody(leg) ?? undefined;
    if (how === 'INVITE' && body) void leg.dialog.reinvite(body, headers);
    else void leg.dialog.send('UPDATE', { headers, body });
  }

  /** BYE to the caller unless he said it himself. */
  end(leg: CallerLeg, byCaller: boolean): void {
    leg.announceWhenAcknowledged = null;
    if (!byCaller && leg.dialog) void leg.dialog.bye();
    else if (!leg.dialog) leg.outgoing?.cancel();
    leg.outgoing = null;
    this.#forget(leg);
  }

  /** Without a word: the site that had the call is gone. */
  #forget(leg: CallerLeg): void {
    leg.rtp?.close();
    leg.rtp = null;
  }

  #reoffered(leg: CallerLeg, request: SipRequest): OfferReply {
    const { host } = this.#world.config;
    leg.version++;
    const local = { host, port: leg.rtp?.port ?? 0, sessionId: leg.sessionId, version: leg.version };
    return replyToOffer(request.body, leg.rtp, local);
  }

  /** DTMF by INFO: application/dtmf-relay (`Signal=5`) and application/dtmf (`5`). */
  #inDialog(leg: CallerLeg, request: SipRequest): number {
    if (request.method !== 'INFO') return request.method === 'NOTIFY' || request.method === 'MESSAGE' ? 200 : 501;
    const digit = /^\s*(?:signal\s*=\s*)?([0-9*#A-D])\s*(?:\r|\n|$)/i.exec(request.body)?.[1];
    if (digit) this.#world.centre.digit(leg.call!, digit.toUpperCase());
    return 200;
  }
}
