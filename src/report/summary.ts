/** The end of a run in the terminal: verdicts and thresholds first, then a dozen lines of figures, in the manner of k6. */
import { styleText } from 'node:util';
import type { FaultFigures, RunAnalysis, VerdictState } from '../analysis/model.ts';
import { OUTCOMES } from '../record/schema.ts';
import { claimName, measuredText, promised, reasonText, whyText } from './claims.ts';
import { count, duration, elapsed, inUnit, percent, plain as round } from './format.ts';
import { printable } from './markup.ts';
import { definition, type Language, say } from './messages/say.ts';
import { subjectOf } from './subject.ts';

export { type SummaryData, type SummaryMetric, summaryData } from './summary-data.ts';

export interface SummaryOptions {
  language?: Language;
  /** Default: as the terminal wants it (NO_COLOR, TTY). */
  colour?: boolean;
}

type Paint = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

const SIGNS: Record<VerdictState, [string, Paint]> = {
  pass: ['✓', 'green'],
  fail: ['✗', 'red'],
  'not proven': ['≈', 'yellow'],
  'not measured': ['○', 'dim'],
  'not valid': ['!', 'yellow'],
};

export function summaryText(analysis: RunAnalysis, { language = 'en', colour }: SummaryOptions = {}): string {
  const paint = (style: Paint, text: string) =>
    colour === false ? text : styleText(style, text, { validateStream: colour === undefined, stream: process.stdout });
  const { meta, validity, verdicts, thresholds } = analysis;
  const subject = subjectOf(analysis);
  const lines = [`  callsurge ${meta.callsurge} · ${plain(subject.title)} · ${plain(subject.vendor)} · ${duration(subject.lengthMs)}`];
  const head = (text: string) => lines.push('', `  ${paint('bold', `█ ${text}`)}`, '');

  if (!validity.valid)
    lines.push(
      '',
      paint('red', `  ! ${say(language, 'banner.invalid')}`),
      ...validity.reasons.map((reason) => `    ${plain(reasonText(language, reason))}`),
    );
  if (!validity.complete)
    lines.push('', paint('yellow', `  ! ${say(language, 'banner.incomplete')} (${elapsed(validity.lastMs - subject.zeroMs)})`));

  if (verdicts.length > 0) {
    head(say(language, 'section.verdict'));
    for (const verdict of verdicts) {
      const [sign, style] = SIGNS[verdict.state];
      const veto = verdict.veto ? ` [${say(language, 'verdict.veto')}]` : '';
      lines.push(
        `    ${paint(style, sign)} ${claimName(language, verdict)}${veto}: ${promised(verdict)} → ${measuredText(language, verdict)}  ${paint('dim', say(language, `state.${verdict.state}`))}`,
      );
      if (verdict.state !== 'pass') lines.push(paint('dim', `      ${plain(whyText(language, verdict))}`));
    }
  }
  if (thresholds.length > 0) {
    head(say(language, 'section.thresholds'));
    for (const threshold of thresholds) {
      const ok = threshold.state === 'ok';
      const value = threshold.value === null ? say(language, 'threshold.no data') : count(threshold.value, 4);
      lines.push(
        `    ${paint(ok ? 'green' : 'red', ok ? '✓' : '✗')} ${plain(threshold.metric)} '${plain(threshold.expression)}'  ${value}`,
      );
    }
  }
  head(say(language, 'section.summary'));
  const rows = figureLines(analysis, language);
  const widest = Math.max(...rows.map(([name]) => width(name)));
  for (const [name, text] of rows) lines.push(`    ${name}${paint('dim', '.'.repeat(widest - width(name) + 3))}: ${text}`);
  return `${lines.join('\n')}\n`;
}

