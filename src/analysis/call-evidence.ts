/** What calls say for or against the vendor, kept once over all of them and once over those that may be held against him. */
import { SERVICE_LEVEL_MS } from '../metrics/builtin.ts';
import type { CallRow } from '../record/schema.ts';
import type { Evidence } from './case.ts';
import type { Terms } from './claims.ts';
import { QualityFold } from './quality.ts';
import { QueueFold } from './queueing.ts';
import { SessionFold } from './sessions.ts';

const SHORT_ABANDON_MS = 5000;

/** The folds that speak for or against the vendor, once over all calls and once over those of sound seconds that failed by nobody else. */
export class CallEvidence {
  readonly sessions = new SessionFold();
  readonly queue: QueueFold;
  readonly quality = new QualityFold();

  constructor(terms: Terms) {
    this.queue = new QueueFold({
      thresholdMs: terms.serviceLevelMs ?? SERVICE_LEVEL_MS,
      shortMs: SHORT_ABANDON_MS,
      correlated: terms.correlated,
    });
  }

  add(row: CallRow): void {
    this.sessions.add(row);
    this.queue.add(row);
    this.quality.add(row);
  }

  merge(other: CallEvidence): this {
    this.sessions.merge(other.sessions);
    this.queue.merge(other.queue);
    this.quality.merge(other.quality);
    return this;
  }

  evidence(): Evidence {
    return { queue: this.queue.figures(), answeredWait: this.queue.answeredWait, srd: this.sessions.srd, mos: this.quality.mos };
  }
}
