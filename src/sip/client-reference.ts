/**
 * The same by SIP.js's own user agent clients and transactions, with the retransmission that they lack (exchange.ts): what our own transactions
 * are measured against. The tests of the stack run on either.
 */
import type { IncomingResponseMessage } from 'sip.js/lib/core/messages/incoming-response-message.js';
import { NonInviteClientTransaction } from 'sip.js/lib/core/transactions/non-invite-client-transaction.js';
import { InviteUserAgentClient } from 'sip.js/lib/core/user-agents/invite-user-agent-client.js';
import { UserAgentClient } from 'sip.js/lib/core/user-agents/user-agent-client.js';
import type { Client, ClientOptions, Clients, InviteUser, RequestUser } from './client.ts';
import { Exchange, failureOf } from './exchange.ts';
import { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import type { OwnedDialog, Shared } from './shared.ts';

export const referenceClients = (shared: () => Shared): Clients => ({
  invite: (request, user, options) => new ReferenceInvite(shared(), request, user, options),
  request: (request, user, options) => new ReferenceRequest(shared(), request, user, options),
});

abstract class Reference implements Client {
  readonly request: OutgoingRequest;
  protected readonly shared: Shared;
  protected readonly exchange: Exchange;
  protected over = false;
  protected abstract readonly agent: UserAgentClient;
  protected abstract readonly timerName: 'B' | 'F';

  constructor(shared: Shared, request: OutgoingRequest, user: RequestUser, options: ClientOptions) {
    this.shared = shared;
    this.request = request;
    this.exchange = new Exchange({
      ...options,
      sent: (at, again) => user.sent(this, at, again),
      heard: (response) => this.heard(response),
    });
    request.exchange = this.exchange;
  }

  get sentAt(): number {
    return this.exchange.sentAt;
  }

  get retransmissions(): number {
    return this.exchange.retransmissions;
  }

  protected heard(_response: IncomingResponse): void {}

  /** SIP.js makes a response of its own of Timers B and F and of failures of the transport; a real 408 it hides behind one. */
  protected ended(user: RequestUser, message: IncomingResponseMessage): void {
    if (this.over) return;
    const response = this.exchange.final ?? (message as unknown);
    // The exchange of a refusal is forgotten when the refusal has been dealt with: its ACK still needs the address.
    if (!this.exchange.final) this.shared.wire.forget(this.request);
    this.over = true;
    if (response instanceof IncomingResponse) user.final(this, response);
    else user.failed(this, failureOf(this.exchange, message.statusCode, this.timerName));
  }

  stop(): void {
    this.exchange.stop();
  }

  forget(): void {
    this.over = true;
    this.exchange.stop();
    this.shared.wire.forget(this.request);
    this.shared.core.userAgentClients.delete(this.request.branch + this.request.method);
    this.agent.dispose();
  }
}

class ReferenceRequest extends Reference {
  protected readonly agent: UserAgentClient;

  constructor(shared: Shared, request: OutgoingRequest, user: RequestUser, options: ClientOptions) {
    super(shared, request, user, options);
    const ended = ({ message }: { message: IncomingResponseMessage }) => this.ended(user, message);
    const delegate = { onAccept: ended, onRedirect: ended, onReject: ended };
    this.agent = new UserAgentClient(NonInviteClientTransaction, shared.core, request.asCore(), delegate);
  }

  protected get timerName(): 'F' {
    return 'F';
  }
}

class ReferenceInvite extends Reference {
  protected readonly agent: UserAgentClient;
  readonly #user: InviteUser;

  constructor(shared: Shared, request: OutgoingRequest, user: InviteUser, options: ClientOptions) {
    super(shared, request, user, options);
    this.#user = user;
    const ended = ({ message }: { message: IncomingResponseMessage }) => this.ended(user, message);
    this.agent = new InviteUserAgentClient(shared.core, request.asCore(), {
      onProgress: ({ message, session }) => user.early(this, message as unknown as IncomingResponse, session as OwnedDialog),
      onAccept: ({ message, session }) => {
        this.forget();
        user.accepted(this, message as unknown as IncomingResponse, session as OwnedDialog);
      },
      onRedirect: ended,
      onReject: ended,
    });
    this.exchange.onLost = () => {
      if (this.over) return;
      this.forget();
      user.failed(this, failureOf(this.exchange, undefined));
    };
  }

  protected get timerName(): 'B' {
    return 'B';
  }

  protected override heard(response: IncomingResponse): void {
    if (response.status < 200) this.#user.provisional(this, response);
  }
}
