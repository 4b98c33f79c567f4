/** Asterisk's call detail records (cdr-csv/Master.csv), the columns that are used here. Whole seconds, UTC. */
import Papa from 'papaparse';

export interface CdrRow {
  caller: string;
  called: string;
  channel: string;
  agentChannel: string;
  lastApp: string;
  start: string;
  answer: string;
  end: string;
  /** ANSWERED, NO ANSWER, BUSY, FAILED or CONGESTION. */
  disposition: string;
  uniqueid: string;
  /** The caller's Call-ID (dial plan). */
  sipCallId: string;
}

/** Rows of caller channels; rows of agents' own channels carry no Call-ID and are left out. */
export function parseCdr(text: string): CdrRow[] {
  const { data } = Papa.parse<string[]>(text, { skipEmptyLines: true });
  return data
    .map((row) => ({
      caller: row[1] ?? '',
      called: row[2] ?? '',
      channel: row[5] ?? '',
      agentChannel: row[6] ?? '',
      lastApp: row[7] ?? '',
      start: row[9] ?? '',
      answer: row[10] ?? '',
      end: row[11] ?? '',
      disposition: row[14] ?? '',
      uniqueid: row[16] ?? '',
      sipCallId: row[17] ?? '',
    }))
    .filter((row) => row.sipCallId !== '');
}
