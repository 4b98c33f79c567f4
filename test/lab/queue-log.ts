/** Asterisk's queue_log: `epoch seconds|uniqueid|queue|agent|event|data…`. Whole seconds: outcomes are taken from it, waits are not. */

export interface QueueLogRow {
  /** Seconds since the Unix epoch. */
  atS: number;
  uniqueid: string;
  queue: string;
  agent: string;
  event: string;
  data: string[];
}

export function parseQueueLog(text: string): QueueLogRow[] {
  return text
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [at = '', uniqueid = '', queue = '', agent = '', event = '', ...data] = line.split('|');
      return { atS: Number(at), uniqueid, queue, agent, event, data };
    });
}

export type QueueOutcome = 'answered' | 'abandoned' | 'waiting';

/** What became of each caller that entered a queue (ENTERQUEUE; CONNECT; ABANDON or EXITWITH…), by uniqueid. */
export function queueOutcomes(rows: QueueLogRow[]): Map<string, { caller: string; outcome: QueueOutcome; agent: string | null }> {
  const outcomes = new Map<string, { caller: string; outcome: QueueOutcome; agent: string | null }>();
  for (const row of rows) {
    if (row.event === 'ENTERQUEUE') outcomes.set(row.uniqueid, { caller: row.data[1] ?? '', outcome: 'waiting', agent: null });
    const entry = outcomes.get(row.uniqueid);
    if (!entry) continue;
    if (row.event === 'CONNECT') Object.assign(entry, { outcome: 'answered', agent: row.agent });
    else if ((row.event === 'ABANDON' || row.event.startsWith('EXIT')) && entry.outcome === 'waiting') entry.outcome = 'abandoned';
  }
  return outcomes;
}
