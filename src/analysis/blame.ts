/**
 * Whose fault failed calls were, where one call alone cannot tell. Each row has the blame that its own evidence allows; here four more kinds of evidence
 * are set beside it:
 *
 * - our own side had failed, by a fault of this run: our address was gone (then it is ours), or we were told another address for a name (then nobody can
 *   say whose);
 * - our own relay harmed what passed at that time, by a fault of this run: the network's, and we proved it ourselves;
 * - there is no route: ICMP host or network unreachable (RFC 792) is the word of a router, or of our own kernel, not of the vendor;
 * - through a carrier, calls to a control number of ours behind the same carrier: while those go through, a failure is the vendor's; while those fail
 *   too, the carrier's; where none was made close enough, nothing is known.
 *
 * Calls to the control number are nobody's failure but the carrier's.
 *
 * Verdicts on claims are drawn without the failures that are another's by this, and without those that stay open between carrier and vendor
 * (`elsewhere`). On a direct path what stays open counts: a vendor that falls silent must not get away with it.
 */
import { setupFailed } from '../metrics/call-times.ts';
import { BLAMES, type Blame, type CallRow, type EventRow, OUTCOMES, type Outcome } from '../record/schema.ts';
import { ownIn } from './incidents.ts';

/** Control calls so close to a failure speak for it. */
const CONTROL_MS = 10_000;
/** After a relay fault has ended, what was lost in it is still being given up (Timer B, Timer F: 32 s). */
const AFTER_RELAY_MS = 1000;
const MOST_REASONS = 50;
/** As call/outcome.ts says it of one call alone. */
const NOT_TOLD_APART = /; carrier and vendor cannot be told apart on this path$/;
/** As sip/connection-words.ts says it for EHOSTUNREACH and ENETUNREACH. */
const NO_ROUTE = /^there is no route to /;

export interface BlameReason {
  blame: Blame;
  why: string;
  count: number;
}

/** What through-carrier runs know of their control number: `access.control` of the profile. */
export interface ControlNumber {
  called: string;
}

interface Failure {
  at: number;
  endMs: number;
  blame: Blame;
  why: string;
  control: boolean;
}

/** None of these may be held against the vendor. `harness` is outside every figure of the vendor's anyway. */
const ELSEWHERE = new Set<Blame>(['network', 'carrier']);

export class BlameFold {
  readonly #control: ControlNumber | null;
  readonly #viaCarrier: boolean;
  readonly #relay: { fromMs: number; toMs: number; name: string }[] = [];
  readonly #own: { fromMs: number; toMs: number; name: string; own: string }[] = [];
  readonly #controls: { at: number; failed: boolean }[] = [];
  readonly #failures: Failure[] = [];
  /** Our own failures, by reason: outside all judging. */
  readonly #ours = new Map<string, number>();

  constructor(options: { control?: ControlNumber | null; viaCarrier?: boolean } = {}) {
    this.#control = options.control ?? null;
    this.#viaCarrier = options.viaCarrier ?? false;
  }

  addEvent(row: EventRow): void {
    const { kind, name, action, target, t_ms } = row;
    if (kind !== 'fault' || t_ms === null) return;
    const own = ownIn(row);
    if (own === 'address-gone' || own === 'dns-answer') this.#ownSpan(own, row);
    if (!target?.startsWith('relay')) return;
    if (action === 'started') this.#relay.push({ fromMs: t_ms, toMs: Number.POSITIVE_INFINITY, name: name ?? '' });
    const open = this.#relay.findLast((span) => span.name === (name ?? ''));
    if (action === 'ended' && open) open.toMs = t_ms;
  }

