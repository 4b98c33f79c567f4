/**
 * The figures as CSV, for spreadsheets: UTF-8 with a byte-order mark, CRLF (RFC 4180), so that Excel opens Chinese as Chinese. An unmeasured
 * figure is an empty cell, never zero.
 */
import { stringify } from 'csv-stringify/sync';
import type { RunAnalysis } from '../analysis/model.ts';
import { defuse } from '../record/cells.ts';
import { OUTCOMES } from '../record/schema.ts';
import { figuresOf } from './figures.ts';
import { printable } from './markup.ts';
import { definition, type Language, say, sayOr } from './messages/say.ts';
import { minutesOf } from './minutes.ts';
import { subjectOf } from './subject.ts';

const OPTIONS = { bom: true, record_delimiter: 'windows' } as const;

/** One line a figure: key, name, value, unit, interval, sample, definition, formula, source. */
export function summaryCsv(analysis: RunAnalysis, language: Language): string {
  const head = (['key', 'figure', 'value', 'unit', 'low', 'high', 'n', 'definition', 'formula', 'source'] as const).map((name) =>
    say(language, `csv.${name}`),
  );
  const rows = figuresOf(analysis).map((figure) => {
    const { name, text, formula, source } = definition(language, figure.definition);
    const title = [
      name,
      ...(figure.part === null ? [] : [sayOr(language, `table.${figure.part}`, figure.part)]),
      ...(figure.label ? [say(language, figure.label)] : []),
    ].join(' · ');
    const numbers = [figure.value, figure.low, figure.high].map(rounded);
    return [
      cell(figure.key),
      cell(title),
      numbers[0],
      say(language, `unit.${figure.unit}`),
      numbers[1],
      numbers[2],
      figure.n,
      text,
      formula,
      source,
    ];
  });
  return stringify([head, ...rows], OPTIONS);
}

/** One line a minute of the run. Its heads are keys, the same in every language. */
export function minutesCsv(analysis: RunAnalysis): string {
  const minutes = minutesOf(analysis, subjectOf(analysis).zeroMs);
  const head = [
    'minute',
    'start_utc',
    'calls',
    ...OUTCOMES,
    'peak_occupied',
    'peak_answered',
    'peak_queued',
    'peak_talking',
    'peak_legs',
    'srd_p95_ms',
    'wait_p95_ms',
    'longest_wait_ms',
    'unhealthy_s',
    'asked_for_agent',
    'answered_by_agent',
    'abandoned_in_queue',
    'service_level',
    'asa_ms',
  ];
  const rows = minutes.map((minute) => [
    minute.minute,
    new Date(minute.startMs).toISOString(),
    minute.calls,
    ...OUTCOMES.map((outcome) => minute.outcomes[outcome]),
    minute.occupied,
    minute.answered,
    minute.queued,
    minute.talking,
    minute.legs,
    rounded(minute.srdP95Ms),
    rounded(minute.waitP95Ms),
    rounded(minute.longestWaitMs),
    rounded(minute.unhealthySeconds),
    minute.asked,
    minute.answeredByAgent,
    minute.gaveUp,
    rounded(minute.serviceLevel),
    rounded(minute.asaMs),
  ]);
  return stringify([head, ...rows], OPTIONS);
}

/** Six significant digits are more than any of these measures; shares keep them all the way to 99.9999 %. */
const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(value < 1 ? 9 : 7)));

/** A name from a scenario must not become a formula when a spreadsheet opens the file. */
const cell = (text: string) => defuse(printable(text));
