/**
 * Telephone numbers: which may be dialled and presented, and which never. Patterns are digits with `x` for any digit and `*` at the end for
 * any rest.
 */

/** As written in a scenario or a SIP URI, down to its digits: `sip:400-100-0000@vendor` → `4001000000`. A leading + stays. */
export function plainNumber(number: string): string {
  return number
    .replace(/^(sips?|tel):/i, '')
    .replace(/[@;].*$/, '')
    .replace(/[\s().-]/g, '');
}

const EMERGENCY = ['110', '119', '120', '122', '112', '911', '999'];
/**
 * What people and exchanges put in front of them: country code (+86, 0086, 86), area code (010, 0755; after a country code without the 0), the
 * trunk prefix 0, or 9 or 0 for an outside line. Whatever is one of those numbers behind any of these is refused, even if an extension of
 * the vendor happens to look like it: a test can take another extension, an emergency line cannot.
 */
const EMERGENCY_NUMBER = new RegExp(`^(?:(?:\\+|00)?86(?:[1-9]\\d{1,2})?|\\+|0[1-9]\\d{1,2}|[09])?(?:${EMERGENCY.join('|')})$`);

export function isEmergency(number: string): boolean {
  return EMERGENCY_NUMBER.test(plainNumber(number));
}

export function matchesPattern(number: string, pattern: string): boolean {
  const source = pattern.replace(/\+/g, '\\+').replace(/x/gi, '\\d').replace(/\*$/, '\\d*');
  return new RegExp(`^${source}$`).test(plainNumber(number));
}

/** Digits that stand for a trailing `*` when numbers are made from a pattern. */
const REST_DIGITS = 6;

/** How many numbers a pattern can give. */
export const patternSize = (pattern: string) => 10 ** openDigits(pattern);

const openDigits = (pattern: string) => (pattern.match(/x/gi)?.length ?? 0) + (pattern.endsWith('*') ? REST_DIGITS : 0);

/** The k-th number of a pattern, 0 ≤ k < patternSize. */
function numberAt(pattern: string, k: number): string {
  const open = pattern.replace(/\*$/, 'x'.repeat(REST_DIGITS));
  const digits = String(k).padStart(openDigits(pattern), '0').split('');
  return open.replace(/x/gi, () => digits.shift()!);
}

/** The k-th number of several patterns one after the other, beginning again after the last: different for as many k as the patterns give. */
export function numberOfPatterns(patterns: readonly string[], k: number): string {
  const sizes = patterns.map(patternSize);
  let left = k % sizes.reduce((sum, size) => sum + size, 0);
  for (const [i, size] of sizes.entries()) {
    if (left < size) return numberAt(patterns[i]!, left);
    left -= size;
  }
  throw new RangeError('no pattern');
}
