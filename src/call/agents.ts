/**
 * The agents of one worker: each registers as a SIP UA of its own, or has a number that the vendor calls over our trunk; is free, busy, in wrap-up or not
 * ready; takes its shifts, and answers what the vendor's ACD offers.
 */
import type { TimerHandle } from '../clock.ts';
import { sleepOn } from '../clock.ts';
import type { Draw, RandomStream } from '../random.ts';
import { rowOf } from '../record/schema.ts';
import type { IncomingCall, NextHop, Registration } from '../sip/stack.ts';
import { AgentLeg, refusedRow } from './agent-leg.ts';
import { type BreakPlan, Breaks } from './breaks.ts';
import { noteNobodys } from './call-back.ts';
import type { CallServices } from './services.ts';

/** An agent as used: account resolved, secret read, draws made. */
export interface LiveAgent {
  /** Unique in the run: group and number. */
  name: string;
  username: string;
  password: string;
  /** The number that the vendor calls: nothing is registered. */
  number?: string | undefined;
  /** Domain of the address of record. */
  domain: string;
  registrar: NextHop;
  /** Preloaded Route, where an outbound proxy stands before the registrar. */
  route?: readonly string[];
  expiresS: number;
  skills: string[];
  answerDelay: Draw;
  /** Undefined: the caller always hangs up first. */
  handling: Draw | undefined;
  wrapUp: Draw;
  /** Shares of offers, 0…1. */
  noAnswer: number;
  reject: number;
  random: RandomStream;
  /** Ms from the load's start; empty: logged in for the whole run. */
  shifts: { fromMs: number; toMs: number }[];
  /** When it is not ready for calls. Undefined: never. */
  breaks?: BreakPlan | undefined;
}

interface Seat {
  agent: LiveAgent;
  registration: Registration | undefined;
  /** Set while a call is offered or talked, and in wrap-up. */
  busyUntil: number;
  leg: AgentLeg | undefined;
  /** Logged in: asked to register, or, with a number of its own, in its shift. */
  on: boolean;
  /** The registrar has it; what is told of it are changes, not refreshes. */
  bound: boolean;
  breaks: Breaks | undefined;
  /** Logged off by a fault of ours: it logs on again at the fault's end. */
  away: boolean;
}

export class AgentDesk {
  readonly #services: CallServices;
  readonly #seats = new Map<string, Seat>();
  readonly #timers = new Set<TimerHandle>();
  #legs = 0;
  #perSecond = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(services: CallServices, agents: readonly LiveAgent[]) {
    this.#services = services;
    for (const agent of agents) {
      const seat: Seat = {
        agent,
        registration: undefined,
        busyUntil: 0,
        leg: undefined,
        on: false,
        bound: false,
        breaks: undefined,
        away: false,
      };
      if (agent.breaks)
        seat.breaks = new Breaks(
          services.clock,
          agent.breaks,
          () => (seat.leg ? undefined : seat.busyUntil),
          (ready, at) => this.#event(at, agent.name, ready ? 'ready' : 'not-ready', null),
        );
      this.#seats.set(agent.number === undefined ? agent.username : digitsOf(agent.number), seat);
    }
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Registered now. */
  get registered(): number {
    return this.#count((seat) => seat.registration?.registered === true);
  }

  /** On a call or in wrap-up now. */
  get busy(): number {
    const now = this.#services.clock.now();
    return this.#count((seat) => seat.leg !== undefined || seat.busyUntil > now);
  }

