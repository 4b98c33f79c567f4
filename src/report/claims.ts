/** A verdict in words: which way its promise points, and its figures in the claim's own unit. */
import type { Verdict } from '../analysis/model.ts';
import { count, inUnit, plain } from './format.ts';
import { type Fill, type Language, messageKey, say } from './messages/say.ts';

/** `at most` claims; all others promise at least. */
const AT_MOST = new Set<Verdict['claim']>([
  'abandonment',
  'averageSpeedOfAnswer',
  'setupDelay',
  'failover',
  'scaleUp',
  'alarm',
  'repair',
  'oneWayDelay',
]);

export const isAtMost = (verdict: Verdict): boolean => AT_MOST.has(verdict.claim);

export function promised(verdict: Verdict): string {
  return `${isAtMost(verdict) ? '≤' : '≥'} ${plain(inUnit(verdict.promised, verdict.unit))}`;
}

/** What was measured: a value, else the bound that is known (an outage that was not over lasted at least so long), else that it was not. */
export function measuredText(language: Language, { measured, low, high, unit }: Verdict): string {
  if (measured !== null) return inUnit(measured, unit);
  if (low !== null && high === null) return `≥ ${inUnit(low, unit)}`;
  if (low === null && high !== null) return `≤ ${inUnit(high, unit)}`;
  return low !== null && high !== null ? `${inUnit(low, unit)} – ${inUnit(high, unit)}` : say(language, 'not-measured');
}

export function claimName(language: Language, verdict: Verdict): string {
  const counting = (lang: Language) => (verdict.counting ? say(lang, `counting.${verdict.counting}`) : say(lang, 'unknown'));
  return say(language, `claim.${verdict.claim}`, { counting });
}

/**
 * `why` is a key and its figures, `outage-over-limit outages=2 worst=8123`: texts know the key as `why.…`. Figures whose name ends in Ms are
 * durations, in Share shares. A key that the texts do not know is printed as it came.
 */
export function whyText(language: Language, { why, state }: Pick<Verdict, 'why' | 'state'>): string {
  // The same evidence reads differently for a promise kept and for one broken.
  return why === 'interval' && (state === 'pass' || state === 'fail')
    ? say(language, `why.interval.${state}`)
    : sentence(language, 'why', why);
}

/** As `whyText`, for the reasons of a run that is not valid. */
export const reasonText = (language: Language, reason: string): string => sentence(language, 'reason', reason);

function sentence(language: Language, kind: 'why' | 'reason', why: string): string {
  const key = /^[\w-]+/.exec(why)?.[0] ?? '';
  const known = messageKey(`${kind}.${key}`);
  if (!known) return why;
  const fill: Fill = {};
  for (const [, name, text] of why.slice(key.length).matchAll(/([A-Za-z]\w*)=("[^"]*"|[^\s,;]+)/g)) fill[name!] = figure(name!, text!);
  return say(language, known, fill);
}

function figure(name: string, text: string): string {
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) return text.replace(/^"|"$/g, '');
  if (/ms$/i.test(name)) return inUnit(number, 'ms');
  if (/share$/i.test(name)) return inUnit(number, 'share');
  return count(number);
}
