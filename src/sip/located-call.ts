/**
 * A call whose next hop is a name, or that has other ways to go where the first does not answer. RFC 3263 4.3: a host that cannot be reached, says
 * nothing at all, or answers 503 is passed over; the same call goes to the next one, as a new transaction.
 *
 *   state      event                                             next       does
 *   locating   addresses known                                   trying     INVITE to the first
 *   locating   cancelled, or no address and no other way         failed     nothing was sent
 *   trying     503, no connection, or no 1xx; another is left    trying     INVITE to the next host, then the next way
 *   trying     anything else                                     –          as of any call
 */
import { messageOf } from '../errors.ts';
import { connectionWords, isLocalFault } from './connection-words.ts';
import { StackOutgoingCall } from './outgoing-call.ts';
import type { Shared } from './shared.ts';
import type {
  DialogSnapshot,
  HeaderList,
  NextHop,
  OutgoingCall,
  OutgoingCallHandlers,
  OutgoingCallOptions,
  OutgoingWay,
  SipDialog,
  SipFailure,
} from './stack.ts';

/** Whether another host may be asked after this. */
export function passedOver(failure: SipFailure): boolean {
  if (failure.kind === 'response') return failure.response.status === 503;
  return failure.kind === 'timeout' || !failure.local;
}

export class LocatedCall implements OutgoingCall {
  readonly sipCallId: string;
  readonly #shared: Shared;
  readonly #options: OutgoingCallOptions;
  readonly #handlers: OutgoingCallHandlers;
  /** Ways not yet tried, and hosts of the present one. */
  readonly #ways: OutgoingWay[];
  #way!: OutgoingWay;
  #wayIndex = -1;
  #hosts: NextHop[] = [];
  #present: StackOutgoingCall | undefined;
  #heard = false;
  #over = false;
  #cancelled = false;
  #challenges = 0;
  #retransmissions = 0;
  /** The whole call's limit; each try but the last has its own. */
  #until: number;

  constructor(shared: Shared, options: OutgoingCallOptions, handlers: OutgoingCallHandlers) {
    this.#shared = shared;
    this.#options = options;
    this.#handlers = handlers;
    this.#ways = [options, ...(options.otherwise ?? [])];
    this.sipCallId = options.callId ?? shared.ids.callId();
    this.#until = shared.clock.now() + (options.provisionalLimitMs ?? Number.POSITIVE_INFINITY);
    shared.open.add(this);
    this.#nextWay({ kind: 'transport', at: shared.clock.now(), message: 'the next hop has no address', local: false });
  }

  get challenges(): number {
    return this.#challenges + (this.#present?.challenges ?? 0);
  }

  get retransmissions(): number {
    return this.#retransmissions + (this.#present?.retransmissions ?? 0);
  }

  get dialog(): SipDialog | undefined {
    return this.#present?.dialog;
  }

