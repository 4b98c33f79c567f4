/** The embedded vendor's ground truth, read back from its file. */
import { readFileSync } from 'node:fs';
import Papa from 'papaparse';
import type { TruthRow } from '../../src/simulator/truth.ts';

const TEXTS = new Set(['sip_call_id', 'caller', 'called', 'site', 'skill', 'agent', 'ended_by', 'outcome']);

export function readTruth(file: string): TruthRow[] {
  const { data } = Papa.parse<Record<string, string>>(readFileSync(file, 'utf8'), { header: true, skipEmptyLines: true });
  return data.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [name, cell === '' ? null : TEXTS.has(name) ? cell : Number(cell)]),
      ) as unknown as TruthRow,
  );
}
