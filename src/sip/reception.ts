/**
 * Where everything that arrives is sorted: to its client transaction, its server transaction, its dialog, or to the stack's user. Takes the place
 * of UserAgentCore's own dispatch (RFC 3261 8.2, 12.2.2, 17.2.3), for the reasons given in core.ts. Nothing that arrives throws past `message`.
 */
import { InviteServerTransaction } from 'sip.js/lib/core/transactions/invite-server-transaction.js';
import { NonInviteServerTransaction } from 'sip.js/lib/core/transactions/non-invite-server-transaction.js';
import { TransactionState } from 'sip.js/lib/core/transactions/transaction-state.js';
import { UserAgentServer } from 'sip.js/lib/core/user-agents/user-agent-server.js';
import { messageOf } from '../errors.ts';
import { StackIncomingCall } from './incoming-call.ts';
import { type IncomingRequest, IncomingResponse, readMessage } from './message/incoming.ts';
import { unsupported } from './option-tags.ts';
import { Recent } from './recent.ts';
import { settle } from './session-timer.ts';
import { ALLOW, type OwnedDialog, reply, type Shared } from './shared.ts';
import type { HostPort, IncomingRequest as RequestToAnswer, SipStackOptions } from './stack.ts';
import { endStray } from './sweep.ts';
import { exchangeKey } from './wire.ts';

/** Methods that make sense only inside a dialog. */
const DIALOG_ONLY = new Set(['BYE', 'UPDATE', 'INFO', 'PRACK']);

export class Reception {
  received = 0;
  bad = 0;
  readonly #shared: Shared;
  readonly #user: Pick<SipStackOptions, 'call' | 'request' | 'problem'>;
  /** Requests outside dialogs now being served, by Call-ID, CSeq and From-tag: merged requests (RFC 3261 8.2.2.2) without a search. */
  readonly #serving: Recent<string>;

  constructor(shared: Shared, user: Pick<SipStackOptions, 'call' | 'request' | 'problem'>) {
    this.#shared = shared;
    this.#user = user;
    this.#serving = new Recent(shared.clock, shared.timers.timeoutMs);
  }

  message(bytes: Buffer, at: number, source: HostPort): void {
    this.received++;
    try {
      const message = readMessage(bytes, at, source);
      if (message === undefined) return;
      if (typeof message === 'string') this.#unreadable(at, source, message);
      else if (message instanceof IncomingResponse) this.#response(message);
      else this.#request(message);
    } catch (thrown) {
      this.#unreadable(at, source, messageOf(thrown));
    }
  }

