/** A caller without an engine: dial() and its verbs on a stack and a pump of their own, against whoever is at the other end. */
import type { Call } from '../../src/call/call.ts';
import { withVu } from '../../src/call/context.ts';
import { NO_AGENTS } from '../../src/call/correlator.ts';
import { type DialOptions, dial } from '../../src/call/dial.ts';
import { endIteration } from '../../src/call/iteration.ts';
import type { CallServices } from '../../src/call/services.ts';
import { RealClock } from '../../src/clock.ts';
import type { MediaPump } from '../../src/media/index.ts';
import { randomStream } from '../../src/random.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { createSipStack, type NextHop, type SipStackOptions } from '../../src/sip/index.ts';

const clock = new RealClock();

export interface OneCaller {
  /** The other end. */
  nextHop: NextHop;
  domain: string;
  /** Our own address. */
  host: string;
  idPrefix: string;
  pump: MediaPump | undefined;
  timers?: SipStackOptions['timers'];
  number?: string;
  options?: DialOptions;
}

export interface Played {
  row: CallRow;
  /** What the story rejected with. */
  thrown: unknown;
  /** Start lines that went and came: `> INVITE`, `< 200 INVITE`. */
  messages: string[];
}

/** Plays one story. @param before closes the stack only after this, once the call is over: what the other end still has to say. */
export async function playOne(how: OneCaller, story: (call: Call) => Promise<unknown>, before?: () => Promise<unknown>): Promise<Played> {
  const messages: string[] = [];
  const stack = await createSipStack({
    clock,
    bind: { host: how.host, port: 0, transport: 'udp' },
    userAgent: 'callsurge',
    idPrefix: how.idPrefix,
    timers: how.timers,
    trace: ({ sent, text }) => {
      const method = /^CSeq: *\d+ +(\w+)/im.exec(text)?.[1] ?? '';
      const status = /^SIP\/2\.0 (\d+)/.exec(text)?.[1];
      messages.push(`${sent ? '>' : '<'} ${status ? `${status} ` : ''}${method}`);
    },
  });
  const rows: CallRow[] = [];
  const services: CallServices = {
    clock,
    worker: 1,
    stack,
    pump: how.pump,
    mediaHost: how.host,
    correlator: NO_AGENTS,
    sink: { write: (table, row) => void (table === 'calls' && rows.push({ ...(row as CallRow) })) },
    gate: { check: () => undefined, enter: () => undefined, release: () => {} },
    trunks: [
      {
        name: 'main',
        nextHop: how.nextHop,
        domain: how.domain,
        credentials: { username: 'trunk1', password: 'secret' },
        weight: 1,
        priority: 0,
      },
    ],
    callerNumber: () => '4001000099',
    numbers: {},
    headers: [],
    limits: { provisionalMs: undefined, mediaSilenceMs: 60_000, scheduleLagMs: 5000 },
    ownAgents: false,
    signalling: undefined,
    viaCarrier: false,
  };
  const now = clock.now();
  const vu = {
    scenario: 'one',
    exec: 'default',
    seed: 1,
    vu: 1,
    iteration: 0,
    intendedAt: now,
    startedAt: now,
    tags: {},
    signal: new AbortController().signal,
    random: randomStream(1, how.idPrefix, 0),
    services,
  };
  let thrown: unknown;
  try {
    await withVu(vu, async () => story(await dial(how.number ?? '4001000000', how.options)));
  } catch (error) {
    thrown = error;
  }
  await endIteration(vu, thrown);
  await before?.();
  await stack.close();
  return { row: rows[0]!, thrown, messages };
}
