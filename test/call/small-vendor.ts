/**
 * A vendor of one line for the tests of src/call: real SIP and RTP, told call by call what to do. And the caller's side around it: a worker's services on
 * real sockets, with the engine's broker in between.
 */
import { MessageChannel } from 'node:worker_threads';
import { AgentDesk, type LiveAgent } from '../../src/call/agents.ts';
import { takeCallBack } from '../../src/call/call-back.ts';
import type { VuContext } from '../../src/call/context.ts';
import { CallMedia } from '../../src/call/media.ts';
import type { CallServices } from '../../src/call/services.ts';
import { RealClock, sleepOn } from '../../src/clock.ts';
import { Broker, BrokerProxy } from '../../src/engine/broker.ts';
import { channelOver } from '../../src/engine/channel.ts';
import { createMediaPump, makeOffer } from '../../src/media/index.ts';
import { randomStream } from '../../src/random.ts';
import type { AgentRow, CallRow, EventRow, OpenRow, RowTypes, TableName } from '../../src/record/schema.ts';
import { createSipStack, type IncomingCall, type SipDialog } from '../../src/sip/index.ts';

export const clock = new RealClock();
export const sleep = (ms: number) => sleepOn(clock, ms);

export interface Bench extends AsyncDisposable {
  services: CallServices;
  desk: AgentDesk;
  rows: { calls: CallRow[]; agents: AgentRow[]; events: EventRow[]; open: OpenRow[] };
  /** A fresh iteration. `stop` is what gracefulStop does. */
  vu(iteration?: number): VuContext & { stop(): void };
  /** What the vendor does with each call. */
  onCall(act: (call: IncomingCall, vendor: VendorSide) => void | Promise<void>): void;
  /** Contacts by registered user. */
  registered: Map<string, string>;
  vendor: VendorSide;
}

export interface VendorSide {
  /** Answers with real media: hold noise to the caller. */
  answer(call: IncomingCall, media?: CallMedia): Promise<{ dialog: SipDialog; media: CallMedia }>;
  /** Offers the caller to an agent of ours, as an ACD does: From is the caller's number. */
  offer(user: string, caller: string): Promise<{ answered: Promise<SipDialog | undefined>; cancel(): void; byed: Promise<void> }>;
}

const agent = (n: number): LiveAgent => ({
  name: `support-${n}`,
  username: String(n),
  password: 'secret',
  domain: '127.0.0.1',
  registrar: { host: '127.0.0.1', port: 0, transport: 'udp' },
  expiresS: 600,
  skills: ['support'],
  answerDelay: { draw: () => 50, label: 'fixed', meanMs: 50 },
  handling: undefined,
  wrapUp: { draw: () => 0, label: 'fixed', meanMs: 0 },
  noAnswer: 0,
  reject: 0,
  random: randomStream(1, 'agent', n),
  shifts: [],
});

