/** A re-INVITE of ours (RFC 3261 14.1) on SIP.js's dialog: one at a time, challenges answered, the ACK sent, glare waited out. */
import type { IncomingResponseMessage } from 'sip.js/lib/core/messages/incoming-response-message.js';
import type { UserAgentClient } from 'sip.js/lib/core/user-agents/user-agent-client.js';
import { Authorizer } from './digest.ts';
import { type Exchange, failureOf } from './exchange.ts';
import { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import type { CoreRequestOptions, OwnedDialog, Shared } from './shared.ts';
import type { Credentials, TransactionResult } from './stack.ts';

export interface ReinviteParts {
  shared: Shared;
  session: OwnedDialog;
  credentials: Credentials | undefined;
  /** We sent the INVITE that made the dialog: the Call-ID is ours. */
  owner: boolean;
  /** What goes into the request, the authorizer's headers among it. */
  options(authorizer: Authorizer): CoreRequestOptions;
  /** The dialog has ended meanwhile. */
  over(): boolean;
  sent(branch: string): void;
  /** Before the ACK: its Contact is where the ACK goes. */
  accepted(response: IncomingResponse): void;
}

/** Tries once more after 491, or where a re-INVITE of the other side is under way. Never rejects. */
export async function reinvite(parts: ReinviteParts): Promise<TransactionResult> {
  const { clock } = parts.shared;
  const first = await once(parts);
  const glare = first.kind === 'response' ? first.response.status === 491 : first.kind === 'busy';
  if (glare && !parts.over()) {
    await new Promise<void>((resolve) => clock.after(glareWaitMs(parts.owner), resolve));
    const second = await once(parts);
    if (second.kind !== 'busy') return second;
  }
  if (first.kind !== 'busy') return first;
  const at = clock.now();
  const message = parts.over() ? 'the dialog has ended' : 'another re-INVITE is under way';
  return { kind: 'transport', at, message, local: true, sentAt: at, retransmissions: 0 };
}

/** RFC 3261 14.1: whoever owns the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, both in steps of 10 ms. */
function glareWaitMs(owner: boolean): number {
  return owner ? 2100 + Math.floor(Math.random() * 191) * 10 : Math.floor(Math.random() * 201) * 10;
}

type Finished = { kind: 'response'; response: IncomingResponse } | ReturnType<typeof failureOf>;

function once(parts: ReinviteParts): Promise<TransactionResult | { kind: 'busy' }> {
  const { shared, session } = parts;
  if (parts.over() || session.reinviteUserAgentClient || session.reinviteUserAgentServer) return Promise.resolve({ kind: 'busy' });
  const authorizer = new Authorizer(parts.credentials);
  const exchanges: Exchange[] = [];
  return new Promise((resolve) => {
    const finish = (result: Finished) => {
      if (!shared.open.delete(pending)) return;
      const at = result.kind === 'response' ? result.response.at : shared.clock.now();
      const retransmissions = exchanges.reduce((sum, exchange) => sum + exchange.retransmissions, 0);
      resolve({ ...result, at, sentAt: exchanges[0]?.sentAt || at, retransmissions } as TransactionResult);
    };
    const pending = { closed: () => finish({ kind: 'transport', message: 'the stack was closed', local: true }) };
    shared.open.add(pending);
    const attempt = () => {
      const options = parts.options(authorizer);
      const refused = ({ message }: { message: IncomingResponseMessage }) => {
        const response = message as unknown;
        if (!(response instanceof IncomingResponse)) {
          shared.wire.forget(request);
          finish(failureOf(request.exchange!, message.statusCode, 'B'));
        } else if (!parts.over() && authorizer.accept(response)) attempt();
        else finish({ kind: 'response', response });
      };
      const delegate = {
        onAccept: ({ message, ack }: { message: IncomingResponseMessage; ack(options: { extraHeaders: string[] }): unknown }) => {
          const response = message as unknown as IncomingResponse;
          parts.accepted(response);
          ack({ extraHeaders: options.extraHeaders.filter(isAuthorization) });
          finish({ kind: 'response', response });
        },
        onRedirect: refused,
        onReject: refused,
      };
      const client = session.invite(delegate, options) as unknown as UserAgentClient;
      const request = client.message as unknown as OutgoingRequest;
      exchanges.push(request.exchange!);
      request.exchange!.onLost = () => {
        session.reinviteUserAgentClient = undefined;
        finish(failureOf(request.exchange!, undefined));
      };
      parts.sent(request.branch);
    };
    attempt();
  });
}

/** The ACK to a 2xx carries the credentials of its INVITE (RFC 3261 22.1). */
export const isAuthorization = (line: string) => /^(proxy-)?authorization:/i.test(line);
