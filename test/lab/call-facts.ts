/**
 * What Asterisk's own events say of each call on the trunk: joined the queue, abandoned, connected to an agent, refused, hung up, each at
 * Asterisk's own time. One fact per caller channel; a call that a full site passed on has one at each site.
 */
import { AmiClient, type AmiEvent, type AmiLogin } from './ami.ts';

export type Refusal = 'capacity' | 'queue-full';

/** One agent rung for a call. */
export interface OfferFact {
  agent: string;
  atMs: number;
  /** AgentRingNoAnswer: rang too long, or refused at once. Null: answered, or the caller left first. */
  failedMs: number | null;
}

export interface CallFact {
  site: string;
  /** Channel's Uniqueid: the key of queue_log and CDR. */
  uniqueid: string;
  /** Call-ID header of the caller's INVITE: the key of the harness's record. */
  sipCallId: string;
  caller: string;
  called: string;
  startMs: number;
  /** 200 to the caller: its channel is up. */
  answerMs: number | null;
  queue: string | null;
  joinMs: number | null;
  /** Place in the queue on joining, from 1. */
  position: number | null;
  /** Agents rung for it, in order. */
  offers: OfferFact[];
  abandonMs: number | null;
  agent: string | null;
  connectMs: number | null;
  /** Caller's channel entered the bridge with the agent. */
  bridgeMs: number | null;
  completeMs: number | null;
  /** AgentComplete: caller, agent or transfer. */
  completedBy: string | null;
  refused: Refusal | null;
  hangupMs: number | null;
  /** Q.850 cause of the hangup. */
  cause: number | null;
}

/** AST_STATE_UP. */
const UP = '6';

/** Folds events into facts. Pure: feed it events in order. */
export class CallFacts {
  readonly #site: string;
  readonly #byChannel = new Map<string, CallFact>();

  constructor(site: string) {
    this.#site = site;
  }

  add({ name, atMs, fields }: AmiEvent): void {
    if (name === 'UserEvent' && fields.userevent === 'TrunkCall') {
      this.#byChannel.set(fields.uniqueid ?? '', {
        site: this.#site,
        uniqueid: fields.uniqueid ?? '',
        sipCallId: fields.sipcallid ?? '',
        caller: fields.calleridnum ?? '',
        called: fields.called ?? '',
        startMs: atMs,
        answerMs: null,
        queue: null,
        joinMs: null,
        position: null,
        offers: [],
        abandonMs: null,
        agent: null,
        connectMs: null,
        bridgeMs: null,
        completeMs: null,
        completedBy: null,
        refused: null,
        hangupMs: null,
        cause: null,
      });
      return;
    }
    const fact = this.#byChannel.get(fields.uniqueid ?? '');
    if (!fact) return;
    switch (name) {
      case 'UserEvent':
        if (fields.userevent === 'CapacityReject') fact.refused = 'capacity';
        if (fields.userevent === 'QueueFull') fact.refused = 'queue-full';
        break;
      case 'Newstate':
        if (fields.channelstate === UP) fact.answerMs ??= atMs;
        break;
      case 'QueueCallerJoin':
        fact.queue = fields.queue ?? null;
        fact.joinMs = atMs;
        fact.position = Number(fields.position);
        break;
      case 'QueueCallerAbandon':
        fact.abandonMs = atMs;
        break;
      case 'AgentCalled':
        fact.offers.push({ agent: agentOf(fields.interface) ?? '', atMs, failedMs: null });
        break;
      case 'AgentRingNoAnswer': {
        const offer = fact.offers.findLast(({ agent, failedMs }) => failedMs === null && agent === agentOf(fields.interface));
        if (offer) offer.failedMs = atMs;
        break;
      }
      case 'AgentConnect':
        fact.agent = agentOf(fields.interface);
        fact.connectMs = atMs;
        break;
      case 'AgentComplete':
        fact.completeMs = atMs;
        fact.completedBy = fields.reason ?? null;
        break;
      case 'BridgeEnter':
        fact.bridgeMs ??= atMs;
        break;
      case 'Hangup':
        fact.hangupMs = atMs;
        fact.cause = Number(fields.cause);
        break;
    }
  }

  /** Facts so far, in order of arrival. */
  calls(): CallFact[] {
    return [...this.#byChannel.values()];
  }

  clear(): void {
    this.#byChannel.clear();
  }
}

/** `PJSIP/1001` → `1001`. */
const agentOf = (channelInterface: string | undefined) => channelInterface?.replace(/^\w+\//, '') ?? null;

/** A client of a site's AMI that keeps its facts. */
export class AmiRecorder {
  readonly client: AmiClient;
  readonly #facts: CallFacts;

  constructor(site: string, login: AmiLogin) {
    this.#facts = new CallFacts(site);
    this.client = new AmiClient(login, (event) => this.#facts.add(event));
  }

  calls(): CallFact[] {
    return this.#facts.calls();
  }

  /** Forgets what was recorded: between two runs on one lab. */
  clear(): void {
    this.#facts.clear();
  }

  close(): Promise<void> {
    return this.client.close();
  }
}
