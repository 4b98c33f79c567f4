/** A search folder's own files: search.json (what all else is made from), trials.csv and search.html. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { SearchRecord } from '../analysis/search-result.ts';
import { CallsurgeError, messageOf } from '../errors.ts';
import { defuse } from '../record/cells.ts';
import { printable } from './markup.ts';
import type { Language } from './messages/say.ts';
import { putReport } from './put.ts';
import { renderSearchHtml } from './search-page.ts';

const SEARCH_FILE = 'search.json';

/** @throws CallsurgeError `folder-unwritable` */
export function writeSearch(dir: string, record: SearchRecord, language: Language): void {
  mkdirSync(dir, { recursive: true });
  putReport(dir, SEARCH_FILE, `${JSON.stringify(record, null, 2)}\n`);
  putReport(dir, 'trials.csv', trialsCsv(record));
  putReport(dir, 'search.html', renderSearchHtml(record, language));
}

/** @throws CallsurgeError `run-folder-invalid` */
export function readSearch(dir: string): SearchRecord {
  const file = join(dir, SEARCH_FILE);
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as SearchRecord;
    if (record.kind !== 'search' || record.format !== 1) throw new Error('it is not the record of a search');
    return record;
  } catch (cause) {
    throw new CallsurgeError('run-folder-invalid', `the search cannot be read: ${messageOf(cause)}`, { where: file, cause });
  }
}

export const isSearch = (dir: string): boolean => existsSync(join(dir, SEARCH_FILE));

/** One line a trial. Its heads are keys, the same in every language. */
function trialsCsv({ trials }: SearchRecord): string {
  const head = [
    'trial',
    'against',
    'load',
    'length',
    'length_ms',
    'start_utc',
    'verdict',
    'why',
    'attempts',
    'answered',
    'failed',
    'refused',
    'dropped',
    'harness',
    'loss',
    'held',
    'peak_answered',
    'peak_occupied',
    'srd_p95_ms',
    'unhealthy_s',
    'bunched',
    'full_share',
    'path_p95_ms',
    'commonest_failure',
    'folder',
  ];
  const rows = trials.map(({ number, against, load, length, lengthMs, startMs, verdict, why, loss, held, folder, figures: f }) => [
    ...[number, against, load, length, lengthMs, new Date(startMs).toISOString(), verdict, why],
    ...[f.attempts, f.answered, f.failed, f.refused, f.dropped, f.harness, Number(loss.toPrecision(9)), held],
    ...[f.peakAnswered, f.peakOccupied, f.srdP95Ms === null ? null : Math.round(f.srdP95Ms * 1000) / 1000, f.unhealthySeconds],
    ...[f.bunched ?? null, f.full ?? null, f.pathP95Ms == null ? null : Math.round(f.pathP95Ms * 1000) / 1000],
    f.commonest && defuse(printable(f.commonest)),
    folder,
  ]);
  return stringify([head, ...rows], { bom: true, record_delimiter: 'windows' });
}