export async function openBench(agents: number, change: (agent: LiveAgent) => Partial<LiveAgent> = () => ({})): Promise<Bench> {
  let act: (call: IncomingCall, vendor: VendorSide) => void | Promise<void> = (call) => call.reject(404);
  const registered = new Map<string, string>();
  const vendorStack = await createSipStack({
    clock,
    bind: { host: '127.0.0.1', port: 0, transport: 'udp' },
    userAgent: 'small-vendor',
    idPrefix: 'v',
    call: (call) => void act(call, vendor),
    request: ({ request, respond }) => {
      if (request.method === 'REGISTER') {
        const user = /sip:([^@]+)@/.exec(request.toUri)![1]!;
        if (request.header('expires') === '0') registered.delete(user);
        else registered.set(user, /<([^>]+)>/.exec(request.header('contact')!)?.[1] ?? request.header('contact')!);
        respond(200, {
          headers: [
            ['Contact', request.header('contact')!],
            ['Expires', '600'],
          ],
        });
      } else respond(200);
    },
  });
  const vendorPump = await createMediaPump({ clock, host: '127.0.0.1', ports: { from: 41_000, to: 41_198 }, seed: 2 });
  const rows: Bench['rows'] = { calls: [], agents: [], events: [], open: [] };
  const sink = {
    write<T extends TableName>(table: T, row: RowTypes[T]) {
      (rows as Record<string, unknown[]>)[table]?.push({ ...row });
    },
  };
  const pipe = new MessageChannel();
  const broker = new Broker();
  broker.attach(channelOver(pipe.port1));
  let desk: AgentDesk | undefined;
  const stack = await createSipStack({
    clock,
    bind: { host: '127.0.0.1', port: 0, transport: 'udp' },
    userAgent: 'callsurge',
    idPrefix: 'c',
    call: (call) => void (takeCallBack(services, call) || desk!.take(call)),
  });
  const pump = await createMediaPump({ clock, host: '127.0.0.1', ports: { from: 40_000, to: 40_198 }, seed: 1 });
  const next = { host: '127.0.0.1', port: vendorStack.local.port, transport: 'udp' } as const;
  const services: CallServices = {
    clock,
    worker: 1,
    stack,
    pump,
    mediaHost: '127.0.0.1',
    correlator: new BrokerProxy(channelOver(pipe.port2)),
    sink,
    gate: { check: () => undefined, enter: () => undefined, release: () => {} },
    trunks: [{ name: 'main', nextHop: next, domain: '127.0.0.1', credentials: undefined, weight: 1, priority: 0 }],
    callerNumber: (iteration) => `5550${String(iteration).padStart(5, '0')}`,
    numbers: {},
    headers: [],
    limits: { provisionalMs: undefined, mediaSilenceMs: 400, scheduleLagMs: 500 },
    ownAgents: agents > 0,
    signalling: undefined,
    viaCarrier: false,
  };
  const live = Array.from({ length: agents }, (_, i) => agent(1001 + i)).map((a) => ({ ...a, registrar: next, ...change(a) }));
  desk = new AgentDesk(services, live);

  const vendorServices = { ...services, stack: vendorStack, pump: vendorPump };
  const vendor: VendorSide = {
    async answer(call, media) {
      const side = media ?? (await CallMedia.open(vendorServices));
      const dialog = call.accept(side.reply(call.request.body || undefined)!);
      return { dialog, media: side };
    },
    async offer(user, caller) {
      const media = await CallMedia.open(vendorServices);
      let answer!: (dialog: SipDialog | undefined) => void;
      let bye!: () => void;
      const answered = new Promise<SipDialog | undefined>((resolve) => {
        answer = resolve;
      });
      const byed = new Promise<void>((resolve) => {
        bye = resolve;
      });
      const contact = registered.get(user)!;
      const [, host, port] = /@([^:;>]+):(\d+)/.exec(contact)!;
      const out = vendorStack.call(
        {
          requestUri: contact,
          toUri: `sip:${user}@127.0.0.1`,
          fromUri: `sip:${caller}@127.0.0.1`,
          nextHop: { host: host!, port: Number(port), transport: 'udp' },
          body: media.offer(),
        },
        {
          answered: (response, dialog) => {
            media.take(response.body);
            answer(dialog);
          },
          failed: () => answer(undefined),
          ended: () => {
            media.close();
            bye();
          },
        },
      );
      return { answered, cancel: () => out.cancel(), byed };
    },
  };
  return {
    services,
    desk,
    rows,
    registered,
    vendor,
    onCall: (what) => {
      act = what;
    },
    vu(iteration = 0) {
      const controller = new AbortController();
      return {
        scenario: 'test',
        exec: 'default',
        vu: 1,
        iteration,
        intendedAt: clock.now(),
        startedAt: clock.now(),
        tags: {},
        signal: controller.signal,
        seed: 1,
        services,
        stop: () => controller.abort(new (class extends Error {})('stopped')),
      };
    },
    async [Symbol.asyncDispose]() {
      await desk.stop();
      await Promise.all([stack.close(), vendorStack.close(), pump.close(), vendorPump.close()]);
      pipe.port1.close();
    },
  };
}

/** SDP of a peer that never sends: for silence. */
export const deafSdp = () => makeOffer({ host: '127.0.0.1', port: 9, sessionId: 1, version: 1 });
