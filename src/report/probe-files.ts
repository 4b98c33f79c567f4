/** What is made from a prober's rows: availability.csv (total, months, days, hours), outages.csv and probe.html. */
import { stringify } from 'csv-stringify/sync';
import type { Period } from '../analysis/availability.ts';
import { defuse } from '../record/cells.ts';
import { printable } from './markup.ts';
import { type ProbePage, renderProbeHtml } from './probe-page.ts';
import { putReport } from './put.ts';

const OPTIONS = { bom: true, record_delimiter: 'windows' } as const;

/** @returns the page. @throws CallsurgeError `folder-unwritable` */
export function writeProbeReports(dir: string, page: ProbePage): string {
  const { total, months, days, hours, outages } = page.figures;
  const line =
    (period: string) =>
    ({ key, up, down, closed, missing, availability: { value, low, high }, outages: n, downMs }: Period) => [
      ...[period, key, up, down, missing, closed, round(value), round(low), round(high), n, Math.round(downMs)],
    ];
  const head = ['period', 'key', 'up', 'down', 'not_observed', 'closed', 'availability', 'low_95', 'high_95', 'outages', 'downtime_ms'];
  putReport(
    dir,
    'availability.csv',
    stringify([head, line('total')(total), ...months.map(line('month')), ...days.map(line('day')), ...hours.map(line('hour'))], OPTIONS),
  );
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  putReport(
    dir,
    'outages.csv',
    stringify(
      [
        ['start_utc', 'end_utc', 'ms', 'least_ms', 'most_ms', 'why'],
        ...outages.map((o) => [iso(o.startMs), iso(o.endMs), o.ms, o.leastMs, o.mostMs, o.why && defuse(printable(o.why))]),
      ],
      OPTIONS,
    ),
  );
  return putReport(dir, 'probe.html', renderProbeHtml(page));
}

const round = (value: number | null) => (value === null ? null : Number(value.toPrecision(9)));
