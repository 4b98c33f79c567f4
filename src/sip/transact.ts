/**
 * One non-INVITE request from sending to outcome, challenges answered on the way (RFC 3261 8.1.3, 17.1.2, 22): every attempt is a client
 * transaction of its own with a new branch and the next CSeq.
 */
import type { TimerHandle } from '../clock.ts';
import type { Client, ClientFailure, RequestUser } from './client.ts';
import { connectionWords, isLocalFault } from './connection-words.ts';
import { Authorizer } from './digest.ts';
import type { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import type { Open, Shared } from './shared.ts';
import type { Credentials, HostPort, NextHop, TransactionResult } from './stack.ts';
import type { Destination } from './transport.ts';

export interface TransactOptions {
  credentials?: Credentials;
  nextHop?: HostPort | NextHop;
  retransmit?: boolean;
  timeoutMs?: number;
}

/**
 * A next hop that is a name: its hosts are tried in turn (RFC 3263 4.3).
 * @param make builds the next attempt, CSeq counted up; with the authorizer's headers in it.
 */
export function transact(
  shared: Shared,
  make: (authorizer: Authorizer) => OutgoingRequest,
  options: TransactOptions = {},
): Promise<TransactionResult> {
  const { nextHop } = options;
  if (!nextHop || !shared.locator.isName(nextHop)) return transactAt(shared, make, options);
  return transactByName(shared, make, options, nextHop);
}

async function transactByName(
  shared: Shared,
  make: (authorizer: Authorizer) => OutgoingRequest,
  options: TransactOptions,
  nextHop: NextHop | HostPort,
): Promise<TransactionResult> {
  const began = shared.clock.now();
  const { transport } = shared.local;
  let hosts: HostPort[];
  try {
    hosts = await shared.locator.locate(nextHop, transport);
  } catch (error) {
    const at = shared.clock.now();
    const message = connectionWords(error as Error, nextHop, transport);
    const local = isLocalFault(error as Error);
    return { kind: 'transport', at, sentAt: began, message, local, maybeOurs: !local, retransmissions: 0 };
  }
  const name = ('name' in nextHop ? nextHop.name : undefined) ?? nextHop.host;
  let result: TransactionResult | undefined;
  for (const host of hosts) {
    const timeoutMs = options.timeoutMs === undefined ? undefined : options.timeoutMs - (shared.clock.now() - began);
    if (result && timeoutMs !== undefined && timeoutMs <= 0) break;
    result = await transactAt(shared, make, { ...options, nextHop: { ...host, name } as Destination, timeoutMs });
    if (result.kind === 'response' ? result.response.status !== 503 : result.kind === 'transport' && result.local) break;
  }
  return result!;
}

function transactAt(
  shared: Shared,
  make: (authorizer: Authorizer) => OutgoingRequest,
  options: TransactOptions,
): Promise<TransactionResult> {
  return new Promise((resolve) => new Attempts(shared, make, options, resolve).begin());
}

/** Everything that is sent for one question: the request, and again with each challenge answered. */
class Attempts implements RequestUser, Open {
  place: number | undefined;
  readonly #shared: Shared;
  readonly #make: (authorizer: Authorizer) => OutgoingRequest;
  readonly #options: TransactOptions;
  readonly #resolve: (result: TransactionResult) => void;
  readonly #authorizer: Authorizer;
  #client: Client | undefined;
  #sentAt = 0;
  #retransmissions = 0;
  #done = false;
  #limit: TimerHandle | undefined;

  constructor(
    shared: Shared,
    make: (authorizer: Authorizer) => OutgoingRequest,
    options: TransactOptions,
    resolve: (result: TransactionResult) => void,
  ) {
    this.#shared = shared;
    this.#make = make;
    this.#options = options;
    this.#resolve = resolve;
    this.#authorizer = new Authorizer(options.credentials);
  }

  begin(): void {
    const { timeoutMs } = this.#options;
    this.#shared.open.add(this);
    if (timeoutMs !== undefined)
      this.#limit = this.#shared.clock.after(timeoutMs, () => {
        this.#client?.forget();
        this.#finish({ kind: 'timeout', timer: 'F' });
      });
    this.#attempt();
  }

  #attempt(): void {
    this.#client = this.#shared.clients.request(this.#make(this.#authorizer), this, this.#options);
  }

  sent(_client: Client, at: number, again: boolean): void {
    if (again) this.#retransmissions++;
    else this.#sentAt ||= at;
  }

  final(_client: Client, response: IncomingResponse): void {
    if (this.#done) return;
    if (this.#authorizer.accept(response)) this.#attempt();
    else this.#finish({ kind: 'response', response }, response.at);
  }

  failed(_client: Client, failure: ClientFailure): void {
    this.#finish(failure);
  }

  /** The stack closes. */
  closed(): void {
    this.#finish({ kind: 'transport', message: 'the stack was closed', local: true });
  }

  #finish(outcome: { kind: 'response'; response: IncomingResponse } | ClientFailure, at = this.#shared.clock.now()): void {
    if (this.#done) return;
    this.#done = true;
    this.#limit?.cancel();
    this.#shared.open.delete(this);
    this.#resolve({ ...outcome, at, sentAt: this.#sentAt || at, retransmissions: this.#retransmissions } as TransactionResult);
  }
}
