/**
 * What happens inside a call beside its setup and its end: what the other side asks in the dialog (INFO digits, REFER, NOTIFY about our own REFER),
 * and what our caller does there (hold, digits by INFO, blind transfer). Writes into the call's row; the leg decides what the call becomes.
 */
import type { CallRow } from '../record/schema.ts';
import { parseNameAddr, parseSipUri } from '../sip/index.ts';
import { redirectTargets } from '../sip/redirect.ts';
import type { SipDialog, SipMessage, SipRequest, SipResponse, TransactionResult } from '../sip/stack.ts';
import type { CallMedia } from './media.ts';

/** A call that follows a REFER: its final status, once it has one. */
export type Followed = Promise<number>;

const SIPFRAG = 'message/sipfrag;version=2.0';
const KEYS = /^\s*Signal\s*=\s*([0-9*#A-Da-d])/m;

/** What is asked in the dialog changes the call. */
export interface AskedLeg {
  readonly row: CallRow;
  readonly media: CallMedia;
  digit(digit: string): void;
  changed(): void;
}

export class InDialog {
  /** Set with the answer. */
  dialog: SipDialog | undefined;
  /** Follows the Refer-To of the other side; undefined where that is not allowed. Absent: every REFER is refused. */
  follow: ((uri: string) => Followed | undefined) | undefined;
  /** The other side has sent us elsewhere and we went. */
  followed = false;
  /** Our REFER came to a 2xx at its target. */
  transferred = false;
  readonly #leg: AskedLeg;
  /** To-tags of 18x, until the answer. */
  #tags: Set<string> | undefined;

  constructor(leg: AskedLeg) {
    this.#leg = leg;
  }

  get #row(): CallRow {
    return this.#leg.row;
  }

  /** Early dialogs, reliable responses, Diversion: what an 18x says beside its status. */
  provisional(response: SipResponse): void {
    const row = this.#row;
    if (response.toTag !== '') {
      this.#tags ??= new Set();
      row.early_dialogs = this.#tags.add(response.toTag).size;
    }
    if (response.header('rseq') !== undefined && response.headers('require').includes('100rel'))
      row.reliable_provisionals = (row.reliable_provisionals ?? 0) + 1;
    row.diversion ??= response.header('diversion') ?? null;
  }

  answered(response: SipResponse, dialog: SipDialog): void {
    this.dialog = dialog;
    this.#row.session_expires_s = dialog.sessionTimer?.intervalS ?? null;
    this.#row.diversion ??= response.header('diversion') ?? null;
    this.#tags = undefined;
  }

  refused(response: SipResponse): void {
    const row = this.#row;
    row.diversion ??= response.header('diversion') ?? null;
    if (response.status < 400) row.diverted_to = redirectTargets(response)[0] ?? null;
    this.reason(response);
  }

  /** The Reason header of what ended the call, as it came (RFC 3326). */
  reason(message: SipMessage): void {
    this.#row.end_reason ??= message.header('reason') ?? null;
  }

  /** @returns the status to answer with. */
  request(request: SipRequest): number {
    if (request.method === 'REFER') return this.#referred(request);
    if (request.method === 'NOTIFY') this.#notified(request);
    if (request.method === 'INFO') this.#informed(request);
    return request.method === 'INFO' || request.method === 'NOTIFY' || request.method === 'OPTIONS' ? 200 : 501;
  }

  /** Digits by INFO: application/dtmf-relay, or the bare digit of application/dtmf. */
  #informed(request: SipRequest): void {
    const digit =
      request.bodyType === 'application/dtmf-relay'
        ? KEYS.exec(request.body)?.[1]
        : request.bodyType === 'application/dtmf'
          ? /^\s*([0-9*#A-Da-d])/.exec(request.body)?.[1]
          : undefined;
    if (digit !== undefined) this.#leg.digit(digit);
  }

  /** RFC 3515 2.4.4: how our REFER goes. */
  #notified(request: SipRequest): void {
    if (!/^refer\b/i.test(request.header('event') ?? '') || this.#row.transfer_to === null) return;
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(request.body.trimStart())?.[1]);
    if (!(status >= 200)) return;
    this.#row.transfer_status = status;
    this.transferred = status < 300;
    this.#leg.changed();
  }

  /** RFC 3515 2.4.2: 202 and NOTIFY where it is followed, else 603. A REFER with Replaces (RFC 3891) is refused: there is no such call of ours. */
  #referred(request: SipRequest): number {
    const row = this.#row;
    const uri = referTo(request);
    row.referred_to ??= uri ?? request.header('refer-to') ?? null;
    const followed = uri === undefined || uri.includes('?') || this.followed ? undefined : this.follow?.(uri);
    row.refer_status = uri === undefined ? 400 : followed ? 202 : 603;
    if (followed) {
      this.followed = true;
      queueMicrotask(() => void this.#report(followed));
      this.#leg.changed();
    }
    return row.refer_status;
  }

  async #report(followed: Followed): Promise<void> {
    const notify = (status: number, state: string) =>
      this.dialog?.send('NOTIFY', {
        headers: [
          ['Event', 'refer'],
          ['Subscription-State', state],
        ],
        body: { type: SIPFRAG, content: `SIP/2.0 ${status} ${status === 100 ? 'Trying' : status < 300 ? 'OK' : 'Not connected'}\r\n` },
      });
    await notify(100, 'active;expires=60');
    await notify(await followed, 'terminated;reason=noresource');
  }

  /** @returns 'refused' keeps the media as it was (RFC 3261 14.1). */
  async hold(on: boolean): Promise<'done' | 'refused'> {
    const before = this.#leg.media.held;
    const result = await this.dialog!.reinvite(this.#leg.media.hold(on));
    const answer = accepted(result);
    if (answer) {
      this.#leg.media.take(answer.body);
      if (on) this.#row.holds = (this.#row.holds ?? 0) + 1;
      return 'done';
    }
    this.#leg.media.held = before;
    return 'refused';
  }

  /** One key by INFO (application/dtmf-relay). @returns the final status; 0 where none came. */
  async inform(digit: string, durationMs: number): Promise<number> {
    const body = { type: 'application/dtmf-relay', content: `Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n` };
    const result = await this.dialog!.send('INFO', { body });
    return result.kind === 'response' ? result.response.status : 0;
  }

  /** Blind transfer: REFER; what became of it arrives by NOTIFY. @returns whether the other side takes it on. */
  async transfer(target: string, from: string): Promise<boolean> {
    this.#row.transfer_to = target;
    const result = await this.dialog!.send('REFER', {
      headers: [
        ['Refer-To', `<${target}>`],
        ['Referred-By', `<${from}>`],
      ],
    });
    if (accepted(result)) return true;
    this.#row.transfer_status = result.kind === 'response' ? result.response.status : null;
    return false;
  }
}

function accepted(result: TransactionResult): SipResponse | undefined {
  return result.kind === 'response' && result.response.status < 300 ? result.response : undefined;
}

/** The target of a REFER: `<sip:4001000001@host>`, or without brackets. */
function referTo(request: SipRequest): string | undefined {
  const uri = parseNameAddr(request.header('refer-to') ?? '')?.uri;
  return uri !== undefined && parseSipUri(uri) ? uri : undefined;
}
