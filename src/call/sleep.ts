/** `sleep()`: the caller does something else for a while. */
import { sleepOn } from '../clock.ts';
import { durationMs } from '../duration.ts';
import type { Span } from './call.ts';
import { currentVu } from './context.ts';

/** Waits that long. Rejects with `stopped` when the VU must end. */
export async function sleep(span: Span): Promise<void> {
  const vu = currentVu('sleep');
  await sleepOn(vu.services.clock, typeof span === 'object' ? span.draw(vu.random) : durationMs(span, 'sleep()'), vu.signal);
}
