/** `call.press()`: the keys of a menu, as RFC 4733 events or by SIP INFO. */
import { type Duration, durationMs } from '../duration.ts';
import { CallsurgeError } from '../errors.ts';
import type { VuContext } from './context.ts';
import { endOf } from './facts.ts';
import type { CallerLeg } from './leg.ts';

export interface PressOptions {
  /** rtp: RFC 4733 events. info: SIP INFO (application/dtmf-relay), for vendors that hear nothing else. Default rtp. */
  via?: 'rtp' | 'info';
  /** Thinking time before the first digit, counted from the answer (or from the last digit). Default 500ms: people do not press at 0 ms. */
  after?: Duration;
  /** Length of each tone. Default 100ms. */
  duration?: Duration;
}

/** @throws CallsurgeError `call-ended`; `verb-misused` before the answer, or where the vendor agreed to no telephone-event. */
export async function press(leg: CallerLeg, vu: VuContext, digits: string, options: PressOptions): Promise<void> {
  if (!/^[0-9*#A-Da-d]+$/.test(digits))
    throw new CallsurgeError('verb-misused', `press("${digits}") names no key`, { todo: 'use 0-9 * # A-D' });
  const { clock } = vu.services;
  const since = leg.lastDigitAt ?? leg.row.answer_ms ?? leg.row.early_media_ms;
  if (since === null)
    throw new CallsurgeError('verb-misused', 'press() before the call was answered', { todo: 'await call.answered() first' });
  await leg.stay(Math.max(0, since + durationMs(options.after ?? 500, 'press({ after })') - clock.now()), vu.signal);
  if (leg.gone) throw endOf(leg.row);
  const toneMs = durationMs(options.duration ?? 100, 'press({ duration })');
  if (options.via === 'info') await pressByInfo(leg, vu, digits, toneMs);
  else leg.lastDigitAt = await leg.media.press(digits, toneMs);
  leg.row.digits_sent = (leg.row.digits_sent ?? '') + digits;
}

async function pressByInfo(leg: CallerLeg, vu: VuContext, digits: string, toneMs: number): Promise<void> {
  for (const digit of digits) {
    // The caller has pressed it now; how long the vendor takes over it is part of what is measured.
    const at = vu.services.clock.now();
    const status = await leg.inDialog.inform(digit, toneMs);
    if (leg.gone) throw endOf(leg.row);
    if (status < 200 || status >= 300)
      throw new CallsurgeError('verb-misused', `press("${digits}", { via: 'info' }): the vendor answered ${status || 'nothing'} to INFO`, {
        todo: "leave out via: 'info'",
      });
    leg.lastDigitAt = at;
  }
}
