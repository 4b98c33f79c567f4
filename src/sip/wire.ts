/**
 * Between SIP.js's Core, which hands over finished text, and the transport, which wants bytes and an address. Finds the next hop, starts the
 * retransmission of requests, keeps what must be sent again.
 */
import type { Transport as CoreTransport } from 'sip.js/lib/core/transport.js';
import type { Clock } from '../clock.ts';
import { TurnoverMap } from '../turnover.ts';
import type { Waiting } from './client.ts';
import { Exchange } from './exchange.ts';
import { hostPortText } from './message/fields.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { requestTarget, requestTextTarget, responseTextTarget } from './next-hop.ts';
import { Recent } from './recent.ts';
import type { HostPort } from './stack.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { SipTimers } from './timers.ts';
import type { Destination, SendError, Transport } from './transport.ts';

/** CANCEL shares the branch of its INVITE. */
export const exchangeKey = (branch: string, method: string) => (method === 'CANCEL' ? `${branch} CANCEL` : branch);

export class Wire implements CoreTransport {
  /** As SIP.js would put it into a Via; ours come from message/outgoing.ts. */
  readonly protocol = '';
  readonly exchanges = new TurnoverMap<string, Waiting>();
  sent = 0;
  retransmitted = 0;
  /** The response now being given for the first time: any other that SIP.js sends is a repetition. */
  fresh: string | undefined;
  readonly #transport: () => Transport;
  readonly #clock: Clock;
  readonly #wheel: TimerWheel;
  readonly #timers: SipTimers;
  readonly #problem: (at: number, what: string) => void;
  /** ACKs to refusals, by branch (Timer D). */
  readonly #acks: Recent<{ bytes: Buffer; to: HostPort }>;

  constructor(parts: {
    transport: () => Transport;
    clock: Clock;
    wheel: TimerWheel;
    timers: SipTimers;
    problem: (at: number, what: string) => void;
  }) {
    this.#transport = parts.transport;
    this.#clock = parts.clock;
    this.#wheel = parts.wheel;
    this.#timers = parts.timers;
    this.#problem = parts.problem;
    this.#acks = new Recent(parts.clock, parts.timers.timeoutMs);
  }

  /** Called by SIP.js for everything it sends. Rejects where the message could not be sent; SIP.js then ends the transaction. */
  send(text: string): Promise<void> {
    return text.startsWith('SIP/2.0 ') ? this.#sendResponse(text) : this.#sendRequest(text);
  }

  /** One request outside any transaction: nobody waits for what comes back. */
  sendOnce(request: OutgoingRequest, to: HostPort | undefined): void {
    const target = to ?? requestTarget(request);
    if (target) this.put(Buffer.from(request.toString()), target);
  }

  /** Bytes to an address; failures go to `failed` or, where nobody cares, to `problem`. */
  put(bytes: Buffer, to: Destination, failed?: (error: SendError) => void): void {
    this.sent++;
    this.#transport().send(
      bytes,
      to,
      failed ?? ((error) => this.#problem(this.#clock.now(), `sending to ${to.host}:${to.port}: ${error.message}`)),
    );
  }

  putAgain(bytes: Buffer, to: HostPort): void {
    this.retransmitted++;
    this.put(bytes, to);
  }

  /** The transaction is over: nothing is repeated, nothing is expected. */
  forget(request: OutgoingRequest): void {
    request.exchange?.stop();
    this.exchanges.delete(exchangeKey(request.branch, request.method));
  }

  /** A connection is gone: whoever waits for an answer on it waits in vain (RFC 3261 17.1.4). @returns how many did. */
  lost(names: ReadonlySet<string>, error: SendError): number {
    const waiting = this.exchanges.values().filter(({ to }) => to && names.has(hostPortText(to)));
    for (const exchange of waiting) exchange.lost(error);
    return waiting.length;
  }

  /** Retransmission is the transport's own (RFC 3261 17.1.1.2). */
  get reliable(): boolean {
    return this.#transport().reliable;
  }

