/**
 * The session timer of one dialog (RFC 4028): settled by each 2xx to INVITE and UPDATE, either way; refreshed by us where it is ours; run out, it
 * ends the call.
 */
import type { StackDialog } from './dialog.ts';
import { allows } from './option-tags.ts';
import { minSe, refreshHeaders, type SessionTerms, SessionTimer, termsOfAnswer } from './session-timer.ts';
import type { HeaderList, SipMessage, TransactionResult } from './stack.ts';

export class SessionRefresh {
  readonly #dialog: StackDialog;
  #timer: SessionTimer | undefined;
  /** Largest Min-SE met in this dialog, s; 0: none. */
  #leastS = 0;
  /** They take UPDATE. */
  #updates = false;

  constructor(dialog: StackDialog) {
    this.#dialog = dialog;
  }

  get terms(): SessionTerms | undefined {
    return this.#timer?.terms;
  }

  /** A 2xx to a session refresh request, either way, has settled this. */
  settle(terms: SessionTerms | undefined): void {
    if (!terms && !this.#timer) return;
    const { clock, timers } = this.#dialog.shared;
    this.#timer ??= new SessionTimer({
      clock,
      secondMs: timers.secondMs,
      refresh: () => this.#refresh(),
      expire: (why) => this.#expired(why),
    });
    if (!this.#dialog.over) this.#timer.start(terms);
  }

  /** What the other side says of itself in any message: methods it takes, and the least it wants. */
  meet(message: SipMessage): void {
    if (message.header('allow') !== undefined) this.#updates = allows(message, 'UPDATE');
  }

  /** The least interval that a request of theirs names. */
  atLeast(seconds: number | undefined): void {
    this.#leastS = Math.max(this.#leastS, seconds ?? 0);
  }

  /** RFC 4028 7.4: by UPDATE without an offer where the other side knows it, else by re-INVITE with the description unchanged. */
  #refresh(): Promise<TransactionResult> {
    const body = this.#updates ? undefined : this.#dialog.host.handlers?.description?.();
    return body ? this.#dialog.reinvite(body) : this.#dialog.send('UPDATE');
  }

  #expired(why: string): void {
    const { over, ending, shared, host } = this.#dialog;
    if (over || ending) return;
    void this.#dialog.bye([['Reason', `SIP;cause=408;text="${why}"`]]);
    const at = shared.clock.now();
    shared.tell(() => host.handlers?.expired?.(at, why));
  }

  /** Of the next session refresh request. */
  headers(): HeaderList {
    return this.terms ? refreshHeaders(this.terms, this.#leastS).headers : [];
  }

  /** A session refresh request: its 2xx settles target and timer, a 422 is followed once (RFC 4028 7.2, 7.3). */
  async following(attempt: () => Promise<TransactionResult>): Promise<TransactionResult> {
    let result = await attempt();
    if (result.kind === 'response' && result.response.status === 422 && !this.#dialog.over) {
      const least = minSe(result.response);
      if (least !== undefined && least > this.#leastS) {
        this.#leastS = least;
        result = await attempt();
      }
    }
    if (result.kind === 'response' && result.response.status < 300) {
      const { response } = result;
      this.#dialog.refreshTarget(response.contact);
      this.meet(response);
      this.settle(termsOfAnswer(response, this.terms && refreshHeaders(this.terms, this.#leastS).askedS));
    }
    return result;
  }

  stop(): void {
    this.#timer?.stop();
  }
}