  /** @param before what to report if no way is left */
  #nextWay(before: SipFailure): void {
    const way = this.#ways[++this.#wayIndex];
    if (!way || this.#cancelled) return this.#fail(before);
    this.#way = way;
    const { nextHop } = way;
    if (!this.#shared.locator.isName(nextHop)) {
      this.#hosts = [nextHop];
      return this.#try(before);
    }
    this.#shared.locator.locate(nextHop, nextHop.transport).then(
      (found) => {
        this.#hosts = found.map((at) => ({ ...at, transport: nextHop.transport, name: nextHop.name ?? nextHop.host }));
        this.#try(before);
      },
      (error: Error) => {
        const message = error instanceof Error ? connectionWords(error, nextHop, nextHop.transport) : messageOf(error);
        const local = isLocalFault(error);
        this.#nextWay({ kind: 'transport', at: this.#shared.clock.now(), message, local, maybeOurs: !local });
      },
    );
  }

  #try(before: SipFailure): void {
    if (this.#over) return;
    if (this.#cancelled) return this.#fail(before);
    const hop = this.#hosts.shift();
    if (!hop) return this.#nextWay(before);
    const { clock, tell } = this.#shared;
    const { failoverMs } = this.#options;
    const last = this.#hosts.length === 0 && this.#wayIndex >= this.#ways.length - 1;
    const left = this.#until - clock.now();
    // Without a limit of its own each host gets an equal part of what is left, or the last would have none.
    const limit = last ? left : Math.min(left, failoverMs ?? left / (this.#hosts.length + 1));
    this.#heard = false;
    const way = this.#wayIndex;
    tell(() => this.#handlers.way?.(way, hop));
    let first: (() => void) | undefined;
    let constructed = false;
    const { credentials, route } = this.#way;
    const call = new StackOutgoingCall(
      this.#shared.siblings.get(hop.transport) ?? this.#shared,
      {
        ...this.#options,
        ...this.#way,
        // One carrier's account is nothing for another.
        credentials,
        route,
        callId: this.sipCallId,
        nextHop: hop,
        provisionalLimitMs: Number.isFinite(limit) ? Math.max(1, limit) : undefined,
      },
      {
        ...delegated(this.#handlers),
        sent: (at, what) => {
          // Told once this call can be asked for its snapshot.
          if (constructed) this.#handlers.sent?.(at, what);
          else first = () => this.#handlers.sent?.(at, what);
        },
        provisional: (response) => {
          this.#heard = true;
          this.#handlers.provisional?.(response);
        },
        answered: (response, dialog) => {
          this.#over = true;
          this.#shared.open.delete(this);
          this.#handlers.answered(response, dialog);
        },
        failed: (failure) => this.#failed(failure),
      },
    );
    this.#present = call;
    constructed = true;
    if (first) tell(first);
  }

  #failed(failure: SipFailure): void {
    // One that was ringing when its connection broke was lost there: another host would only hide it.
    const lost = failure.kind !== 'response' && this.#heard;
    if (this.#over || this.#cancelled || lost || !passedOver(failure) || this.#shared.clock.now() >= this.#until)
      return this.#fail(failure);
    if (this.#hosts.length === 0 && this.#wayIndex >= this.#ways.length - 1) return this.#fail(failure);
    this.#challenges += this.#present?.challenges ?? 0;
    this.#retransmissions += this.#present?.retransmissions ?? 0;
    this.#present = undefined;
    this.#try(failure);
  }

  #fail(failure: SipFailure): void {
    if (this.#over) return;
    this.#over = true;
    this.#shared.open.delete(this);
    this.#shared.tell(() => this.#handlers.failed(failure));
  }

  cancel(headers?: HeaderList): void {
    if (this.#over) return this.#present?.cancel(headers);
    this.#cancelled = true;
    if (this.#present) return this.#present.cancel(headers);
    this.#fail({ kind: 'transport', at: this.#shared.clock.now(), message: 'given up before the next hop was found', local: false });
  }

  abandonUnawaited(): void {
    this.#cancelled = true;
    this.#over = true;
    this.#shared.open.delete(this);
    this.#present?.abandonUnawaited();
  }

  /** The stack closes. */
  closed(): void {
    if (this.#present) return;
    this.#fail({ kind: 'transport', at: this.#shared.clock.now(), message: 'the stack was closed', local: true });
  }

  /** Before anything was sent there is nothing that another process could end: branch and tag are null and empty. */
  snapshot(): DialogSnapshot {
    if (this.#present) return this.#present.snapshot();
    const { requestUri, fromUri, toUri, nextHop } = this.#way;
    const { host, port, transport } = this.#shared.local;
    return {
      sipCallId: this.sipCallId,
      localUri: fromUri,
      localTag: '',
      remoteUri: toUri,
      remoteTag: null,
      remoteTarget: null,
      routeSet: [],
      localCseq: 0,
      branch: null,
      requestUri,
      transport,
      local: { host, port },
      remote: { host: nextHop.host, port: nextHop.port },
    };
  }
}

/** One function for each thing that these handlers take. They may be an object of a class, whose methods a spread would lose; what is absent stays so. */
function delegated(to: OutgoingCallHandlers): OutgoingCallHandlers {
  return {
    answered: (response, dialog) => to.answered(response, dialog),
    failed: (failure) => to.failed(failure),
    ended: (request) => to.ended(request),
    offer: to.offer && ((request) => to.offer!(request)),
    answer: to.answer && ((message) => to.answer!(message)),
    description: to.description && (() => to.description!()),
    expired: to.expired && ((at, why) => to.expired!(at, why)),
    request: to.request && ((request) => to.request!(request)),
    lateOffer: to.lateOffer && ((offer) => to.lateOffer!(offer)),
    redirected: to.redirected && ((response, uri) => to.redirected!(response, uri)),
    surplus: to.surplus && ((response) => to.surplus!(response)),
  };
}
