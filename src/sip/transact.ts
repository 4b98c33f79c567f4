/**
 * One non-INVITE request from sending to outcome, challenges answered on the way (RFC 3261 8.1.3, 17.1.2, 22): every attempt is a client
 * transaction of SIP.js with a new branch and the next CSeq.
 */

import type { IncomingResponseMessage } from 'sip.js/lib/core/messages/incoming-response-message.js';
import { NonInviteClientTransaction } from 'sip.js/lib/core/transactions/non-invite-client-transaction.js';
import { UserAgentClient } from 'sip.js/lib/core/user-agents/user-agent-client.js';
import { connectionWords } from './connection-words.ts';
import { Authorizer } from './digest.ts';
import { Exchange } from './exchange.ts';
import { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import type { Shared } from './shared.ts';
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
    return { kind: 'transport', at, sentAt: began, message, local: false, maybeOurs: true, retransmissions: 0 };
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
  return new Promise((resolve) => {
    const authorizer = new Authorizer(options.credentials);
    let sentAt = 0;
    let retransmissions = 0;
    let done = false;
    let giveUp: () => void = () => {};
    const finish = (outcome: { kind: 'response'; response: IncomingResponse } | Failure) => {
      if (done) return;
      done = true;
      limit?.cancel();
      shared.open.delete(pending);
      const at = outcome.kind === 'response' ? outcome.response.at : shared.clock.now();
      resolve({ ...outcome, at, sentAt: sentAt || at, retransmissions } as TransactionResult);
    };
    const pending = { closed: () => finish({ kind: 'transport', message: 'the stack was closed', local: true }) };
    shared.open.add(pending);
    const limit =
      options.timeoutMs === undefined
        ? undefined
        : shared.clock.after(options.timeoutMs, () => {
            giveUp();
            finish({ kind: 'timeout', timer: 'F' });
          });

    const attempt = () => {
      const request = make(authorizer);
      const exchange = new Exchange({
        nextHop: options.nextHop,
        retransmit: options.retransmit,
        sent: (at, again) => {
          if (again) retransmissions++;
          else sentAt ||= at;
        },
      });
      request.exchange = exchange;
      const final = ({ message }: { message: IncomingResponseMessage }) => {
        shared.wire.forget(request);
        if (done) return;
        const response = exchange.final ?? (message as unknown);
        if (!(response instanceof IncomingResponse)) return finish(failureOf(exchange, message.statusCode));
        if (authorizer.accept(response)) attempt();
        else finish({ kind: 'response', response });
      };
      const client = new UserAgentClient(NonInviteClientTransaction, shared.core, request.asCore(), {
        onAccept: final,
        onRedirect: final,
        onReject: final,
      });
      giveUp = () => {
        shared.wire.forget(request);
        shared.core.userAgentClients.delete(request.branch + request.method);
        client.dispose();
      };
    };
    attempt();
  });
}

type Failure = { kind: 'timeout'; timer: 'B' | 'F' } | { kind: 'transport'; message: string; local: boolean; maybeOurs?: boolean };

/** SIP.js tells of failures by responses of its own: 408 for Timers B and F, 503 for the transport. */
export function failureOf(exchange: Exchange, status: number | undefined, timer: 'B' | 'F' = 'F'): Failure {
  if (status === 408) return { kind: 'timeout', timer };
  return { kind: 'transport', ...(exchange.failure ?? { message: 'the request could not be sent', local: true }) };
}