  #ownSpan(own: string, { name, action, t_ms }: EventRow): void {
    if (action === 'started') this.#own.push({ fromMs: t_ms!, toMs: Number.POSITIVE_INFINITY, name: name ?? '', own });
    const open = this.#own.findLast((span) => span.name === (name ?? ''));
    if (action === 'ended' && open) open.toMs = t_ms!;
  }

  add(row: CallRow): void {
    if (row.outcome === 'harness') this.#ours.set(row.blame_why ?? '', (this.#ours.get(row.blame_why ?? '') ?? 0) + 1);
    const at = row.invite_ms;
    if (at === null || row.outcome === 'harness' || row.outcome === 'cut') return;
    if (this.#isControl(row)) this.#controls.push({ at, failed: setupFailed(row) });
    const failure = this.#failureOf(row);
    if (failure) this.#failures.push(failure);
  }

  /** Whether rows still to come may change whose failure this is: control calls end when they like. */
  mayChange(row: CallRow): boolean {
    return this.#viaCarrier && this.#control !== null && this.#failureOf(row) !== null;
  }

  /** A failure that, by all that is known so far, may not be held against the vendor. */
  isElsewhere(row: CallRow): boolean {
    const failure = this.#failureOf(row);
    return failure !== null && this.#isAnothers(failure);
  }

  /** When the calls were sent whose failure may not be held against the vendor. */
  elsewhere(): Set<number> {
    return new Set(this.#failures.flatMap((failure) => (this.#isAnothers(failure) ? [failure.at] : [])));
  }

  /** @param byBlame by each row's own evidence, of all rows. @returns the same with what is known beyond it, and the commonest reasons. */
  figures(byBlame: Record<Blame, number>): { byBlame: Record<Blame, number>; reasons: BlameReason[] } {
    const after = { ...byBlame };
    const reasons = new Map<string, BlameReason>();
    // One reason, however many ms or control calls it names: the first stands for all.
    const put = ({ blame, why, count }: BlameReason) => {
      const key = `${blame} ${why.replace(/\d+(?:\.\d+)?(?= ms| of | control calls)/g, 'n')}`;
      const known = reasons.get(key);
      if (known) known.count += count;
      else reasons.set(key, { blame, why, count });
    };
    for (const [why, count] of this.#ours) put({ blame: 'harness', why, count });
    for (const failure of this.#failures) {
      const { blame, why } = this.#judge(failure);
      after[failure.blame]--;
      after[blame]++;
      put({ blame, why, count: 1 });
    }
    return { byBlame: after, reasons: [...reasons.values()].sort((a, b) => b.count - a.count).slice(0, MOST_REASONS) };
  }

  #isAnothers(failure: Failure): boolean {
    const { blame } = this.#judge(failure);
    return ELSEWHERE.has(blame) || (this.#viaCarrier && blame === 'undetermined');
  }

  #isControl(row: CallRow): boolean {
    return this.#control !== null && row.called === this.#control.called;
  }

  #failureOf(row: CallRow): Failure | null {
    const { invite_ms: at, outcome, blame } = row;
    if (at === null || outcome === 'harness' || outcome === 'cut') return null;
    // Rows of another version or by hand: what outcomes.ts does not count is not moved here either.
    if (!OUTCOMES.includes(outcome as Outcome) || !BLAMES.includes(blame as Blame)) return null;
    return { at, endMs: row.end_ms ?? at, blame: blame as Blame, why: row.blame_why ?? '', control: this.#isControl(row) };
  }

  #judge(failure: Failure): { blame: Blame; why: string } {
    const { at, endMs, blame, why, control } = failure;
    if (blame === 'harness') return { blame, why };
    const ours = this.#own.find(({ fromMs, toMs }) => at < toMs && endMs >= fromMs);
    if (ours?.own === 'address-gone') return { blame: 'harness', why: `our own address was gone (fault "${ours.name}"); ${why}` };
    if (ours) return { blame: 'undetermined', why: `a name was answered otherwise to us (fault "${ours.name}"); ${why}` };
    const harmed = this.#relay.find(({ fromMs, toMs }) => at < toMs + AFTER_RELAY_MS && endMs >= fromMs);
    if (harmed) return { blame: 'network', why: `our own relay harmed what passed (fault "${harmed.name}"); ${why}` };
    if (NO_ROUTE.test(why)) return { blame: 'network', why };
    if (control) return { blame: 'carrier', why: `a call to the control number failed: ${why}` };
    if (!this.#viaCarrier || this.#control === null) return { blame, why };
    const said = why.replace(NOT_TOLD_APART, '');
    const near = this.#controls.filter((one) => Math.abs(one.at - at) <= CONTROL_MS);
    const failed = near.filter((one) => one.failed).length;
    if (near.length === 0) return { blame: 'undetermined', why: `${said}; no control call within ${CONTROL_MS / 1000} s` };
    if (failed === 0) return { blame: 'vendor', why: `${said}; ${near.length} control calls through the carrier went through` };
    if (failed === near.length) return { blame: 'carrier', why: `${said}; all ${near.length} control calls through the carrier failed` };
    return { blame: 'undetermined', why: `${said}; ${failed} of ${near.length} control calls failed` };
  }
}
