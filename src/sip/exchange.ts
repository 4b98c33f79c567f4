/**
 * A client transaction of SIP.js (re-INVITE, and the reference of client-reference.ts) as our transport sees it: where it goes, how often it has
 * been sent, what was heard. SIP.js has no Timers A and E (RFC 3261 17.1.1.2, 17.1.2.2); they are here.
 *
 *   INVITE       sent → again at T1, 2·T1, 4·T1 … until any response (or Timer B, which SIP.js counts)
 *   others       sent → again at T1, 2·T1 … ≤ T2; after a provisional every T2; until a final response (or Timer F)
 */
import type { ClientFailure, ClientOptions, Waiting } from './client.ts';
import type { IncomingResponse } from './message/incoming.ts';
import type { HostPort } from './stack.ts';
import type { TimerWheel, WheelTimer } from './timer-wheel.ts';
import type { SipTimers } from './timers.ts';
import type { SendError } from './transport.ts';

export interface ExchangeOptions extends ClientOptions {
  sent?(at: number, retransmission: boolean): void;
  /** Each response, before SIP.js judges it: an 18x without To-tag or Contact is seen here alone. */
  heard?(response: IncomingResponse): void;
}

export class Exchange implements Waiting {
  readonly options: ExchangeOptions;
  /** First time on the wire (Clock ms); 0 before. */
  sentAt = 0;
  retransmissions = 0;
  /** The real final response: SIP.js hides a 408 behind one of its own. */
  final: IncomingResponse | undefined;
  failure: { message: string; local: boolean; maybeOurs?: boolean } | undefined;
  to: HostPort | undefined;
  /** Ends it where its connection is gone. Set once it is on its way. */
  failed: ((error: SendError) => void) | undefined;
  /** Told after that: SIP.js lets an INVITE that has heard a provisional wait for ever. */
  onLost: (() => void) | undefined;
  #timer: WheelTimer | undefined;
  #interval = 0;
  #t2 = 0;
  #over = false;

  constructor(options: ExchangeOptions = {}) {
    this.options = options;
  }

  /** Starts Timer A or E once the first copy is on its way. */
  begin(invite: boolean, wheel: TimerWheel, timers: SipTimers, again: () => void): void {
    this.#t2 = timers.t2;
    if (this.options.retransmit === false || this.#over) return;
    this.#interval = timers.t1;
    const arm = () => {
      this.#timer = wheel.after(this.#interval, () => {
        if (this.#over) return;
        this.#interval = invite ? this.#interval * 2 : Math.min(this.#interval * 2, timers.t2);
        this.retransmissions++;
        again();
        arm();
      });
    };
    arm();
  }

  response(response: IncomingResponse): boolean {
    if (response.status >= 200) this.final ??= response;
    if (response.status >= 200 || response.cseqMethod === 'INVITE') this.stop();
    else this.#interval = this.#t2;
    this.options.heard?.(response);
    return false;
  }

  lost(error: SendError): void {
    if (!this.failed) return;
    this.failed(error);
    this.onLost?.();
  }

  stop(): void {
    this.#over = true;
    if (this.#timer) this.#timer.sleeper = undefined;
    this.#timer = undefined;
  }
}

/** SIP.js tells of failures by responses of its own: 408 for Timers B and F, 503 for the transport. */
export function failureOf(exchange: Exchange, status: number | undefined, timer: 'B' | 'F' = 'F'): ClientFailure {
  if (status === 408) return { kind: 'timeout', timer };
  return { kind: 'transport', ...(exchange.failure ?? { message: 'the request could not be sent', local: true }) };
}
