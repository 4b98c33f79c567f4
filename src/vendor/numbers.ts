/**
 * Telephone numbers: which may be dialled and presented, and which never. Patterns are digits with `x` for any digit and `*` at the end for
 * any rest.
 */

/** Digits, perhaps after a +: what may stand in a SIP URI as it is. */
export const isPlain = (number: string) => /^\+?[0-9]+$/.test(number);

/** As written in a scenario or a SIP URI, down to its digits: `sip:400-100-0000@vendor` → `4001000000`. A leading + stays. */
function plainNumber(number: string): string {
  return number
    .replace(/^(sips?|tel):/i, '')
    .replace(/[@;].*$/, '')
    .replace(/[\s().-]/g, '');
}

const EMERGENCY = ['110', '119', '120', '122', '112', '911', '999'];
/**
 * What people and exchanges put in front of them: 9 or 0 for an outside line; a country code after + or 00, with or without an area code; a bare 86; an
 * area code (010, 0755); the trunk prefix 0. Whatever is one of those numbers behind any of these is refused, even if an extension of the
 * vendor happens to look like it (9110, 9911): a test can take another extension, an emergency line cannot.
 */
const PREFIX = '[09]?(?:(?:\\+|00)[1-9]\\d{0,2}(?:[1-9]\\d{1,2})?|86|0[1-9]\\d{1,2}|\\+|0)?';
const EMERGENCY_NUMBER = new RegExp(`^${PREFIX}(?:${EMERGENCY.join('|')})$`);

export function isEmergency(number: string): boolean {
  return EMERGENCY_NUMBER.test(plainNumber(number));
}

/** A contract's few patterns are asked of every call. */
const compiled = new Map<string, RegExp>();
const MOST_COMPILED = 1000;

export function matchesPattern(number: string, pattern: string): boolean {
  const known = compiled.get(pattern);
  if (known) return known.test(number);
  const source = pattern.replace(/\+/g, '\\+').replace(/x/gi, '\\d').replace(/\*$/, '\\d*');
  const expression = new RegExp(`^${source}$`);
  if (compiled.size < MOST_COMPILED) compiled.set(pattern, expression);
  return expression.test(number);
}

/** Digits that stand for a trailing `*` when numbers are made from a pattern. */
const REST_DIGITS = 6;

/** How many numbers a pattern can give. */
export const patternSize = (pattern: string) => 10 ** openDigits(pattern);

const openDigits = (pattern: string) => (pattern.match(/x/gi)?.length ?? 0) + (pattern.endsWith('*') ? REST_DIGITS : 0);

/** The k-th number of several patterns one after the other, beginning again after the last: different for as many k as the patterns give. */
export function numbersOf(patterns: readonly string[]): (k: number) => string {
  // Taken apart once: every call asks for a number.
  const parts = patterns.map((pattern) => ({
    size: patternSize(pattern),
    digits: openDigits(pattern),
    between: pattern.replace(/\*$/, 'x'.repeat(REST_DIGITS)).split(/x/i),
  }));
  const all = parts.reduce((sum, { size }) => sum + size, 0);
  return (k) => {
    let left = k % all;
    for (const { size, digits, between } of parts) {
      if (left >= size) {
        left -= size;
        continue;
      }
      const open = digits === 0 ? '' : String(left).padStart(digits, '0');
      let number = between[0]!;
      for (let i = 0; i < digits; i++) number += open[i]! + between[i + 1]!;
      return number;
    }
    throw new RangeError('no pattern');
  };
}
