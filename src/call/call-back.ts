/**
 * A call that the vendor originates to one of our callers: the call-back that was promised instead of a place in the queue.
 *
 *   waiting ──INVITE to the caller's number──▶ ringing ──(answer delay)──▶ talking ──▶ ended by either side
 *      └─ within is over: no call-back            └─ CANCEL: missed
 *
 * It is matched to its request by the number called, whichever worker it comes to. What became of it stands in events.csv (kind `call-back`, named by the
 * request), because calls.csv has the attempts of callers alone; the agent's row names the request as its call.
 */
import { CallsurgeError } from '../errors.ts';
import { rowOf } from '../record/schema.ts';
import type { IncomingCall } from '../sip/stack.ts';
import { type CallBackLine, OwnLine } from './call-back-line.ts';
import { Changes } from './changes.ts';
import type { VuContext } from './context.ts';
import type { CallerWatch } from './correlator.ts';
import type { CallServices } from './services.ts';
import { drawSpan, type Span } from './streams.ts';

export interface CallBackOptions {
  /** From now on. Default 10m. */
  within?: Span;
  /** From ringing to the answer. Default 3s. */
  answerAfter?: Span;
}

/** The call that was asked for: what it is matched by, and when its caller began to wait. */
export interface Request {
  call: string;
  caller: string;
  /** Clock ms. */
  since: number;
}

const TAIL_DIGITS = 8;
/** With or without a country code: the last digits. */
const keyOf = (number: string) => number.replace(/\D/g, '').slice(-TAIL_DIGITS);

const expected = new WeakMap<CallServices, Map<string, (line: CallBackLine) => void>>();

/** The numbers that an INVITE is for: its Request-URI's, and To's, where the vendor writes our trunk's name into the Request-URI. */
const keysOf = ({ request }: IncomingCall) =>
  [request.uri, request.toUri].map((uri) => keyOf(/^(?:sips?|tel):([^@;]+)/i.exec(uri)?.[1] ?? '')).filter((key) => key !== '');

/** An INVITE for nobody's account: a call-back, if somebody of this worker waits for one at that number. @returns whether it was taken. */
export function takeCallBack(services: CallServices, incoming: IncomingCall): boolean {
  const waiting = expected.get(services);
  if (!waiting || waiting.size === 0) return false;
  for (const key of keysOf(incoming)) {
    const take = waiting.get(key);
    if (!take) continue;
    const line = new OwnLine(services, incoming);
    line.ring();
    take(line);
    return true;
  }
  return false;
}

/** Gives an INVITE that is nobody's here to who waits for it in another worker; nobody: 404. @returns false where there is no other worker to ask. */
export function passOn(services: CallServices, incoming: IncomingCall): boolean {
  const { callBacks } = services;
  const keys = keysOf(incoming);
  if (!callBacks || keys.length === 0) return false;
  const line = new OwnLine(services, incoming);
  void callBacks.offer(keys, line).then((taken) => {
    if (taken) return line.ring();
    line.unknown();
    noteNobodys(services, incoming);
  });
  return true;
}

/** Hangs up the call-backs that an iteration left open. */
export async function endCallBacks(vu: VuContext): Promise<void> {
  const mine = vu.callBacks ?? [];
  vu.callBacks = undefined;
  await Promise.all(mine.map((back) => back.hangUp()));
}

/** @throws CallsurgeError `patience-over` where none came; the signal's reason. */
export async function awaitCallBack(vu: VuContext, request: Request, options: CallBackOptions): Promise<CallBack> {
  const { services } = vu;
  const waiting = expected.get(services) ?? new Map<string, (line: CallBackLine) => void>();
  expected.set(services, waiting);
  const changes = new Changes(services.clock);
  const key = keyOf(request.caller);
  let line: CallBackLine | undefined;
  const take = (came: CallBackLine) => {
    // Two at once: the second finds the line busy.
    if (line) return void came.hangUp();
    line = came;
    waiting.delete(key);
    changes.happened();
  };
  note(services, request, 'asked', null);
  waiting.set(key, take);
  const forget = services.callBacks?.expect(key, take);
  try {
    const came = await changes.until<CallBackLine | null>(() => line, {
      signal: vu.signal,
      timeoutMs: drawSpan(vu, options.within ?? '10m', 'wait', 'callBack({ within })'),
      timedOut: () => null,
    });
    if (came === null) {
      note(services, request, 'none', null);
      throw new CallsurgeError('patience-over', 'no call-back came in time');
    }
    const back = new CallBack(vu, request, came);
    for (let owner: VuContext | undefined = vu; owner; owner = owner.parent) owner.callBacks = [...(owner.callBacks ?? []), back];
    await back.answer(drawSpan(vu, options.answerAfter ?? '3s', 'wait', 'callBack({ answerAfter })'));
    return back;
  } finally {
    waiting.delete(key);
    forget?.();
  }
}

