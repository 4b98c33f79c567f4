/**
 * Client transactions of ours: a request from its first copy to its outcome, one object and one timer each. RFC 3261 17.1.2 (non-INVITE); what is
 * common with INVITE (client-invite.ts) is here too. Late copies of responses belong to nobody (Timer K): reception.ts lets them pass.
 *
 *   state     event                next      does
 *   waiting   Timer E              waiting   again; at T1, 2·T1 … ≤ T2, not over connections
 *   waiting   1xx                  waiting   from then on every T2
 *   waiting   2xx–6xx              over      `final`
 *   waiting   Timer F, no socket   over      `failed`
 */
import type { Client, ClientFailure, ClientOptions, RequestUser, Waiting } from './client.ts';
import type { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { requestTarget } from './next-hop.ts';
import type { Shared } from './shared.ts';
import type { HostPort } from './stack.ts';
import type { Sleeper, WheelTimer } from './timer-wheel.ts';
import type { SendError } from './transport.ts';
import { exchangeKey } from './wire.ts';

export abstract class ClientTransaction implements Client, Waiting, Sleeper {
  readonly request: OutgoingRequest;
  to: HostPort | undefined;
  sentAt = 0;
  retransmissions = 0;
  protected readonly shared: Shared;
  protected over = false;
  /** Timer A or E, ms; 0: not again. */
  protected interval = 0;
  #bytes: Buffer | undefined;
  #againAt = 0;
  /** Timer B or F. */
  #until = 0;
  #timer: WheelTimer | undefined;

  constructor(shared: Shared, request: OutgoingRequest) {
    this.shared = shared;
    this.request = request;
  }

  protected abstract readonly user: RequestUser;
  protected abstract readonly timerName: 'B' | 'F';
  abstract response(response: IncomingResponse): boolean;
  /** How long until the copy after next. */
  protected abstract nextInterval(): number;

  protected begin(options: ClientOptions): void {
    const { clock, ids, timers, wire } = this.shared;
    const { request } = this;
    if (request.branch === '') request.branch = ids.branch();
    wire.exchanges.set(exchangeKey(request.branch, request.method), this);
    this.to = options.nextHop ?? requestTarget(request);
    if (!this.to) {
      const message = `no host to send ${request.method} ${request.ruri.text} to`;
      queueMicrotask(() => this.fail({ kind: 'transport', message, local: false }));
      return;
    }
    this.sentAt = clock.now();
    this.user.sent(this, this.sentAt, false);
    const bytes = Buffer.from(request.toString());
    wire.put(bytes, this.to, (error) => queueMicrotask(() => this.lost(error)));
    this.#until = this.sentAt + timers.timeoutMs;
    if (options.retransmit !== false && !wire.reliable) {
      this.#bytes = bytes;
      this.interval = timers.t1;
      this.#againAt = this.sentAt + timers.t1;
    }
    this.#arm();
  }

  #arm(): void {
    const at = this.interval > 0 ? Math.min(this.#againAt, this.#until) : this.#until;
    this.#timer = this.shared.wheel.wake(Math.max(0, at - this.shared.clock.now()), this);
  }

  /** The wheel's call: one timer stands for A and B, or E and F. */
  wake(): void {
    if (this.over) return;
    const now = this.shared.clock.now();
    if (now >= this.#until) return this.fail({ kind: 'timeout', timer: this.timerName });
    if (this.interval > 0 && now >= this.#againAt) {
      this.interval = this.nextInterval();
      this.#againAt = now + this.interval;
      this.retransmissions++;
      this.user.sent(this, now, true);
      this.shared.wire.putAgain(this.#bytes!, this.to!);
    }
    this.#arm();
  }

  stop(): void {
    this.interval = 0;
    this.#bytes = undefined;
  }

  /** Timer B ends with the first provisional (RFC 3261 17.1.1.2, Proceeding). */
  protected untimed(): void {
    this.stop();
    this.shared.wheel.cancel(this.#timer);
    this.#timer = undefined;
  }

  forget(): void {
    if (this.over) return;
    this.over = true;
    this.untimed();
    this.shared.wire.forget(this.request);
  }

  lost({ message, local, maybeOurs }: SendError): void {
    this.fail({ kind: 'transport', message, local: local === true, maybeOurs });
  }

  protected fail(failure: ClientFailure): void {
    if (this.over) return;
    this.forget();
    this.user.failed(this, failure);
  }
}

export class RequestClient extends ClientTransaction {
  protected readonly user: RequestUser;

  constructor(shared: Shared, request: OutgoingRequest, user: RequestUser, options: ClientOptions) {
    super(shared, request);
    this.user = user;
    this.begin(options);
  }

  protected get timerName(): 'F' {
    return 'F';
  }

  protected nextInterval(): number {
    return Math.min(this.interval * 2, this.shared.timers.t2);
  }

  response(response: IncomingResponse): boolean {
    if (response.status < 200) {
      if (this.interval > 0) this.interval = this.shared.timers.t2;
      return true;
    }
    this.forget();
    this.user.final(this, response);
    return true;
  }
}
