/**
 * The streams that a caller is drawn from, one for each purpose, named by seed, scenario and the number of the caller: a vendor that is slow, refuses
 * or hangs up changes nothing of who calls.
 *
 *     caller:<scenario>:patience     draws of the first try       redial:<scenario>:patience:2    draws of the second
 *     caller:<scenario>:intent       traits: the same in every try
 */
import { type Duration, durationMs } from '../duration.ts';
import { type Draw, type RandomStream, randomStream } from '../random.ts';
import type { VuContext } from './context.ts';

/** A length of time: fixed ('40s', ms), or drawn anew from the caller's own stream. */
export type Span = Duration | Draw;

/** What is drawn. One purpose never disturbs another. */
export type Purpose = 'patience' | 'talk' | 'wait' | 'sleep' | 'redial';

/** The stream of that purpose in this try of this caller; each draw goes on where the last one stopped. */
export function streamOf(vu: VuContext, purpose: Purpose): RandomStream {
  // The first try draws what the story around it does.
  const owner = vu.redial === undefined ? (vu.parent ?? vu) : vu;
  owner.streams ??= new Map();
  const known = owner.streams.get(purpose);
  if (known) return known;
  const name = vu.redial === undefined ? `caller:${vu.scenario}:${purpose}` : `redial:${vu.scenario}:${purpose}:${vu.redial.try}`;
  const stream = randomStream(vu.seed, name, vu.iteration);
  owner.streams.set(purpose, stream);
  return stream;
}

/** A number in [0, 1) that is this caller's for that name: asked again, also in a redial, it is the same. */
export function traitOf(vu: VuContext, name: string): number {
  return randomStream(vu.seed, `caller:${vu.scenario}:${name}`, vu.iteration).next();
}

/** @returns ms. */
export function drawSpan(vu: VuContext, span: Span, purpose: Purpose, verb: string): number {
  return typeof span === 'object' ? span.draw(streamOf(vu, purpose)) : durationMs(span, verb);
}
