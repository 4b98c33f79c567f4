/**
 * Session metrics of RFC 6076 and the ratios of ITU-T E.425, over attempts that are neither `cut` nor `harness` (docs/metrics.md). One attempt is
 * one caller's try, whatever number of INVITEs it takes: challenges, redirects and retransmissions are part of it.
 *
 * A transaction that times out counts as 408 (RFC 3261 8.1.3.1).
 */
import {
  disconnectDelay,
  failedSetupDelay,
  isAttempt,
  postDialDelay,
  sessionDuration,
  setupDelay,
  setupDelayFromIntended,
  talkTime,
} from '../metrics/call-times.ts';
import { NumberColumn } from '../metrics/column.ts';
import type { Fold } from '../metrics/fold.ts';
import { Trend } from '../metrics/trend.ts';
import { share } from '../metrics/wilson.ts';
import type { CallRow } from '../record/schema.ts';
import type { Series, SessionFigures } from './model.ts';
import { percentileSeries, type Steps } from './steps.ts';

/** RFC 6076 4.7: the user's doing, not the network's. */
const SEER_STATUS = new Set([480, 486, 600, 603]);
/** RFC 6076 4.8. */
const ISA_STATUS = new Set([408, 500, 503, 504]);

/**
 * NER (E.425): what the network delivered. Q.850 says it where it is known, else the status. 487 is the caller's own CANCEL while it rang.
 */
export const NER_MAPPING = {
  userBusy: { status: [486, 600], q850: [17] },
  noAnswer: { status: [480, 487], q850: [18, 19] },
  terminalReject: { status: [603], q850: [20, 21] },
} as const;
const NER_STATUS = new Set<number>(Object.values(NER_MAPPING).flatMap(({ status }) => status));
const NER_CAUSE = new Set<number>(Object.values(NER_MAPPING).flatMap(({ q850 }) => q850));

export class SessionFold implements Fold<CallRow, SessionFigures> {
  readonly srd = new Trend();
  readonly #srdFailed = new Trend();
  readonly #pdd = new Trend();
  readonly #sdd = new Trend();
  readonly #sdt = new Trend();
  readonly #talk = new Trend();
  readonly #srdFromIntended = new Trend();
  readonly #srdTimes = new NumberColumn();
  readonly #srdValues = new NumberColumn();
  #attempts = 0;
  #redirected = 0;
  #answered = 0;
  #userCaused = 0;
  #ineffective = 0;
  #completed = 0;
  #delivered = 0;
  #firstTry = 0;
  #talkedMs = 0;

  add(row: CallRow): void {
    if (!isAttempt(row)) return;
    const answered = row.answer_ms !== null;
    const status = row.status ?? (row.outcome === 'timeout' ? 408 : null);
    this.#attempts++;
    if (answered) this.#answered++;
    if (answered && !row.invite_retransmissions) this.#firstTry++;
    if (answered && (row.bye_received_ms !== null || row.bye_answered_ms !== null)) this.#completed++;
    if (!answered && status !== null) {
      if (status >= 300 && status < 400) this.#redirected++;
      if (SEER_STATUS.has(status)) this.#userCaused++;
      if (ISA_STATUS.has(status)) this.#ineffective++;
    }
    if (answered || (row.q850 !== null ? NER_CAUSE.has(row.q850) : status !== null && NER_STATUS.has(status))) this.#delivered++;

    const srd = setupDelay(row);
    this.srd.add(srd);
    if (srd !== null) {
      this.#srdTimes.push(row.invite_ms!);
      this.#srdValues.push(srd);
    }
    this.#srdFailed.add(failedSetupDelay(row));
    this.#pdd.add(postDialDelay(row));
    this.#sdd.add(disconnectDelay(row));
    this.#sdt.add(sessionDuration(row));
    this.#talk.add(talkTime(row));
    this.#talkedMs += (row.wants_agent === true ? talkTime(row) : sessionDuration(row)) ?? 0;
    this.#srdFromIntended.add(setupDelayFromIntended(row));
  }

  merge(other: this): void {
    this.srd.merge(other.srd);
    this.#srdFailed.merge(other.#srdFailed);
    this.#pdd.merge(other.#pdd);
    this.#sdd.merge(other.#sdd);
    this.#sdt.merge(other.#sdt);
    this.#talk.merge(other.#talk);
    this.#talkedMs += other.#talkedMs;
    this.#srdFromIntended.merge(other.#srdFromIntended);
    this.#srdTimes.append(other.#srdTimes);
    this.#srdValues.append(other.#srdValues);
    this.#attempts += other.#attempts;
    this.#redirected += other.#redirected;
    this.#answered += other.#answered;
    this.#userCaused += other.#userCaused;
    this.#ineffective += other.#ineffective;
    this.#completed += other.#completed;
    this.#delivered += other.#delivered;
    this.#firstTry += other.#firstTry;
  }

  figures(): SessionFigures {
    const notRedirected = this.#attempts - this.#redirected;
    return {
      srd: this.srd.figures(),
      srdFailed: this.#srdFailed.figures(),
      pdd: this.#pdd.figures(),
      sdd: this.#sdd.figures(),
      sdt: this.#sdt.figures(),
      talk: this.#talk.figures(),
      acdMs: this.#answered === 0 ? null : this.#talkedMs / this.#answered,
      ser: share(this.#answered, notRedirected),
      seer: share(this.#answered + this.#userCaused, notRedirected),
      isa: share(this.#ineffective, this.#attempts),
      scr: share(this.#completed, this.#attempts),
      asr: share(this.#answered, this.#attempts),
      ner: share(this.#delivered, this.#attempts),
      firstTry: share(this.#firstTry, this.#attempts),
      eventual: share(this.#answered, this.#attempts),
      srdFromIntended: this.#srdFromIntended.figures(),
    };
  }

  /** SRD of answered calls by the time of sending. */
  seriesOf(steps: Steps): { p50: Series; p95: Series } {
    const [p50, p95] = percentileSeries(steps, this.#srdTimes, this.#srdValues, [0.5, 0.95]);
    return { p50: p50!, p95: p95! };
  }
}
