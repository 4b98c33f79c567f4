/**
 * The call centre without SIP, on virtual time: callers are a list of arrivals with a patience and a talk time. For tests, planning and
 * benchmarks: a million calls in seconds.
 */
import { VirtualClock } from '../../clock.ts';
import { randomStream } from '../../random.ts';
import type { DrawMs, SimulatorConfig } from '../config.ts';
import { completeConfig } from '../defaults.ts';
import type { SimulatorEvent, TruthRow } from '../truth.ts';
import type { Call, Offer } from './call.ts';
import { CallCentre } from './centre.ts';
import { drawMs } from './draw.ts';
import type { CentreHost, Sound } from './host.ts';
import type { Site } from './sites.ts';

export interface ModelCaller {
  atMs: number;
  caller?: string;
  called?: string;
  /** Pressed this long after the menu starts. Default '1' after 0 ms; null presses nothing. */
  digit?: string | null;
  digitAfterMs?: number;
  /** From queue entry until the caller gives up. Default: never. */
  patienceMs?: number;
  /** From the agent's (or the echo's) answer until the caller hangs up. Default: never, the vendor's side ends the call. */
  talkMs?: number;
}

/** Poisson arrivals of that rate (calls/s), each with a patience of its own. */
export function* poissonCallers(options: { seed: number; perSecond: number; count: number; patience?: DrawMs }): Generator<ModelCaller> {
  const gaps = randomStream(options.seed, 'model: arrivals');
  const patience = randomStream(options.seed, 'model: patience');
  for (let i = 0, atMs = 0; i < options.count; i++) {
    atMs += drawMs({ exponential: 1000 / options.perSecond }, gaps);
    yield options.patience === undefined ? { atMs } : { atMs, patienceMs: drawMs(options.patience, patience) };
  }
}

/** The world on virtual time: sites take what they are sent at once unless they are down, callers do what their line says. */
export class ModelHost implements CentreHost {
  readonly clock: VirtualClock;
  readonly events: SimulatorEvent[] = [];
  /** Set by `connectModel`. */
  centre!: CallCentre;
  readonly #onTruth: (row: TruthRow) => void;

  constructor(clock: VirtualClock, onTruth: (row: TruthRow) => void) {
    this.clock = clock;
    this.#onTruth = onTruth;
  }

  place(call: Call, site: Site, attempt: number): void {
    if (site.state === 'up') this.centre.accepted(call, attempt);
  }

  play(call: Call, sound: Sound): void {
    const caller = call.data as ModelCaller;
    if (sound === 'menu' && caller.digit !== null)
      this.clock.after(caller.digitAfterMs ?? 0, () => this.centre.digit(call, caller.digit ?? '1'));
    if (sound === 'hold' && caller.patienceMs !== undefined)
      this.clock.after(caller.patienceMs, () => call.state === 'queued' && this.centre.left(call));
    if (sound === 'echo') this.#talk(call, caller);
  }

  connect(call: Call): void {
    this.#talk(call, call.data as ModelCaller);
  }

  #talk(call: Call, caller: ModelCaller): void {
    if (caller.talkMs !== undefined) this.clock.after(caller.talkMs, () => this.centre.left(call));
  }

  /** Whoever is called back answers at once. */
  callBack(call: Call, of: Call): void {
    call.data = of.data;
    this.centre.customerAnswered(call);
  }

  probe(site: Site): void {
    this.centre.probed(site, site.state === 'up');
  }

  truth(row: TruthRow): void {
    this.#onTruth(row);
  }

  event(event: SimulatorEvent): void {
    this.events.push(event);
  }

  // What callers of the model take no notice of.
  refuse(_call: Call, _status: number): void {}
  ring(_call: Call): void {}
  early(_call: Call): void {}
  answer(_call: Call): void {}
  offer(_offer: Offer): void {}
  withdraw(_offer: Offer): void {}
  end(_call: Call): void {}
  alarm(): void {}
}

/** A call centre on that host. */
export function connectModel(config: SimulatorConfig, host: ModelHost): CallCentre {
  host.centre = new CallCentre(host.clock, completeConfig(config), host);
  return host.centre;
}

/**
 * Runs all callers, in order of `atMs`, and then on until the last call has ended. Probes are off unless the configuration has them.
 * @param onTruth called with each call's row when it ends; rows are not kept.
 * @throws RangeError when calls are still open a day (virtual) after the last arrival: nobody would ever end them.
 */
export function runModel(config: SimulatorConfig, callers: Iterable<ModelCaller>, onTruth: (row: TruthRow) => void): CallCentre {
  const clock = new VirtualClock();
  const host = new ModelHost(clock, onTruth);
  const centre = connectModel({ ...config, failover: { probeMs: 0, ...config.failover } }, host);
  let number = 0;
  for (const caller of callers) {
    clock.advanceTo(caller.atMs);
    number++;
    centre.arrive({ sipCallId: `model-${number}`, caller: caller.caller ?? `1${number}`, called: caller.called ?? '4001000000' }, caller);
  }
  for (let minutes = 0; centre.calls.size + centre.callBacksDue > 0; minutes++) {
    if (minutes > 24 * 60) throw new RangeError(`${centre.calls.size} calls never end`);
    clock.advance(60_000);
  }
  centre.close();
  return centre;
}
