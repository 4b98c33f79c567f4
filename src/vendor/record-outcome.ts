/**
 * What became of a call, by the vendor's row: the meaning of one column's values, or rules over several columns where one does not tell. Asterisk's
 * CDR says ANSWERED of everybody whom the queue's music answered; only a row with an agent's channel was answered by somebody.
 */
import { VENDOR_CLASSES, type VendorClass } from '../record/schema.ts';
import type { Fields } from '../schedule/fields.ts';
import type { Column } from './record-mapping.ts';

/** As written. The first rule whose columns all fit says what the row means. */
export interface OutcomeRule {
  /** A text, or one of several; '' is an empty cell, a `*` at the end stands for any rest, `*` alone for anything but an empty cell. */
  when: Record<string, string | string[]>;
  is: VendorClass;
}

export interface CheckedRule {
  when: { column: Column; values: string[] }[];
  is: VendorClass;
}

/** @param rules the field's list. @throws CallsurgeError `option-invalid`, naming the field */
export function checkRules(rules: readonly Fields[], header: boolean, field: Fields): CheckedRule[] {
  if (rules.length === 0)
    throw field.invalid('outcome', 'must say what the rows mean', 'write [{ "when": { "…": "…" }, "is": "answered" }]');
  return rules.map((rule) => {
    const checked = { when: checkWhen(rule, 'when', header), is: rule.oneOf('is', VENDOR_CLASSES) };
    rule.end();
    return checked;
  });
}

/** Columns and the values wanted of them. */
export function checkWhen(of: Fields, name: string, header: boolean): CheckedRule['when'] {
  const raw = of.raw(name);
  if (raw === undefined) return [];
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw of.invalid(name, 'must be an object of columns and their values');
  return Object.entries(raw).map(([column, value]) => {
    const values = (Array.isArray(value) ? value : [value]) as unknown[];
    if (values.length === 0 || !values.every((one) => typeof one === 'string'))
      throw of.invalid(name, `must have a text or a list of texts for ${column}`);
    return { column: header ? column : Number(column), values: values as string[] };
  });
}

/** Whether a cell is what a rule wants. */
export function fits(cell: string, wanted: string): boolean {
  if (wanted === '*') return cell !== '';
  return wanted.endsWith('*') ? cell.startsWith(wanted.slice(0, -1)) : cell === wanted;
}
