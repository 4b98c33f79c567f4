/** One figure of the flat list that summary.csv prints (figures.ts). */
import type { Ratio, Spread } from '../analysis/model.ts';
import type { Unit } from './format.ts';
import type { DefinitionId } from './messages/definitions.ts';
import type { MessageKey } from './messages/en.ts';

export interface Figure {
  /** `srd.p95`, `fault.site-a-stops.recovery90`. */
  key: string;
  definition: DefinitionId;
  /** What distinguishes it under its definition: p95, the name of a fault. */
  part: string | null;
  /** null: not measured. */
  value: number | null;
  unit: Unit;
  low: number | null;
  high: number | null;
  n: number | null;
  /** What tells it from another of the same definition and part: a word of the texts. */
  label?: MessageKey | null;
}

const PERCENTILES = ['mean', 'min', 'p50', 'p90', 'p95', 'p99', 'max'] as const;

export function figure(
  key: string,
  definition: DefinitionId,
  value: number | null,
  unit: Unit,
  part: string | null = null,
  n: number | null = null,
): Figure {
  return { key, definition, part, value: value !== null && Number.isFinite(value) ? value : null, unit, low: null, high: null, n };
}

export function spread(id: DefinitionId, values: Spread, unit: Unit): Figure[] {
  return PERCENTILES.map((part) => figure(`${id}.${part}`, id, values.n > 0 ? values[part] : null, unit, part, values.n));
}

export function ratio(id: DefinitionId, share: Ratio, measured = true): Figure {
  const { value, low, high, whole } = share;
  return measured
    ? { ...figure(id, id, value, 'share', null, whole), low, high }
    : { ...figure(id, id, null, 'share'), low: null, high: null };
}
