/**
 * What a run says of each claim of the vendor (docs/metrics.md, verdict on a claim):
 *
 *   pass         the whole 95 % interval is on the promised side
 *   fail         the whole interval is on the other side
 *   not proven   the promise lies inside the interval: the sample is too small
 *   not measured nothing was there to judge. No data is never a pass
 *   not valid    the instrument was the limit
 *
 * `why` is a key and its figures, `refused calls=12 limit=137`; report/messages turns it into words.
 */
import { durationMs } from '../duration.ts';
import type { ClaimName, Claims } from '../vendor/profile.ts';
import { callRate, concurrency } from './capacity-claims.ts';
import type { Case } from './case.ts';
import { because, both, type Finding, meanOf, missing, NO_AGENT, percentileOf, queueRatio } from './finding.ts';
import type { Verdict, VerdictState } from './model.ts';
import { alarm, availability, failover, repair, scaleUp, survival } from './recovery-claims.ts';

const ms = durationMs;

export function verdicts(c: Case): Verdict[] {
  return Object.entries(c.claims).flatMap(([name, terms]) => {
    const claim = name as ClaimName;
    const judged = terms && JUDGES[claim]?.(c, terms as never);
    if (!judged) return [];
    const { promised, unit, finding, counting = null } = judged;
    const state: VerdictState = c.validity.valid || finding.state === 'not measured' ? finding.state : 'not valid';
    const why = state === finding.state ? finding.why : because('run-not-valid');
    return [{ claim, promised, unit, counting, veto: terms.veto === true, ...finding, state, why }];
  });
}

interface Judged {
  promised: number;
  unit: Verdict['unit'];
  finding: Finding;
  counting?: Verdict['counting'];
}

const JUDGES: { [K in ClaimName]: (c: Case, terms: NonNullable<Claims[K]>) => Judged } = {
  concurrentCalls: (c, { atLeast, counting }) => ({
    promised: atLeast,
    unit: 'calls',
    counting,
    finding: concurrency(c, atLeast, counting),
  }),
  callsPerSecond: (c, { atLeast }) => ({ promised: atLeast, unit: 'calls/s', finding: callRate(c, atLeast) }),
  serviceLevel: (c, { atLeast }) => ({
    promised: atLeast,
    unit: 'share',
    finding: queueRatio(c, 'atLeast', atLeast, (q) => q.serviceLevel[0]),
  }),
  connectRate: (c, { atLeast }) => ({ promised: atLeast, unit: 'share', finding: queueRatio(c, 'atLeast', atLeast, (q) => q.connectRate) }),
  abandonment: (c, { atMost }) => ({ promised: atMost, unit: 'share', finding: queueRatio(c, 'atMost', atMost, (q) => q.abandonment) }),
  averageSpeedOfAnswer: (c, { atMost }) => ({
    promised: ms(atMost),
    unit: 'ms',
    finding: both(c, (e) => (e.queue.measured ? meanOf(e.answeredWait, 'atMost', ms(atMost)) : NO_AGENT)),
  }),
  setupDelay: (c, { percentile, atMost }) => ({
    promised: ms(atMost),
    unit: 'ms',
    finding: both(c, (e) => percentileOf(e.srd, percentile, ms(atMost))),
  }),
  failover: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: failover(c, ms(within)) }),
  callsSurvive: (c, { atLeast }) => ({ promised: atLeast, unit: 'share', finding: survival(c, atLeast) }),
  scaleUp: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: scaleUp(c, ms(within)) }),
  alarm: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: alarm(c, ms(within)) }),
  repair: (c, { within }) => ({ promised: ms(within), unit: 'ms', finding: repair(c, ms(within)) }),
  availability: (c, { monthly }) => ({ promised: monthly, unit: 'share', finding: availability(c, monthly) }),
  mos: (c, { atLeast }) => ({ promised: atLeast, unit: 'mos', finding: both(c, (e) => meanOf(e.mos, 'atLeast', atLeast)) }),
  oneWayDelay: (_, { atMost }) => ({ promised: ms(atMost), unit: 'ms', finding: missing('no-delay-measured') }),
};
