/**
 * Channels open in each second by a CDR, which has whole seconds: a call that it begins in second s and ends in second e was open from somewhere in s
 * to somewhere in e. So each second has a least and a most, and an exact count must lie between. A caller who gave up after an agent had been rung ends,
 * in Asterisk's CDR, with that ring: queue_log's ABANDON tells the end.
 */
import type { CallRow } from '../../src/record/schema.ts';
import { groupBy } from './agreement.ts';
import type { SiteRecord } from './with-asterisk.ts';

export interface ChannelCheck {
  /** Seconds compared, and those in which ours lies outside. */
  seconds: number;
  outside: number;
  /** Largest count, ours; least and most by the CDR in that second. */
  peak: { ours: number; least: number; most: number };
}

/** `2026-11-21 23:40:07`, UTC, to seconds. */
const secondsOf = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`) / 1000;

/** Open in the middle of each second: that is where the two are held together. */
const MIDDLE_MS = 500;

/** @param slackMs how far the two clocks' readings of one moment may be apart */
export function checkChannels(rows: readonly CallRow[], sites: readonly SiteRecord[], slackMs: number): ChannelCheck {
  const spans = sites.flatMap(({ cdr, queueLog, facts }) => {
    const gaveUp = new Map(queueLog.flatMap(({ event, uniqueid, atS }) => (event === 'ABANDON' ? [[uniqueid, atS] as const] : [])));
    const played = new Set(facts.map(({ uniqueid }) => uniqueid));
    return [...groupBy(cdr, ({ uniqueid }) => uniqueid)].flatMap(([uniqueid, legs]) => {
      if (!played.has(uniqueid)) return [];
      const ends = [...legs.map(({ end }) => secondsOf(end)), gaveUp.get(uniqueid) ?? 0];
      return [{ from: Math.min(...legs.map(({ start }) => secondsOf(start))) * 1000, to: Math.max(...ends) * 1000 }];
    });
  });
  const ours = rows.flatMap(({ invite_ms, end_ms }) => (invite_ms === null || end_ms === null ? [] : [{ from: invite_ms, to: end_ms }]));
  const first = Math.floor(Math.min(...ours.map(({ from }) => from)) / 1000);
  const last = Math.ceil(Math.max(...ours.map(({ to }) => to)) / 1000);
  const check: ChannelCheck = { seconds: 0, outside: 0, peak: { ours: 0, least: 0, most: 0 } };
  for (let second = first; second <= last; second++) {
    const at = second * 1000 + MIDDLE_MS;
    const count = ours.filter(({ from, to }) => from <= at && at < to).length;
    const least = spans.filter(({ from, to }) => from + 1000 + slackMs <= at && at < to - slackMs).length;
    const most = spans.filter(({ from, to }) => from - slackMs <= at && at < to + 1000 + slackMs).length;
    check.seconds++;
    if (count < least || count > most) check.outside++;
    if (count > check.peak.ours) check.peak = { ours: count, least, most };
  }
  return check;
}
