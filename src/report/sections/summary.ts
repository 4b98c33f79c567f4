/** Tiles: the figures that people ask for first. */
import type { RunAnalysis } from '../../analysis/model.ts';
import { count, inUnit, plain, type Unit } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import type { DefinitionId } from '../messages/definitions.ts';
import type { MessageKey } from '../messages/en.ts';
import { both, say } from '../messages/say.ts';
import { footnote, value } from '../table.ts';
import { type Context, section } from './context.ts';

export function summarySection({ analysis }: Context): Html {
  return section('summary', html`<div class="tiles">${tiles(analysis)}</div>`);
}

function tiles(analysis: RunAnalysis): Part[] {
  const { outcomes, concurrency, sessions, queue, faults, scaling, quality } = analysis;
  // What we cut, or broke ourselves, is in no ratio.
  const judged = outcomes.attempts - outcomes.counts.cut - outcomes.counts.harness;
  const share = (part: number) => (judged > 0 ? part / judged : null);
  const ofAttempts = (part: number) => both('tile.of-attempts', { part: count(part), whole: count(judged) });
  const { peaks } = concurrency;
  const list: Part[] = [
    tile(
      'tile.attempts',
      'attempts',
      outcomes.attempts,
      'calls',
      both('tile.attempts-note', { rate: count(concurrency.arrivals.perSecondPeak, 1) }),
    ),
    tile(
      'tile.peak',
      'talking',
      queue.measured ? peaks.talking.value : null,
      'calls',
      both('tile.peak-note', { answered: count(peaks.answered.value), occupied: count(peaks.occupied.value) }),
    ),
    tile('tile.completed', 'completed', share(outcomes.counts.completed), 'share', ofAttempts(outcomes.counts.completed)),
    tile('tile.blocked', 'blocked', share(outcomes.counts.blocked), 'share', ofAttempts(outcomes.counts.blocked)),
    tile(
      'tile.setup',
      'srd',
      sessions.srd.p95,
      'ms',
      sessions.srd.p50 === null ? null : both('tile.median', { value: inUnit(sessions.srd.p50, 'ms') }),
    ),
    tile(
      'tile.service-level',
      'serviceLevel',
      queue.serviceLevel[0].value,
      'share',
      both('tile.within', { threshold: plain(inUnit(queue.thresholdMs, 'ms')) }),
    ),
    tile('tile.connect', 'connectRate', queue.connectRate.value, 'share', ratioNote(queue.connectRate)),
    tile(
      'tile.asa',
      'asa',
      queue.asaMs,
      'ms',
      queue.longestWaitMs === null ? null : both('tile.longest', { value: inUnit(queue.longestWaitMs, 'ms') }),
    ),
    tile('tile.abandonment', 'abandonment', queue.abandonment.value, 'share', ratioNote(queue.abandonment)),
  ];
  const struck = faults.filter((fault) => fault.startMs !== null && fault.firstTry.rtoMs !== null);
  const worst = struck.sort((a, b) => b.firstTry.rtoMs! - a.firstTry.rtoMs!)[0];
  if (worst) {
    const { eventual } = worst;
    list.push(
      tile(
        'tile.outage',
        'outageFirstTry',
        worst.firstTry.rtoMs,
        'ms',
        both(worst.firstTry.rtoMs === 0 ? 'tile.no-outage' : 'tile.outage-note', {
          value: (language) =>
            eventual.rtoMs === null
              ? say(language, 'not-measured')
              : eventual.rtoMs === 0
                ? say(language, 'faults.no-outage')
                : inUnit(eventual.rtoMs, 'ms'),
        }),
      ),
    );
  }
  const scaled = scaling.find((scale) => scale.scaleUpMs !== null);
  if (scaled) list.push(tile('tile.scale', 'scaleUp', scaled.scaleUpMs, 'ms', scaled.name));
  if (quality)
    list.push(
      tile('tile.mos', 'mos', quality.mos.p50, 'mos', quality.mos.p50 === null ? null : both('tile.mos-note', { n: count(quality.mos.n) })),
    );
  return list;
}

function ratioNote(ratio: { part: number; whole: number }): Part {
  return ratio.whole > 0 ? both('tile.of', { part: count(ratio.part), whole: count(ratio.whole) }) : null;
}

function tile(name: MessageKey, definition: DefinitionId, figure: number | null, unit: Unit, below: Part): Html {
  return html`<div class="tile"><span>${both(name)}${footnote(definition)}</span><b>${value(figure, unit)}</b><small>${figure === null ? null : below}</small></div>`;
}
