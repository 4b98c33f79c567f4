/**
 * INVITE client transaction of ours, RFC 3261 17.1.1 with RFC 6026's Accepted, and the dialogs that its responses make (12.1.2, 13.2.2).
 *
 *   state       event                 next        does
 *   calling     Timer A               calling     again; at T1, 2·T1, 4·T1 …, not over connections
 *   calling     1xx                   proceeding  no timer runs any more; a To-tag makes an early dialog
 *   both        2xx                   over        `accepted` with its dialog; other early dialogs are gone
 *   both        3xx–6xx               over        ACK to where the INVITE went; early dialogs are gone; `final`
 *   calling     Timer B, no socket    over        `failed`
 *   proceeding  connection lost       over        `failed`
 *
 * After the end wire.ts (ACK to a refusal that comes again, Timer D) and reception.ts (2xx that come again, or from elsewhere, Timer M) answer.
 */
import { SessionDialog } from 'sip.js/lib/core/dialogs/session-dialog.js';
import type { InviteClientTransaction } from 'sip.js/lib/core/transactions/invite-client-transaction.js';
import type { ClientOptions, InviteUser } from './client.ts';
import { ClientTransaction } from './client-request.ts';
import type { IncomingResponse } from './message/incoming.ts';
import type { OutgoingRequest } from './message/outgoing.ts';
import { ownText } from './message/own-text.ts';
import { asUri, sharedUri } from './message/uri-text.ts';
import type { OwnedDialog, Shared } from './shared.ts';

/** What SIP.js's dialog asks of the transaction that made it: that it be no server's. */
const OURS = { request: {} } as unknown as InviteClientTransaction;
const NO_ROUTE: string[] = [];

export class InviteClient extends ClientTransaction {
  protected readonly user: InviteUser;
  #early: OwnedDialog[] | undefined;

  constructor(shared: Shared, request: OutgoingRequest, user: InviteUser, options: ClientOptions) {
    super(shared, request);
    this.user = user;
    this.begin(options);
  }

  protected get timerName(): 'B' {
    return 'B';
  }

  protected nextInterval(): number {
    return this.interval * 2;
  }

  response(response: IncomingResponse): boolean {
    if (response.status < 200) this.#provisional(response);
    else if (response.status < 300) this.#accepted(response);
    else this.#refused(response);
    return true;
  }

  #provisional(response: IncomingResponse): void {
    this.untimed();
    this.user.provisional(this, response);
    if (this.over || response.status === 100 || response.toTag === '') return;
    const dialog = this.#dialog(response);
    if (dialog.reliableSequenceGuard(response.asCore())) this.user.early(this, response, dialog);
  }

  #accepted(response: IncomingResponse): void {
    const dialog = this.#dialog(response);
    dialog.confirm();
    const { dialogState } = dialog as unknown as { dialogState: { routeSet: string[] } };
    // RFC 3261 13.2.2.4: the route set is that of the 2xx.
    dialogState.routeSet = routeSetOf(response);
    const others = this.#early?.filter((early) => early !== dialog) ?? [];
    this.#early = undefined;
    this.forget();
    for (const other of others) other.dispose();
    this.user.accepted(this, response, dialog);
  }

  #refused(response: IncomingResponse): void {
    this.shared.wire.acknowledgeRefusal(this.request, response.header('to')!, this.to!);
    this.forget();
    this.user.final(this, response);
  }

  override forget(): void {
    super.forget();
    for (const early of this.#early ?? []) early.dispose();
    this.#early = undefined;
  }

  /** The dialog of this response's To-tag; made where it is new, early until it is confirmed. */
  #dialog(response: IncomingResponse): OwnedDialog {
    const known = this.#early?.find(({ remoteTag }) => remoteTag === response.toTag);
    if (known) return known;
    const { callId, cseq, fromTag, parts } = this.request;
    const remoteTag = ownText(response.toTag);
    const dialog: OwnedDialog = new SessionDialog(OURS, this.shared.core, {
      id: callId + fromTag + remoteTag,
      early: true,
      callId,
      localTag: fromTag,
      remoteTag,
      localSequenceNumber: cseq,
      remoteSequenceNumber: undefined,
      localURI: asUri(parts.fromUri, parts.fromDisplay),
      remoteURI: asUri(parts.toUri, parts.toDisplay),
      remoteTarget: sharedUri(response.contact ?? response.toUri),
      routeSet: routeSetOf(response),
      secure: false,
    });
    if (this.#early) this.#early.push(dialog);
    else this.#early = [dialog];
    return dialog;
  }
}

function routeSetOf(response: IncomingResponse): string[] {
  const routes = response.headers('record-route');
  return routes.length === 0 ? NO_ROUTE : routes.reverse().map(ownText);
}