/** An INVITE that no agent and no waiting caller knows: where callers ask to be called back, one to the wrong number, or too late, or the second. */
export function noteNobodys(services: CallServices, { request }: IncomingCall): void {
  const target = /^(?:sips?|tel):([^@;]+)/i.exec(request.uri)?.[1] ?? null;
  services.sink.write('events', rowOf('events', { t_ms: request.at, kind: 'call-back', action: 'unmatched', target, by: 'vendor' }));
}

export class CallBack {
  readonly #vu: VuContext;
  readonly #request: Request;
  readonly #line: CallBackLine;
  readonly #changes: Changes;
  #watch: CallerWatch | undefined;
  #over = false;
  /** From the request's end to the vendor's call, ms. */
  readonly waitMs: number;
  /** The agent on the line, once one is seen. */
  agent: string | null = null;

  constructor(vu: VuContext, request: Request, line: CallBackLine) {
    this.#vu = vu;
    this.#request = request;
    this.#line = line;
    this.#changes = new Changes(vu.services.clock);
    this.waitMs = line.at - request.since;
    note(vu.services, request, 'offered', this.waitMs);
    line.whenOver(({ action, by }) => this.#end(action, by));
  }

  /** Answers when the caller has come to the phone. @throws CallsurgeError `call-ended` where the vendor gave up before. */
  async answer(delayMs: number): Promise<void> {
    const { services, signal } = this.#vu;
    await this.#stay(delayMs);
    signal.throwIfAborted();
    if (this.#over) throw new CallsurgeError('call-ended', 'the vendor gave up the call-back before it was answered');
    // Registered before the 200: the vendor may ring its agent at once.
    this.#watch = services.correlator.caller(
      { call: this.#request.call, caller: this.#request.caller },
      {
        agent: ({ agent }) => {
          this.agent = agent;
          this.#changes.happened();
        },
        agentEnded: () => {},
      },
    );
    if (!(await this.#line.answer()) || this.#over) throw new CallsurgeError('call-ended', 'the call-back ended before it was answered');
    note(services, this.#request, 'answered', this.waitMs);
  }

  /** Talks for that long. @returns 'ended' where the other side hung up before. */
  async talk(span: Span): Promise<'done' | 'ended'> {
    return this.#stay(drawSpan(this.#vu, span, 'talk', 'talk()'));
  }

  /** Resolves at once where it is over already. */
  async hangUp(): Promise<void> {
    if (!this.#over) await this.#line.hangUp();
  }

  #stay(ms: number): Promise<'done' | 'ended'> {
    return this.#changes.until<'done' | 'ended'>(() => (this.#over ? 'ended' : undefined), {
      signal: this.#vu.signal,
      timeoutMs: ms,
      timedOut: () => 'done',
    });
  }

  #end(action: string, by: 'caller' | 'vendor'): void {
    if (this.#over) return;
    this.#over = true;
    this.#watch?.release();
    note(this.#vu.services, this.#request, action, null, { agent: this.agent, by });
    this.#changes.happened();
  }
}

const OURS = new Set(['asked', 'ended', 'rejected']);

function note(services: CallServices, { call, caller }: Request, action: string, value: number | null, detail: object | null = null): void {
  const row = rowOf('events', { t_ms: services.clock.now(), kind: 'call-back', name: call, action, target: caller, value, detail });
  services.sink.write('events', { ...row, by: OURS.has(action) ? 'harness' : 'vendor' });
}