function figureLines(analysis: RunAnalysis, language: Language): [string, string][] {
  const { outcomes, concurrency, sessions, queue, faults, scaling, quality, health } = analysis;
  const { lastMs } = analysis.validity;
  const name = (id: Parameters<typeof definition>[1]) => definition(language, id).name;
  const nm = say(language, 'not-measured');
  const ms = (value: number | null) => (value === null ? nm : duration(value));
  const share = (ratio: { value: number | null; part: number; whole: number }) =>
    ratio.value === null ? nm : `${percent(ratio.value)}  ${count(ratio.part)}/${count(ratio.whole)}`;
  const { peaks } = concurrency;
  const spread = (values: { p50: number | null; p95: number | null; max: number | null }) =>
    values.p50 === null ? nm : `med=${ms(values.p50)} p(95)=${ms(values.p95)} max=${ms(values.max)}`;
  const rows: [string, string][] = [
    [
      name('attempts'),
      `${count(outcomes.attempts)}  ${say(language, 'tile.attempts-note', { rate: count(concurrency.arrivals.perSecondPeak, 1) })}`,
    ],
    [
      say(language, 'section.outcomes'),
      OUTCOMES.filter((outcome) => outcomes.counts[outcome] > 0)
        .map((outcome) => `${say(language, `outcome.${outcome}`)} ${count(outcomes.counts[outcome])}`)
        .join(' · ') || '0',
    ],
    [
      say(language, 'section.concurrency'),
      (['occupied', 'answered', 'queued', 'talking'] as const)
        .map((counting) => {
          const measured = queue.measured || counting === 'occupied' || counting === 'answered';
          return `${say(language, `counting.${counting}`)} ${measured ? count(peaks[counting].value) : nm}`;
        })
        .join(' · '),
    ],
    [name('srd'), spread(sessions.srd)],
    [name('ser'), share(sessions.ser)],
    [`${name('serviceLevel')} (T = ${round(duration(queue.thresholdMs))})`, queue.measured ? share(queue.serviceLevel[0]) : nm],
    [name('connectRate'), queue.measured ? share(queue.connectRate) : nm],
    [name('asa'), ms(queue.asaMs)],
  ];
  for (const fault of faults)
    rows.push([`${name('outageFirstTry')} ${plain(fault.name)}`, outage(fault.firstTry, lastMs - (fault.startMs ?? lastMs), language)]);
  for (const scale of scaling)
    rows.push([
      `${name('scaleUp')} ${plain(scale.name)}`,
      scale.scaleUpMs === null && scale.blockedWhile > 0 ? say(language, 'scaling.not-reached') : ms(scale.scaleUpMs),
    ]);
  if (quality)
    rows.push([
      name('mos'),
      quality.mos.p50 === null ? nm : `med=${inUnit(quality.mos.p50, 'mos')} min=${inUnit(quality.mos.min ?? quality.mos.p50, 'mos')}`,
    ]);
  rows.push([name('lag'), spread(health.lag)]);
  if (health.dropped > 0) rows.push([name('droppedIterations'), count(health.dropped)]);
  if (health.unhealthySeconds > 0) rows.push([name('unhealthy'), `${count(health.unhealthySeconds)}/${count(health.seconds)}`]);
  return rows;
}

function outage({ rtoMs, resolutionMs, outages }: FaultFigures['firstTry'], watchedMs: number, language: Language): string {
  const within = resolutionMs === null ? '' : ` ± ${duration(resolutionMs)}`;
  if (rtoMs !== null) return `${rtoMs === 0 ? say(language, 'faults.no-outage') : duration(rtoMs)}${within}`;
  const open = outages.some(({ endMs }) => endMs === null);
  return open ? say(language, 'faults.not-over', { value: duration(watchedMs) }) : say(language, 'not-measured');
}

/** Columns of a terminal: a Chinese character takes two. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text)
    columns += /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/.test(character)
      ? 2
      : 1;
  return columns;
}

/** No control character of a name or a reason may reach the terminal. */
const plain = (text: string): string => printable(text).replace(/[\r\n\t]/g, ' ');
