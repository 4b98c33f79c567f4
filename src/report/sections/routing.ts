/** Order of service and the queue by skill and class (in the queue's section); offers, idle time and fairness (in the agents' section). */
import type {
  AgentGroupFigures,
  CallBackFigures,
  IdleFigures,
  OfferExample,
  QueueSlice,
  RoutingFigures,
} from '../../analysis/model-queue.ts';
import { count, duration, elapsed, inUnit, percent } from '../format.ts';
import { type Html, html, type Part } from '../markup.ts';
import type { MessageKey } from '../messages/en.ts';
import { both } from '../messages/say.ts';
import { footnote, ratioTable, spreadTable, table, term, value } from '../table.ts';
import { heading, note } from './context.ts';

const MOST_SLICES = 40;

export function orderPart({ fifo, fifoSameSite, priority, offers, bySkill, byClass }: RoutingFigures, zeroMs: number): Part {
  const examples = [
    ...fifo.examples.map((one) => ({ ...one, kind: 'order.fifo' as const })),
    ...priority.examples.map((one) => ({ ...one, kind: 'order.priority' as const })),
  ].sort((a, b) => a.atMs - b.atMs);
  return [
    heading('order.title'),
    ratioTable([
      ['fifoInversions', fifo.overtaken],
      ...(fifoSameSite ? ([['fifoSameSite', fifoSameSite.overtaken]] as const) : []),
      ['priorityInversions', priority.overtaken],
      ['misrouted', offers.misrouted],
    ]),
    fifo.pairs + priority.pairs > 0
      ? note(both('order.pairs', { pairs: count(fifo.pairs + priority.pairs), most: count(Math.max(fifo.most, priority.most)) }))
      : null,
    examples.length > 0
      ? html`<details><summary>${both('order.examples', { n: examples.length })}</summary>${table(
          [both('table.time'), both('order.kind'), both('order.call'), both('order.by'), both('order.callers')],
          examples.map(({ kind, call, by, atMs, callers }) => [elapsed(atMs - zeroMs), both(kind), call, by, count(callers)]),
          'figures small',
        )}</details>`
      : null,
    bySkill.length > 1 ? [heading('slices.skill'), sliceTable(bySkill)] : null,
    byClass.length > 1 ? [heading('slices.class'), sliceTable(byClass)] : null,
  ];
}

const CLASSES: Record<string, MessageKey> = { vip: 'slices.vip', normal: 'slices.normal', '': 'slices.none' };

function sliceTable(slices: readonly QueueSlice[]): Html {
  return table(
    [
      '',
      both('slices.asked'),
      both('slices.answered'),
      both('slices.abandoned'),
      both('slices.blocked'),
      term('serviceLevel'),
      both('table.interval'),
      html`ASA${footnote('asa')}`,
      both('slices.p95'),
      both('chart.longest'),
    ],
    slices.slice(0, MOST_SLICES).map((slice) => {
      const { low, high } = slice.serviceLevel;
      const name = CLASSES[slice.key];
      return [
        name ? both(name) : slice.key,
        count(slice.asked),
        count(slice.answered),
        count(slice.abandoned),
        count(slice.blocked),
        value(slice.serviceLevel.value, 'share'),
        low === null || high === null ? '' : `${percent(low)} – ${percent(high)}`,
        value(slice.asaMs, 'ms'),
        value(slice.p95Ms, 'ms'),
        value(slice.longestMs, 'ms'),
      ];
    }),
    'figures',
  );
}

export function offersPart({ offers, idle, groups }: RoutingFigures, zeroMs: number): Part {
  if (groups.length === 0) return null;
  return [
    groups.length > 1 ? [heading('agents.groups'), groupTable(groups)] : null,
    ratioTable([
      ['ghostOffers', offers.ghosts],
      ['lingeringOffers', offers.lingering],
      ['duplicateOffers', offers.duplicates],
    ]),
    idle
      ? table(
          [both('table.figure'), both('table.value'), both('table.sample')],
          [
            [
              term('idleWhileWaiting'),
              value(idle.seconds * 1000, 'ms'),
              both('order.idle', { agents: count(idle.agentSeconds, 1), longest: duration(idle.longestMs) }),
            ],
          ],
          'figures narrow',
        )
      : null,
    wrongOffers(offers.examples, zeroMs),
    idle ? idleSpans(idle.spans, zeroMs) : null,
    heading('agents.fairness'),
    ratioTable([['longestIdle', offers.longestIdle]]),
    spreadTable([
      ['idleDeviation', offers.idleDeviation, 'ms'],
      ['callsPerAgent', offers.callsPerAgent, 'count'],
    ]),
  ];
}

function wrongOffers(examples: readonly OfferExample[], zeroMs: number): Html | null {
  if (examples.length === 0) return null;
  return html`<details><summary>${both('order.offers', { n: examples.length })}</summary>${table(
    [both('table.time'), both('order.kind'), both('order.caller'), both('order.agent')],
    examples.map(({ kind, call, caller, agent, atMs }) => [elapsed(atMs - zeroMs), both(`kind.${kind}`), call ?? caller, agent]),
    'figures small',
  )}</details>`;
}

function idleSpans(spans: readonly IdleFigures['spans'][number][], zeroMs: number): Html | null {
  if (spans.length === 0) return null;
  return html`<details><summary>${both('order.idle-spans', { n: spans.length })}</summary>${table(
    [both('table.time'), both('table.value'), both('order.agent')],
    spans.map(({ fromMs, toMs, agents }) => [elapsed(fromMs - zeroMs), duration(toMs - fromMs), agents.join(', ')]),
    'figures small',
  )}</details>`;
}

export function callBacksPart({ made, answered, matched, timeMs }: CallBackFigures): Part {
  return [
    heading('order.call-backs'),
    ratioTable([
      ['callBacksMade', made],
      ['callBacksAnswered', answered],
      ['callBacksMatched', matched],
    ]),
    spreadTable([['callBackTime', timeMs, 'ms']]),
  ];
}

function groupTable(groups: readonly AgentGroupFigures[]): Html {
  return table(
    [
      both('agents.skills'),
      both('agents.count'),
      both('agents.offered'),
      both('agents.answered'),
      both('agents.missed'),
      both('agents.rejected'),
      both('agents.ringing'),
      both('agents.busy'),
    ],
    groups.map((group) => [
      group.skills || both('slices.none'),
      count(group.agents),
      count(group.offered),
      count(group.answered),
      count(group.missed),
      count(group.rejected),
      inUnit(group.ringMs, 'ms'),
      inUnit(group.busyMs, 'ms'),
    ]),
    'figures',
  );
}