  /**
   * Registers those without shifts, at most `perSecond` a second (a storm at the start would measure the registrar, not the queue), and waits until each
   * has been answered. @returns how many are registered, and the first failure in words.
   */
  async start(perSecond: number, signal?: AbortSignal): Promise<{ registered: number; asked: number; failure: string | undefined }> {
    this.#perSecond = perSecond;
    const seats = [...this.#seats.values()].filter((seat) => seat.agent.shifts.length === 0);
    const answers: Promise<string | undefined>[] = [];
    for (const [i, seat] of seats.entries()) {
      if (i > 0 && seat.agent.number === undefined) await sleepOn(this.#services.clock, 1000 / perSecond, signal);
      answers.push(this.#login(seat));
    }
    const failure = (await Promise.all(answers)).find((problem) => problem !== undefined);
    const asked = seats.filter((seat) => seat.agent.number === undefined).length;
    return { registered: this.registered, asked, failure };
  }

  /** Starts the shifts' clocks. Who begins at the same time logs in one after the other, as fast as `start` was told. */
  loadStarts(at: number): void {
    const together = new Map<number, number>();
    for (const seat of this.#seats.values())
      for (const shift of seat.agent.shifts) {
        const before = together.get(shift.fromMs) ?? 0;
        together.set(shift.fromMs, before + 1);
        this.#at(at + shift.fromMs + (1000 * before) / this.#perSecond, () => void this.#login(seat));
        if (Number.isFinite(shift.toMs)) this.#at(at + shift.toMs, () => void this.#logout(seat));
      }
  }

  /** Is it for an agent of this worker? */
  knows(incoming: IncomingCall): boolean {
    return this.#seatOf(incoming) !== undefined;
  }

  /** An INVITE that came to this worker: offered to the agent that its Request-URI names. */
  take(incoming: IncomingCall): void {
    const seat = this.#seatOf(incoming);
    if (!seat) {
      noteNobodys(this.#services, incoming);
      return incoming.reject(404);
    }
    const { clock } = this.#services;
    if (this.#stopped) return incoming.reject(486);
    if ((!seat.on || seat.breaks?.ready === false) && !seat.leg) return this.#refuse(seat, incoming, 480);
    if (seat.leg || seat.busyUntil > clock.now()) return this.#refuse(seat, incoming, 486);
    const leg = new AgentLeg(this.#services, seat.agent, `a${this.#services.worker}-${++this.#legs}`, incoming, (over) => {
      if (seat.leg === over) seat.leg = undefined;
      seat.busyUntil = over.row.ready_ms ?? 0;
    });
    seat.leg = leg;
    void leg.serve();
  }

  /** The vendor's turn for that caller all the same: it stands in the record. */
  #refuse({ agent }: Seat, incoming: IncomingCall, status: number): void {
    incoming.reject(status);
    this.#services.sink.write('agents', refusedRow(this.#services, agent, incoming.request));
  }

  /** By account, or by number: in the Request-URI, or in To where the vendor writes our trunk's name into the Request-URI. */
  #seatOf({ request }: IncomingCall): Seat | undefined {
    for (const uri of [request.uri, request.toUri]) {
      const user = /^(?:sips?|tel):([^@;]+)/i.exec(uri)?.[1] ?? '';
      const seat = this.#seats.get(user) ?? this.#seats.get(digitsOf(user));
      if (seat) return seat;
    }
    return undefined;
  }

  /** Hangs up what agents are still on and removes every binding. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    for (const seat of this.#seats.values()) seat.breaks?.stop();
    const seats = [...this.#seats.values()];
    await Promise.all(seats.map((seat) => seat.leg?.hangUp('harness')));
    await Promise.all(seats.map((seat) => this.#logout(seat)));
  }

  /**
   * A fault of ours: agents remove their registrations, or register again, all at once. Calls that they are on go on.
   * @param group of the profile; default all. @param share of them, the first ones; 0…1.
   */
  async away(off: boolean, group?: string, share = 1): Promise<void> {
    const all = [...this.#seats.values()];
    const mine = all.filter(({ agent }) => group === undefined || agent.name.replace(/-\d+$/, '') === group);
    const chosen = off
      ? mine.slice(0, Math.ceil(share * mine.length)).filter((seat) => seat.registration)
      : all.filter((seat) => seat.away);
    await Promise.all(
      chosen.map((seat) => {
        seat.away = off;
        if (!off) return this.#login(seat);
        this.#event(this.#services.clock.now(), seat.agent.name, 'lost', 'logged off by a fault of this run');
        return this.#logout(seat);
      }),
    );
  }

  abandonCalls(): void {
    this.#stopped = true;
    for (const seat of this.#seats.values()) seat.leg?.abandonUnawaited();
  }

  /** @returns why it failed, or undefined once registered. Later losses go into the record. */
  #login(seat: Seat): Promise<string | undefined> {
    if (seat.on || this.#stopped) return Promise.resolve(undefined);
    const { agent } = seat;
    seat.on = true;
    seat.breaks?.start();
    if (agent.number !== undefined) {
      this.#event(this.#services.clock.now(), agent.name, 'ready', null);
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      seat.registration = this.#services.stack.register(
        {
          aor: `sip:${agent.username}@${agent.domain}`,
          registrar: agent.registrar,
          route: agent.route,
          credentials: { username: agent.username, password: agent.password },
          expiresS: agent.expiresS,
          contactUser: agent.username,
        },
        {
          registered: (at) => {
            if (!seat.bound) this.#event(at, agent.name, 'registered', null);
            seat.bound = true;
            resolve(undefined);
          },
          lost: (at, failure) => {
            const why =
              failure.kind === 'response'
                ? `${failure.response.status} ${failure.response.reason}`
                : failure.kind === 'timeout'
                  ? 'no answer'
                  : failure.message;
            seat.bound = false;
            this.#event(at, agent.name, 'lost', why);
            resolve(why);
          },
        },
      );
    });
  }

  async #logout(seat: Seat): Promise<void> {
    const { registration } = seat;
    if (seat.on && !this.#stopped) this.#event(this.#services.clock.now(), seat.agent.name, 'ended', null);
    seat.registration = undefined;
    seat.on = false;
    seat.bound = false;
    seat.breaks?.stop();
    await registration?.stop();
  }

  #event(at: number, name: string, action: string, why: string | null): void {
    this.#services.sink.write(
      'events',
      rowOf('events', { t_ms: at, kind: 'registration', name, action, by: 'harness', detail: why === null ? null : { why } }),
    );
  }

  #at(at: number, run: () => void): void {
    const timer = this.#services.clock.at(at, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #count(is: (seat: Seat) => boolean): number {
    let n = 0;
    for (const seat of this.#seats.values()) if (is(seat)) n++;
    return n;
  }
}

const digitsOf = (number: string) => number.replace(/\D/g, '');
