/** Offers that come inside a dialog, in re-INVITE, UPDATE and PRACK, and what we answer (RFC 3261 14.2, RFC 3311 5.2, RFC 3262 5, RFC 4028 9). */
import { TransactionState } from 'sip.js/lib/core/transactions/transaction-state.js';
import type { UserAgentServer } from 'sip.js/lib/core/user-agents/user-agent-server.js';
import type { StackDialog } from './dialog.ts';
import type { IncomingRequest } from './message/incoming.ts';
import { SUPPORTED } from './option-tags.ts';
import { minSe, settle } from './session-timer.ts';
import { ALLOW } from './shared.ts';
import type { Body, OfferReply } from './stack.ts';

export function answerUpdate(dialog: StackDialog, request: IncomingRequest, server: UserAgentServer): void {
  dialog.refreshTarget(request.contact);
  answerOffer(dialog, request, server, request.body !== '');
}

/** RFC 3262 3, 5: an offer in the PRACK is answered in its 200, an answer there is to the offer of our reliable 18x. */
export function answerPrack(dialog: StackDialog, request: IncomingRequest, server: UserAgentServer): void {
  const then = dialog.host.pracked?.(request);
  if (!then) return dialog.reply(request, server, 481);
  const { handlers } = dialog.host;
  let body: Body | undefined;
  if (request.body !== '')
    dialog.shared.tell(() => {
      if (dialog.offered) handlers?.answer?.(request);
      else {
        const answer = handlers?.offer?.(request);
        body = answer && 'body' in answer ? answer.body : undefined;
      }
    });
  dialog.offered = false;
  dialog.reply(request, server, 200, { body });
  then();
}

export function answerReinvite(dialog: StackDialog, request: IncomingRequest, server: UserAgentServer): void {
  const accepted = answerOffer(dialog, request, server, true);
  const { session } = dialog;
  if (!accepted) {
    session.reinviteUserAgentServer = undefined;
    return;
  }
  session.reConfirm();
  // Without an ACK SIP.js would refuse every further re-INVITE for as long as the call lasts.
  const { transaction } = server;
  transaction.addStateChangeListener(() => {
    const same = session.reinviteUserAgentServer?.transaction === transaction;
    if (same && transaction.state === TransactionState.Terminated) session.reinviteUserAgentServer = undefined;
  });
}

/** @returns whether it was accepted. A refresh without an offer (RFC 4028: UPDATE) needs no answer. */
function answerOffer(dialog: StackDialog, request: IncomingRequest, server: UserAgentServer, offers: boolean): boolean {
  const { shared, host, refresh } = dialog;
  refresh.atLeast(minSe(request));
  refresh.meet(request);
  const session = settle(request, shared.sessions);
  if (session.kind === 'too-small') {
    dialog.reply(request, server, 422, { headers: session.headers });
    return false;
  }
  let answer: OfferReply = offers ? { status: 488 } : { status: 200, body: undefined };
  shared.tell(() => {
    if (offers) answer = host.handlers?.offer?.(request) ?? answer;
  });
  const headers: [string, string][] = [];
  if (answer.status < 300) {
    headers.push(['Contact', shared.contact(dialog.user)], ['Allow', ALLOW], ['Supported', SUPPORTED]);
    for (const [name, value] of session.headers) headers.push([name, value]);
    refresh.settle(session.terms);
  }
  const body = 'body' in answer ? answer.body : undefined;
  if (request.method === 'INVITE' && request.body === '') dialog.offered = body !== undefined;
  dialog.reply(request, server, answer.status, {
    headers,
    body,
    reason: 'reason' in answer ? answer.reason : undefined,
    recordRoute: answer.status < 300,
  });
  return answer.status < 300;
}
