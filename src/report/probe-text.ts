/** Availability in words, one language at a time: for the terminal, and for the page that shows both. */
import type { AvailabilityFigures } from '../analysis/availability.ts';
import type { AvailabilityWhy } from '../analysis/availability-verdict.ts';
import type { ProbeOutage } from '../analysis/probe-outages.ts';
import { count, duration, percent } from './format.ts';
import type { MessageKey } from './messages/en.ts';
import { type Language, labelled, say, sentences } from './messages/say.ts';

const WHY: Record<AvailabilityWhy, MessageKey> = {
  'no-sample': 'probe.why-no-sample',
  'over-the-month': 'probe.why-over-the-month',
  'within-resolution': 'probe.why-within-resolution',
  'less-than-a-month': 'probe.why-less-than-a-month',
  'sample-too-small': 'probe.why-sample-too-small',
  kept: 'probe.why-kept',
};
const MONTH_MS = 30 * 86_400_000;

export const probeHeadline = (language: Language, { total }: AvailabilityFigures): string =>
  total.availability.value === null
    ? say(language, 'probe.headline-none')
    : say(language, 'probe.headline', { availability: percent(total.availability.value) });

export function probeFacts(language: Language, { total, everyMs, calls }: AvailabilityFigures): string[] {
  return [
    say(language, 'probe.intervals', {
      n: count(total.up + total.down),
      every: duration(everyMs),
      up: count(total.up),
      down: count(total.down),
    }),
    say(language, 'probe.unobserved', { missing: count(total.missing), closed: count(total.closed) }),
    calls.value === null
      ? say(language, 'probe.calls-none')
      : say(language, 'probe.calls', { part: count(calls.part), whole: count(calls.whole), share: percent(calls.value) }),
  ];
}

export const promisedText = (language: Language, promised: number): string =>
  say(language, 'probe.promised', { promised: percent(promised), allowed: duration((1 - promised) * MONTH_MS) });
export const probeWhy = (language: Language, why: AvailabilityWhy): string => say(language, WHY[why]);

export const lastedText = (language: Language, { ms, endMs }: ProbeOutage): string =>
  endMs === null ? say(language, 'probe.at-least', { value: duration(ms) }) : duration(ms);

/** The result, for the terminal. */
export function probeLines(language: Language, who: string, figures: AvailabilityFigures): string[] {
  const { mttrMs, mttrN, longest, verdict } = figures;
  return [
    '',
    labelled(language, who, probeHeadline(language, figures)),
    ...probeFacts(language, figures),
    ...(mttrMs === null
      ? []
      : [labelled(language, say(language, 'probe.mttr'), `${duration(mttrMs)} (${say(language, 'probe.mttr-of', { n: mttrN })})`)]),
    longest ? labelled(language, say(language, 'probe.longest'), lastedText(language, longest)) : say(language, 'probe.none'),
    ...(verdict
      ? [
          `${promisedText(language, verdict.promised)} ${sentences(language, say(language, `state.${verdict.state}`), probeWhy(language, verdict.why))}`,
        ]
      : []),
  ].map((line) => line.replaceAll('\u00a0', ' '));
}

/** One line as soon as it is down, or up again. */
export function changeLine(language: Language, up: boolean, atMs: number, why: string | null): string {
  return `${new Date(atMs).toISOString()} ${say(language, up ? 'probe.up' : 'probe.down')}${why && !up ? `: ${why}` : ''}`;
}