  #unreadable(at: number, source: HostPort, why: string): void {
    this.bad++;
    this.#shared.problem(at, `unusable message from ${source.host}:${source.port}: ${why}`);
  }

  #response(response: IncomingResponse): void {
    const { core, wire } = this.#shared;
    if (response.manyVias) return this.#unreadable(response.at, response.source, 'a response with more than one Via');
    const invite = response.cseqMethod === 'INVITE';
    const key = exchangeKey(response.viaBranch, response.cseqMethod);
    const waiting = wire.exchanges.get(key);
    // RFC 3261 12.1.1 wants a To-tag in a 2xx; without one there is no dialog to acknowledge, and SIP.js would wait for ever.
    if (invite && response.status < 300 && response.status >= 200 && response.toTag === '') {
      waiting?.stop();
      return this.#unreadable(response.at, response.source, 'a 2xx to INVITE without a To-tag');
    }
    response.contactFallback = invite ? response.toUri : undefined;
    if (waiting?.response(response)) return;
    const client = core.userAgentClients.get(response.viaBranch + response.cseqMethod);
    if (client) client.transaction.receiveResponse(response.asCore());
    else if (invite && response.status >= 300) wire.acknowledgeAgain(response.viaBranch);
    else if (invite && response.status >= 200) this.#late(response);
    if (waiting && response.status >= 200) wire.exchanges.delete(key);
  }

  /**
   * A 2xx to an INVITE whose transaction is over. The same again: so goes the ACK. One from elsewhere, or after we had given up (a frozen site
   * that woke): the call stands there, so it is acknowledged and ended.
   */
  #late(response: IncomingResponse): void {
    const { acknowledged, ids, invited, wire } = this.#shared;
    if (!response.viaBranch.startsWith(ids.branchHead)) return;
    const id = response.callId + response.fromTag + response.toTag;
    const ack = acknowledged.get(id);
    if (ack !== undefined) return wire.acceptAgain(ack);
    const known = this.#shared.ended.get(id) === true;
    endStray(this.#shared, response, !known);
    if (known) return;
    this.#shared.ended.put(id, true);
    this.#shared.tell(() => invited.get(response.viaBranch)?.handlers?.surplus?.(response));
  }

  #request(request: IncomingRequest): void {
    if (request.method === 'ACK') return this.#ack(request);
    const { core, memory } = this.#shared;
    if (memory.answered(`${request.viaBranch} ${request.method}`)) return;
    const server = core.userAgentServers.get(request.viaBranch);
    if (request.method === 'CANCEL') return this.#cancel(request, server);
    if (server && server.message.method === request.method) return server.transaction.receiveRequest(request.asCore());
    if (request.toTag === '') this.#outside(request);
    else this.#inside(request);
  }

  #ack(request: IncomingRequest): void {
    const { core, memory } = this.#shared;
    const server = core.userAgentServers.get(request.viaBranch);
    const refused = memory.acknowledged(`${request.viaBranch} INVITE`);
    // Some peers acknowledge a 2xx with the branch of the INVITE: that one belongs to the dialog.
    if (server && server.transaction.state !== TransactionState.Accepted) return server.transaction.receiveRequest(request.asCore());
    if (!refused) this.#dialog(request)?.receiveRequest(request.asCore());
  }

  #cancel(request: IncomingRequest, server: UserAgentServer | undefined): void {
    const transaction = server?.transaction;
    if (!(transaction instanceof InviteServerTransaction)) {
      const late = this.#shared.memory.holds(`${request.viaBranch} INVITE`);
      reply(this.#shared, request, undefined, late ? 200 : 481, this.#shared.ids.tag());
      return;
    }
    reply(this.#shared, request, undefined, 200, (server as unknown as { toTag: string }).toTag);
    if (transaction.state === TransactionState.Proceeding) server?.receiveCancel(request.asCore());
  }

  #dialog(request: IncomingRequest): OwnedDialog | undefined {
    return this.#shared.core.dialogs.get(request.callId + request.toTag + request.fromTag) as OwnedDialog | undefined;
  }

  #inside(request: IncomingRequest): void {
    const dialog = this.#dialog(request);
    if (!dialog) {
      const id = request.callId + request.toTag + request.fromTag;
      const ours = request.method === 'BYE' && this.#shared.ended.get(id) === true;
      reply(this.#shared, request, undefined, ours ? 200 : 481, '');
      return;
    }
    request.contactFallback = String(dialog.remoteTarget);
    if (request.method === 'INVITE' || request.method === 'BYE') dialog.receiveRequest(request.asCore());
    else dialog.owner?.serve(request);
  }

  #outside(request: IncomingRequest): void {
    const shared = this.#shared;
    const name = `${request.callId}|${request.cseq}|${request.fromTag}|${request.method}`;
    const merged = this.#serving.get(name);
    if (merged !== undefined && merged !== request.viaBranch && this.#ongoing(merged, request.method)) {
      reply(shared, request, undefined, 482, shared.ids.tag());
      return;
    }
    const unknown = unsupported(request);
    if (unknown.length > 0) {
      reply(shared, request, undefined, 420, shared.ids.tag(), { headers: [['Unsupported', unknown.join(', ')]] });
      return;
    }
    if (DIALOG_ONLY.has(request.method)) {
      reply(shared, request, undefined, 481, shared.ids.tag());
      return;
    }
    this.#serving.put(name, request.viaBranch);
    if (request.method === 'INVITE') this.#invited(request);
    else this.#asked(request);
  }

  /** Not one that we have refused: a proxy may come with the same request again, on its next branch. */
  #ongoing(transaction: string, method: string): boolean {
    const { core, memory } = this.#shared;
    const key = `${transaction} ${method}`;
    return memory.absorbs(key) || (core.userAgentServers.has(transaction) && !memory.holds(key));
  }

  #invited(request: IncomingRequest): void {
    const session = settle(request, this.#shared.sessions);
    if (session.kind === 'too-small') {
      reply(this.#shared, request, undefined, 422, this.#shared.ids.tag(), { headers: session.headers });
      return;
    }
    const call = new StackIncomingCall(this.#shared, request);
    this.#shared.tell(() => (this.#user.call ? this.#user.call(call) : call.reject(480)));
  }

  #asked(request: IncomingRequest): void {
    const shared = this.#shared;
    const server = new UserAgentServer(NonInviteServerTransaction, shared.core, request.asCore());
    const tag = shared.ids.tag();
    let answered = false;
    const pending: RequestToAnswer = {
      request,
      respond: (status, options = {}) => {
        if (answered) return;
        answered = status >= 200;
        reply(shared, request, server, status, tag, options);
      },
    };
    if (this.#user.request) this.#shared.tell(() => this.#user.request?.(pending));
    else pending.respond(request.method === 'OPTIONS' ? 200 : 405, { headers: [['Allow', ALLOW]] });
  }
}
