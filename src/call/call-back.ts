/**
 * A call that the vendor originates to one of our callers: the call-back that was promised instead of a place in the queue.
 *
 *   waiting ──INVITE to the caller's number──▶ ringing ──(answer delay)──▶ talking ──▶ ended by either side
 *      └─ within is over: no call-back            └─ CANCEL: missed
 *
 * It is matched to its request by the number called. What became of it stands in events.csv (kind `call-back`, named by the request), because calls.csv
 * has the attempts of callers alone; the agent's row names the request as its call. It must come to the worker that waits: play with one worker where
 * the vendor calls one address.
 */
import { CallsurgeError } from '../errors.ts';
import { rowOf } from '../record/schema.ts';
import type { IncomingCall, SipDialog } from '../sip/stack.ts';
import { Changes } from './changes.ts';
import type { VuContext } from './context.ts';
import type { CallerWatch } from './correlator.ts';
import { CallMedia } from './media.ts';
import { closeRow, openRow } from './open-row.ts';
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

const expected = new WeakMap<CallServices, Map<string, (incoming: IncomingCall) => void>>();
const open = new WeakMap<VuContext, CallBack[]>();

/** An INVITE for nobody's account: a call-back, if somebody waits for one at that number. @returns whether it was taken. */
export function takeCallBack(services: CallServices, incoming: IncomingCall): boolean {
  const waiting = expected.get(services);
  if (!waiting || waiting.size === 0) return false;
  for (const uri of [incoming.request.uri, incoming.request.toUri]) {
    const take = waiting.get(keyOf(/^(?:sips?|tel):([^@;]+)/i.exec(uri)?.[1] ?? ''));
    if (!take) continue;
    take(incoming);
    return true;
  }
  return false;
}

/** Hangs up the call-backs that an iteration left open. */
export async function endCallBacks(vu: VuContext): Promise<void> {
  const mine = open.get(vu) ?? [];
  open.delete(vu);
  await Promise.all(mine.map((back) => back.hangUp()));
}

/** @throws CallsurgeError `patience-over` where none came; the signal's reason. */
export async function awaitCallBack(vu: VuContext, request: Request, options: CallBackOptions): Promise<CallBack> {
  const { services } = vu;
  const waiting = expected.get(services) ?? new Map<string, (incoming: IncomingCall) => void>();
  expected.set(services, waiting);
  const changes = new Changes(services.clock);
  const key = keyOf(request.caller);
  let incoming: IncomingCall | undefined;
  waiting.set(key, (call) => {
    incoming = call;
    waiting.delete(key);
    changes.happened();
  });
  try {
    const came = await changes.until<IncomingCall | null>(() => incoming, {
      signal: vu.signal,
      timeoutMs: drawSpan(vu, options.within ?? '10m', 'wait', 'callBack({ within })'),
      timedOut: () => null,
    });
    if (came === null) {
      note(services, request, 'none', null);
      throw new CallsurgeError('patience-over', 'no call-back came in time');
    }
    const back = new CallBack(vu, request, came);
    for (let owner: VuContext | undefined = vu; owner; owner = owner.parent) open.set(owner, [...(open.get(owner) ?? []), back]);
    await back.answer(drawSpan(vu, options.answerAfter ?? '3s', 'wait', 'callBack({ answerAfter })'));
    return back;
  } finally {
    waiting.delete(key);
  }
}

export class CallBack {
  readonly #vu: VuContext;
  readonly #request: Request;
  readonly #incoming: IncomingCall;
  readonly #changes: Changes;
  readonly #id: string;
  #media: CallMedia | undefined;
  #dialog: SipDialog | undefined;
  #watch: CallerWatch | undefined;
  #over = false;
  /** From the request's end to the vendor's call, ms. */
  readonly waitMs: number;
  /** The agent on the line, once one is seen. */
  agent: string | null = null;

  constructor(vu: VuContext, request: Request, incoming: IncomingCall) {
    this.#vu = vu;
    this.#request = request;
    this.#incoming = incoming;
    this.#changes = new Changes(vu.services.clock);
    this.#id = `${request.call}-back`;
    this.waitMs = incoming.request.at - request.since;
    incoming.handlers = {
      cancelled: () => this.#end('missed'),
      ended: () => this.#end('ended', 'vendor'),
      unacknowledged: () => this.#end('failed'),
      offer: (offer) => {
        const body = this.#media?.reply(offer.body || undefined);
        return body ? { status: 200, body } : { status: 488 };
      },
    };
    note(vu.services, request, 'offered', this.waitMs);
    incoming.ring();
  }

  /** Answers when the caller has come to the phone. @throws CallsurgeError `call-ended` where the vendor gave up before. */
  async answer(delayMs: number): Promise<void> {
    const { services, signal } = this.#vu;
    await this.#stay(delayMs);
    signal.throwIfAborted();
    if (this.#over) throw new CallsurgeError('call-ended', 'the vendor gave up the call-back before it was answered');
    const media = services.pump ? await CallMedia.open(services) : CallMedia.off(services);
    const body = media.reply(this.#incoming.request.body || undefined);
    if (this.#over || !body) {
      media.close();
      if (!this.#over) this.#incoming.reject(488);
      this.#end('failed');
      throw new CallsurgeError('call-ended', 'the call-back ended before it was answered');
    }
    this.#media = media;
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
    this.#dialog = this.#incoming.accept(body);
    services.sink.write('open', openRow(services, this.#id, 'caller', true, this.#dialog.snapshot()));
    note(services, this.#request, 'answered', this.waitMs);
  }

  /** Talks for that long. @returns 'ended' where the other side hung up before. */
  async talk(span: Span): Promise<'done' | 'ended'> {
    return this.#stay(drawSpan(this.#vu, span, 'talk', 'talk()'));
  }

  /** Resolves at once where it is over already. */
  async hangUp(): Promise<void> {
    if (this.#over) return;
    const dialog = this.#dialog;
    if (!dialog) this.#incoming.reject(486);
    this.#end(dialog ? 'ended' : 'rejected', 'caller');
    await dialog?.bye();
  }

  #stay(ms: number): Promise<'done' | 'ended'> {
    return this.#changes.until<'done' | 'ended'>(() => (this.#over ? 'ended' : undefined), {
      signal: this.#vu.signal,
      timeoutMs: ms,
      timedOut: () => 'done',
    });
  }

  #end(action: string, by: 'caller' | 'vendor' = 'vendor'): void {
    if (this.#over) return;
    this.#over = true;
    const { services } = this.#vu;
    this.#watch?.release();
    this.#media?.close();
    if (this.#dialog) services.sink.write('open', closeRow(services, this.#id));
    note(services, this.#request, action, null, { agent: this.agent, by });
    this.#changes.happened();
  }
}

function note(services: CallServices, { call, caller }: Request, action: string, value: number | null, detail: object | null = null): void {
  const row = rowOf('events', { t_ms: services.clock.now(), kind: 'call-back', name: call, action, target: caller, value, detail });
  services.sink.write('events', { ...row, by: action === 'ended' || action === 'rejected' ? 'harness' : 'vendor' });
}
