/** The vendor's own record beside ours: which calls differ, how far each formula moves, billed minutes, recordings. */
import type { ReconciliationFigures, SideFigures } from '../../analysis/reconcile.ts';
import { VENDOR_CLASSES, type VendorClass } from '../../record/schema.ts';
import { count, duration, plain, type Unit } from '../format.ts';
import { type Html, html } from '../markup.ts';
import type { DefinitionId } from '../messages/definitions.ts';
import type { MessageKey } from '../messages/en.ts';
import { both, say } from '../messages/say.ts';
import { footnote, ratioTable, spreadTable, table, term, value } from '../table.ts';
import { type Context, heading, note, section } from './context.ts';
import { gap } from './model.ts';

const FORMULAS: [DefinitionId, (side: SideFigures) => number | null, Unit][] = [
  ...(['serviceLevel', 'serviceLevel2', 'serviceLevel3', 'serviceLevel4', 'serviceLevel5'] as const).map(
    (id, i): [DefinitionId, (side: SideFigures) => number | null, Unit] => [id, (side) => side.serviceLevel[i]!.value, 'share'],
  ),
  ['abandonment', (side) => side.abandonment.value, 'share'],
  ['asa', (side) => side.asaMs, 'ms'],
  ['longestWait', (side) => side.longestWaitMs, 'ms'],
];

const CLASSES: Record<VendorClass, MessageKey> = {
  answered: 'class.answered',
  abandoned: 'class.abandoned',
  blocked: 'class.blocked',
  other: 'class.other',
};

export function reconciliationSection({ analysis: { reconciliation } }: Context): Html {
  if (!reconciliation) return section('reconciliation', html`<p class="nm block">${both('reconciliation.none')}</p>`);
  const { source, byCallId, byCaller, onlyOurs, onlyTheirs, clockMs, ours, theirs, outcomes } = reconciliation;
  return section(
    'reconciliation',
    note(
      both('reconciliation.word', { file: source.file, sha256: source.sha256.slice(0, 12), rows: count(source.rows) }),
      footnote('reconciled'),
    ),
    note(
      both('reconciliation.matched', {
        matched: count(byCallId + byCaller),
        byCallId: count(byCallId),
        byCaller: count(byCaller),
        ours: count(onlyOurs),
        theirs: count(onlyTheirs),
      }),
    ),
    clockMs === null || clockMs === 0
      ? null
      : note(both('reconciliation.clock', { offset: `${clockMs > 0 ? '+' : '−'}${plain(duration(Math.abs(clockMs)))}` })),
    source.skipped > 0 ? note(both('reconciliation.skipped', { n: count(source.skipped) })) : null,
    heading('reconciliation.formulas'),
    table(
      [both('table.figure'), both('reconciliation.ours'), both('reconciliation.theirs'), both('reconciliation.moves')],
      FORMULAS.map(([id, of, unit]) => [term(id), value(of(ours), unit), value(of(theirs), unit), gap(of(theirs), of(ours), unit)]),
      'figures',
    ),
    heading('reconciliation.outcomes'),
    table(
      [both('reconciliation.ours'), ...VENDOR_CLASSES.map((yours) => html`${both('reconciliation.theirs')}: ${both(CLASSES[yours])}`)],
      VENDOR_CLASSES.map((mine) => [
        both(CLASSES[mine]),
        ...VENDOR_CLASSES.map((yours) => count(outcomes.find((cell) => cell.ours === mine && cell.theirs === yours)?.calls ?? 0)),
      ]),
      'figures',
    ),
    ratioTable([
      ['outcomeDiffers', reconciliation.outcomeDiffers],
      ['recordings', reconciliation.recordings],
    ]),
    heading('reconciliation.differences'),
    spreadTable([
      ['waitDiffers', reconciliation.waitDiffers, 'ms'],
      ['talkDiffers', reconciliation.talkDiffers, 'ms'],
    ]),
    bill(reconciliation.billing),
    note(both('reconciliation.csv')),
  );
}

function bill({ everyS, of, oursMin, theirsMin, statedMin }: ReconciliationFigures['billing']): Html {
  const basis = of === 'talk' ? 'reconciliation.bill-talk' : 'reconciliation.bill-answered';
  return html`<h3>${both('reconciliation.bill', { every: count(everyS), of: (language) => say(language, basis) })}${footnote('billed')}</h3>${table(
    [both('table.figure'), both('table.value')],
    [
      [both('reconciliation.bill-ours'), value(oursMin, 'count')],
      [both('reconciliation.bill-theirs'), value(theirsMin, 'count')],
      [both('reconciliation.bill-stated'), value(statedMin, 'count')],
    ],
    'figures narrow',
  )}`;
}
