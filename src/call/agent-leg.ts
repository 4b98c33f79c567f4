/**
 * One call offered to an agent of ours.
 *
 *   offered ──(answer delay)──▶ talking ──(handling time)──▶ BYE by us
 *      │  └─ CANCEL: missed        └─ BYE by the vendor
 *      └─ rejected (486), or left to ring
 */

import type { TimerHandle } from '../clock.ts';
import { type AgentRow, rowOf } from '../record/schema.ts';
import type { IncomingCall, SipDialog, SipRequest } from '../sip/stack.ts';
import type { LiveAgent } from './agents.ts';
import { q850Of } from './facts.ts';
import { CallMedia } from './media.ts';
import { closeRow, openRow } from './open-row.ts';
import type { CallServices } from './services.ts';

export class AgentLeg {
  readonly row: AgentRow;
  readonly id: string;
  readonly #services: CallServices;
  readonly #agent: LiveAgent;
  readonly #incoming: IncomingCall;
  readonly #onOver: (leg: AgentLeg) => void;
  readonly #candidates: string[];
  #media: CallMedia | undefined;
  #dialog: SipDialog | undefined;
  #timer: TimerHandle | undefined;
  #over = false;

  constructor(services: CallServices, agent: LiveAgent, id: string, incoming: IncomingCall, onOver: (leg: AgentLeg) => void) {
    const { request } = incoming;
    this.#services = services;
    this.#agent = agent;
    this.id = id;
    this.#incoming = incoming;
    this.#onOver = onOver;
    this.#candidates = callerCandidates(request);
    this.row = offeredRow(services, agent, request, this.#candidates);
    incoming.handlers = {
      cancelled: (cancel) => {
        this.row.q850 = q850Of(cancel);
        this.#end('missed', 'vendor', cancel.at);
      },
      // Only the ACK shows that the vendor took the agent's answer: one that died meanwhile connects nobody.
      acknowledged: (ack) => {
        if (this.row.ack_ms !== null || this.row.answer_ms === null) return;
        this.row.ack_ms = ack.at;
        services.correlator.answered(this.#word(this.row.answer_ms));
      },
      unacknowledged: () => this.#end('failed', 'vendor', services.clock.now()),
      ended: (bye) => {
        this.row.q850 = q850Of(bye);
        this.#end('answered', 'vendor', bye.at);
      },
      offer: (offer) => {
        const body = this.#media?.reply(offer.body || undefined);
        return body ? { status: 200, body } : { status: 488 };
      },
      // An INVITE without SDP: our offer went in the 200.
      answer: (message) => void this.#media?.take(message.body),
      description: () => this.#media?.description(),
      expired: (at) => this.#end('answered', 'vendor', at),
    };
  }

  /** Rings and answers as this agent does. `chance` decides about no answer and rejection. */
  async serve(): Promise<void> {
    const { random } = this.#agent;
    const chance = random.next();
    if (chance < this.#agent.reject) {
      this.#incoming.reject(486);
      return this.#end('rejected', 'agent', this.#services.clock.now());
    }
    this.#services.correlator.offered(this.#word(this.#services.clock.now()));
    this.#incoming.ring();
    this.row.ringing_ms = this.#services.clock.now();
    if (chance < this.#agent.reject + this.#agent.noAnswer) return;
    const delay = this.#agent.answerDelay.draw(random);
    const media = this.#services.pump ? await this.#openMedia() : CallMedia.off(this.#services);
    if (!media) return;
    if (this.#over) return media.close();
    this.#media = media;
    this.#timer = this.#services.clock.after(this.row.ringing_ms + delay - this.#services.clock.now(), () => this.#answer());
  }

  /** Hangs up as the agent would, or refuses while it rings. Resolves when nothing is left. */
  async hangUp(by: 'agent' | 'harness' = 'agent'): Promise<void> {
    if (this.#over) return;
    const dialog = this.#dialog;
    if (!dialog) {
      this.#incoming.reject(480);
      return this.#end('rejected', by, this.#services.clock.now());
    }
    this.#end('answered', by, this.#services.clock.now());
    await dialog.bye();
  }

  abandonUnawaited(): void {
    if (this.#over) return;
    if (this.#dialog) this.#dialog.byeUnawaited();
    else this.#incoming.reject(480);
    this.#end(this.#dialog ? 'answered' : 'rejected', 'harness', this.#services.clock.now());
  }

  async #openMedia(): Promise<CallMedia | undefined> {
    try {
      return await CallMedia.open(this.#services);
    } catch {
      this.#incoming.reject(500, { reason: 'No RTP port' });
      this.#end('failed', 'harness', this.#services.clock.now());
      return undefined;
    }
  }

  #answer(): void {
    if (this.#over) return;
    const body = this.#media!.reply(this.#incoming.request.body || undefined);
    if (!body) {
      this.#incoming.reject(488);
      return this.#end('failed', 'agent', this.#services.clock.now());
    }
    this.#dialog = this.#incoming.accept(body);
    this.row.answer_ms = this.#services.clock.now();
    this.#services.sink.write('open', openRow(this.#services, this.id, 'agent', true, this.#dialog.snapshot()));
    const handling = this.#agent.handling?.draw(this.#agent.random) ?? Number.POSITIVE_INFINITY;
    if (Number.isFinite(handling)) this.#timer = this.#services.clock.after(handling, () => void this.hangUp());
  }

  #end(outcome: 'answered' | 'missed' | 'rejected' | 'failed', by: 'agent' | 'vendor' | 'harness', at: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    const { row } = this;
    row.end_ms = at;
    row.outcome = outcome;
    row.ended_by = by;
    this.#services.correlator.ended({ agent: this.#agent.name, leg: this.id, at, by: by === 'vendor' ? 'vendor' : 'agent' });
    const matched = this.#services.correlator.matched(this.id);
    row.call = matched?.call ?? null;
    row.correlation = matched?.method ?? null;
    this.#media?.fillAgent(row);
    this.#media?.close();
    const wrapUp = outcome === 'answered' ? this.#agent.wrapUp.draw(this.#agent.random) : 0;
    row.ready_ms = at + wrapUp;
    this.#services.sink.write('agents', row);
    this.#services.trace?.agent(this.id, row);
    if (row.answer_ms !== null) this.#services.sink.write('open', closeRow(this.#services, this.id));
    this.#onOver(this);
  }

  #word(at: number) {
    return { agent: this.#agent.name, leg: this.id, candidates: this.#candidates, at };
  }
}

function offeredRow(services: CallServices, agent: LiveAgent, request: SipRequest, candidates: readonly string[]): AgentRow {
  return rowOf('agents', {
    agent: agent.name,
    worker: services.worker,
    skills: agent.skills.join('+'),
    sip_call_id: request.callId,
    caller: candidates[0] ?? null,
    offered_ms: request.at,
    diversion: request.header('diversion') ?? null,
  });
}

/** An offer that came while the agent was on a call, in wrap-up or on a break: refused at once. */
export function refusedRow(services: CallServices, agent: LiveAgent, request: SipRequest): AgentRow {
  const now = services.clock.now();
  const row = offeredRow(services, agent, request, callerCandidates(request));
  return Object.assign(row, { end_ms: now, ready_ms: now, outcome: 'rejected', ended_by: 'agent' });
}

/** Texts of the INVITE that may carry the caller's number or key, best first. */
function callerCandidates(request: SipRequest): string[] {
  const found = [userOf(request.fromUri), request.fromDisplay];
  for (const name of ['p-asserted-identity', 'remote-party-id']) for (const value of request.headers(name)) found.push(userOf(value));
  for (const value of request.headers('user-to-user')) found.push(uuiText(value));
  for (const name of ['x-call', 'x-caller', 'x-call-id']) for (const value of request.headers(name)) found.push(value.trim());
  return [...new Set(found.filter((text) => text !== ''))];
}

const userOf = (uri: string) => decodeURIComponentSafe(/(?:sips?|tel):([^@;>]+)/i.exec(uri)?.[1] ?? '');

function uuiText(value: string): string {
  const [content, ...parameters] = value.split(';');
  const hex = content!.trim().replace(/^"|"$/g, '');
  return parameters.some((p) => /encoding\s*=\s*hex/i.test(p)) ? Buffer.from(hex, 'hex').toString() : hex;
}

function decodeURIComponentSafe(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