  /** The ACK to a refusal is part of the INVITE's transaction (RFC 3261 17.1.1.3): to the same address, kept for Timer D. */
  acknowledgeRefusal(invite: OutgoingRequest, toHeader: string, to: HostPort): void {
    const bytes = Buffer.from(invite.refusalAck(toHeader));
    this.#acks.put(invite.branch, { bytes, to });
    this.put(bytes, to);
  }

  /** The ACK to a 2xx belongs to no transaction (RFC 3261 13.2.2.4). @returns its text in one piece, for `acceptAgain`. */
  accept(ack: OutgoingRequest): string {
    ack.setViaHeader('');
    const bytes = Buffer.from(ack.toString());
    const to = requestTarget(ack);
    if (to) this.put(bytes, to);
    else this.#problem(this.#clock.now(), `no host to send ACK ${ack.ruri.text} to`);
    return bytes.toString();
  }

  /** A refusal came again: so goes the ACK (RFC 3261 17.1.1.2, Completed). */
  acknowledgeAgain(branch: string): boolean {
    const ack = this.#acks.get(branch);
    if (ack) this.putAgain(ack.bytes, ack.to);
    return ack !== undefined;
  }

  /** A 2xx came again: so goes its ACK (RFC 3261 13.2.2.4). */
  acceptAgain(ack: string): void {
    const to = requestTextTarget(ack);
    if (to) this.putAgain(Buffer.from(ack), to);
  }

  #sendResponse(text: string): Promise<void> {
    const to = responseTextTarget(text);
    if (!to) return Promise.reject(new Error('no address in the Via to answer'));
    if (text === this.fresh) this.fresh = undefined;
    else this.retransmitted++;
    this.put(Buffer.from(text), to);
    return sentAlready;
  }

  #sendRequest(text: string): Promise<void> {
    const method = text.slice(0, text.indexOf(' '));
    const branch = branchOf(text);
    const waiting = this.exchanges.get(exchangeKey(branch, method));
    const exchange = waiting instanceof Exchange ? waiting : undefined;
    const to = exchange?.to ?? exchange?.options.nextHop ?? requestTextTarget(text);
    if (!to) {
      const message = `no host to send ${text.slice(0, text.indexOf('\r'))} to`;
      if (exchange) exchange.failure = { message, local: false };
      return Promise.reject(new Error(message));
    }
    const bytes = Buffer.from(text);
    if (method === 'ACK') {
      if (exchange) this.#acks.put(branch, { bytes, to });
      this.put(bytes, to);
      return sentAlready;
    }
    if (!exchange) {
      this.put(bytes, to);
      return sentAlready;
    }
    return this.#sendFirst(exchange, bytes, to, method === 'INVITE');
  }

  #sendFirst(exchange: Exchange, bytes: Buffer, to: HostPort, invite: boolean): Promise<void> {
    exchange.to = to;
    exchange.sentAt = this.#clock.now();
    exchange.options.sent?.(exchange.sentAt, false);
    return new Promise((_resolve, reject) => {
      const failed = (error: SendError) => {
        exchange.stop();
        exchange.failure ??= { message: error.message, local: error.local === true, maybeOurs: error.maybeOurs };
        reject(error);
      };
      exchange.failed = failed;
      this.put(bytes, to, failed);
      if (this.#transport().reliable) return;
      exchange.begin(invite, this.#wheel, this.#timers, () => {
        exchange.options.sent?.(this.#clock.now(), true);
        this.putAgain(bytes, to);
      });
    });
  }
}

/** SIP.js waits for a promise at each send; one that is kept already will do. */
const sentAlready = Promise.resolve();

/** The branch of the top Via, which requests of ours and SIP.js's own ACK carry near the top. */
function branchOf(text: string): string {
  const start = text.indexOf(';branch=', text.indexOf('\r\nVia: '));
  if (start < 0) return '';
  let end = start + 8;
  while (end < text.length && text.charCodeAt(end) > 32 && text.charCodeAt(end) !== 59) end++;
  return text.slice(start + 8, end);
}
