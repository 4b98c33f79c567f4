/** The one call of a prober: INVITE, a few seconds on the line with audio, BYE. Whatever comes of it is an answer, never an error. */
import type { LiveTrunk } from '../call/services.ts';
import { type Clock, sleepOn } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { agree, type MediaPump, makeOffer } from '../media/index.ts';
import type { SipDialog, SipFailure, SipStack } from '../sip/stack.ts';
import { type CallProbe, failureOf } from './prober.ts';

export interface ProbeCallNeeds {
  clock: Clock;
  stack: SipStack;
  pump: MediaPump;
  trunk: LiveTrunk;
  called: string;
  caller: string;
  /** Address of our SDP. */
  mediaHost: string;
  holdMs: number;
  /** Hangs up at once; the call then tells nothing. */
  signal: AbortSignal;
}

/** A customer would have hung up by then. */
const ANSWER_MS = 20_000;
/** Refusals that a wrong number or account of ours would cause as well: they prove nothing of the vendor's availability. */
const MAYBE_OURS = new Set([400, 401, 402, 403, 404, 405, 407, 415, 416, 420, 421, 484, 488, 606]);

/** Never rejects. */
export async function probeCall(needs: ProbeCallNeeds): Promise<CallProbe> {
  const { trunk } = needs;
  const nothing = { trunk: trunk.name, status: null, answer_ms: null };
  try {
    const stream = await needs.pump.open();
    try {
      return { ...nothing, ...(await makeCall(needs, stream)) };
    } finally {
      stream.close();
    }
  } catch (error) {
    return { ...nothing, result: 'unknown', why: messageOf(error) };
  }
}

async function makeCall(
  { clock, stack, trunk, called, caller, mediaHost, holdMs, signal }: ProbeCallNeeds,
  stream: Awaited<ReturnType<MediaPump['open']>>,
): Promise<Pick<CallProbe, 'result' | 'why'> & Partial<CallProbe>> {
  const offer = makeOffer({ host: mediaHost, port: stream.localPort, sessionId: Math.floor(clock.now()), version: 1 });
  const agreed = (answer: string) => {
    const agreement = answer ? agree(offer, answer) : undefined;
    if (!agreement) return;
    stream.agree(agreement);
    stream.play({ kind: 'comfort-noise' });
  };
  const began = clock.now();
  let ended = false;
  let gaveUp = false;
  let hangUp = () => {};
  const result = await new Promise<SipDialog | SipFailure>((resolve) => {
    const call = stack.call(
      {
        requestUri: `sip:${called}@${trunk.domain}`,
        toUri: `sip:${called}@${trunk.domain}`,
        fromUri: `sip:${caller}@${trunk.domain}`,
        nextHop: trunk.nextHop,
        route: trunk.route,
        credentials: trunk.credentials,
        body: { type: 'application/sdp', content: offer },
      },
      {
        provisional: (response) => agreed(response.body),
        answered: (response, dialog) => {
          agreed(response.body);
          timer.cancel();
          resolve(dialog);
        },
        failed: (failure) => {
          timer.cancel();
          resolve(failure);
        },
        ended: () => {
          ended = true;
        },
      },
    );
    const timer = clock.after(ANSWER_MS, () => {
      gaveUp = true;
      call.cancel();
    });
    hangUp = () => call.cancel();
    signal.addEventListener('abort', hangUp, { once: true });
  });
  signal.removeEventListener('abort', hangUp);
  const answerMs = Math.round((clock.now() - began) * 1000) / 1000;
  if ('kind' in result) {
    if (signal.aborted) return { result: 'unknown', why: 'the prober was stopped' };
    if (gaveUp) return { result: 'down', why: `no answer within ${ANSWER_MS / 1000} s` };
    if (result.kind !== 'response') return failureOf(result);
    const { status, reason } = result.response;
    return { result: MAYBE_OURS.has(status) ? 'unknown' : 'down', status, why: `${status} ${reason}` };
  }
  const until = clock.now() + holdMs;
  while (!ended && !signal.aborted && clock.now() < until) await sleepOn(clock, 50);
  const answered = { status: 200, answer_ms: answerMs };
  // Hung up on at once is no service, whatever the 200 said.
  if (ended) return { ...answered, result: 'down', why: 'the vendor hung up' };
  await result.bye();
  return { ...answered, result: 'up', why: null };
}
