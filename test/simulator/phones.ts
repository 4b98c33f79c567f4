/** Real phones on loopback for the embedded vendor's tests: a caller or an agent, with or without audio. */
import { RealClock } from '../../src/clock.ts';
import { agree, answerTo, createMediaPump, type MediaPump, makeOffer, type RtpStream, ToneListener } from '../../src/media/index.ts';
import { createSipStack } from '../../src/sip/index.ts';
import { hostPortText } from '../../src/sip/message/fields.ts';
import type {
  Body,
  HeaderList,
  HostPort,
  IncomingCall,
  OutgoingCall,
  SipDialog,
  SipFailure,
  SipRequest,
  SipResponse,
  SipStack,
} from '../../src/sip/stack.ts';

export const clock = new RealClock();
let phones = 0;

/** What comes out of a phone's receiver. */
export class Ear {
  readonly #listener = new ToneListener(() => {}, { frequencies: [350, 440, 600, 1000, 1400] });
  packets = 0;
  lastAt = 0;
  hear = (payload: Uint8Array, type: number, at: number) => {
    this.packets++;
    this.lastAt = at;
    this.#listener.hear(payload, type, at);
  };

  /** Hz, or null for anything else. */
  get tone(): number | null {
    return this.#listener.heard;
  }
}

export async function openPhone(handlers: { call?(call: IncomingCall): void; host?: string } = {}) {
  const host = handlers.host ?? '127.0.0.1';
  const stack = await createSipStack({
    clock,
    bind: { host, port: 0, transport: 'udp' },
    userAgent: 'phone',
    idPrefix: `phone${++phones}-${process.pid}`,
    call: handlers.call,
  });
  const from = 40_000 + ((process.pid * 40 + phones * 20) % 10_000);
  const pump = await createMediaPump({ clock, host, ports: { from, to: from + 18 }, seed: phones });
  return { host, stack, pump, close: () => Promise.all([stack.close(), pump.close()]) };
}
export type Phone = Awaited<ReturnType<typeof openPhone>>;

/** One call made: everything that came back, as it came. */
export class Made {
  readonly provisionals: SipResponse[] = [];
  readonly requests: SipRequest[] = [];
  readonly ear = new Ear();
  call!: OutgoingCall;
  stream: RtpStream | null = null;
  answer: SipResponse | null = null;
  dialog: SipDialog | null = null;
  failure: SipFailure | null = null;
  endedAt: number | null = null;
  readonly surplus: SipResponse[] = [];

  get status(): number | null {
    return this.failure?.kind === 'response' ? this.failure.response.status : null;
  }
}

export async function callFrom(
  phone: Phone,
  to: HostPort,
  number: string,
  options: {
    audio?: boolean;
    caller?: string;
    headers?: HeaderList;
    credentials?: { username: string; password: string };
    tone?: number;
  } = {},
): Promise<Made> {
  const made = new Made();
  let offer: string | undefined;
  if (options.audio) {
    made.stream = await phone.pump.open({ audio: made.ear.hear });
    offer = makeOffer({ host: phone.host, port: made.stream.localPort, codecs: ['PCMA'], sessionId: 1, version: 1 });
  }
  const hear = (response: SipResponse) => {
    const agreement = offer && response.body !== '' ? agree(offer, response.body) : undefined;
    if (!agreement) return;
    made.stream!.agree(agreement);
    made.stream!.play(options.tone ? { kind: 'tone', hz: options.tone } : { kind: 'silence' });
  };
  made.call = phone.stack.call(
    {
      requestUri: `sip:${number}@${hostPortText(to)}`,
      fromUri: `sip:${options.caller ?? '40080000001'}@caller.test`,
      toUri: `sip:${number}@vendor.test`,
      nextHop: { ...to, transport: 'udp' },
      headers: options.headers,
      credentials: options.credentials,
      body: offer === undefined ? undefined : { type: 'application/sdp', content: offer },
    },
    {
      provisional: (response) => {
        made.provisionals.push(response);
        hear(response);
      },
      answered: (response, dialog) => {
        made.answer = response;
        made.dialog = dialog;
        hear(response);
      },
      failed: (failure) => {
        made.failure = failure;
      },
      ended: (request) => {
        made.endedAt = request.at;
      },
      request: (request) => {
        made.requests.push(request);
        return 200;
      },
      surplus: (response) => {
        made.surplus.push(response);
      },
      offer: (request) => {
        made.requests.push(request);
        const body: Body | undefined = offer ? { type: 'application/sdp', content: offer } : undefined;
        return { status: 200, body };
      },
    },
  );
  return made;
}

/** An agent's phone: registers, and does with each offer what `answer` says. */
export class AgentPhone {
  readonly calls: {
    request: SipRequest;
    incoming: IncomingCall;
    ear: Ear;
    stream: RtpStream | null;
    dialog: SipDialog | null;
    ended: boolean;
    cancelled: boolean;
  }[] = [];
  readonly stack: SipStack;
  readonly pump: MediaPump;
  registeredAt: number | null = null;
  lost: SipFailure | null = null;
  #registration: ReturnType<SipStack['register']>;

  private constructor(phone: Phone, registrar: HostPort, username: string, password: string) {
    this.stack = phone.stack;
    this.pump = phone.pump;
    this.#registration = phone.stack.register(
      {
        aor: `sip:${username}@vendor.test`,
        registrar: { ...registrar, transport: 'udp' },
        credentials: { username, password },
        expiresS: 60,
      },
      {
        registered: (at) => {
          this.registeredAt = at;
        },
        lost: (_at, failure) => {
          this.lost = failure;
        },
      },
    );
  }

  static async open(registrar: HostPort, username: string, password: string, how: 'answer' | 'ring' | 'reject' = 'answer', tone = 1400) {
    let agent: AgentPhone | null = null;
    const phone = await openPhone({
      call: (incoming) => {
        const call: AgentPhone['calls'][number] = {
          request: incoming.request,
          incoming,
          ear: new Ear(),
          stream: null,
          dialog: null,
          ended: false,
          cancelled: false,
        };
        agent!.calls.push(call);
        incoming.handlers = {
          cancelled: () => {
            call.cancelled = true;
          },
          ended: () => {
            call.ended = true;
          },
        };
        if (how === 'reject') incoming.reject(486);
        else incoming.ring();
        if (how === 'answer') void agent!.#answer(call, tone);
      },
    });
    agent = new AgentPhone(phone, registrar, username, password);
    return agent;
  }

  async #answer(call: AgentPhone['calls'][number], tone: number): Promise<void> {
    call.stream = await this.pump.open({ audio: call.ear.hear });
    const made = answerTo(call.request.body, { host: '127.0.0.1', port: call.stream.localPort, sessionId: 1, version: 1 })!;
    call.stream.agree(made.agreement);
    call.stream.play({ kind: 'tone', hz: tone });
    call.dialog = call.incoming.accept({ type: 'application/sdp', content: made.answer });
  }

  async unregister(): Promise<void> {
    await this.#registration.stop();
  }

  async close(): Promise<void> {
    await this.#registration.stop();
    await this.stack.close();
    await this.pump.close();
  }
}

/** Waits until `check` holds. @throws when it does not within `ms`. */
export async function until(check: () => unknown, what: string, ms = 8000): Promise<void> {
  const end = performance.now() + ms;
  while (!check()) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await pause(10);
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
