/** `sleep()`: the caller does something else for a while. */
import { sleepOn } from '../clock.ts';
import { currentVu } from './context.ts';
import { drawSpan, type Span } from './streams.ts';

/** Waits that long. Rejects with `stopped` when the VU must end. */
export async function sleep(span: Span): Promise<void> {
  const vu = currentVu('sleep');
  await sleepOn(vu.services.clock, drawSpan(vu, span, 'sleep', 'sleep()'), vu.signal);
}
