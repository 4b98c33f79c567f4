/**
 * The embedded vendor: a whole call centre to call, on loopback, that knows the truth about each call. `config.ts` is its make-up, `truth.ts`
 * its HTTP API and ground truth; the call centre itself is in `core/`, SIP and RTP around it in `front/`.
 */
import { RealClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { HostPort } from '../sip/stack.ts';
import { openApi } from './api.ts';
import type { SimulatorConfig } from './config.ts';
import type { CallCentre } from './core/centre.ts';
import { completeConfig } from './defaults.ts';
import { Front } from './front/front.ts';
import { OFFER_COLUMNS, type OfferTruth, type SimulatorEvent, type SimulatorState, TRUTH_COLUMNS, type TruthRow } from './truth.ts';
import { TruthFile } from './truth-file.ts';

export type { SimulatorConfig } from './config.ts';
export type { SimulatorEvent, SimulatorState, TruthRow } from './truth.ts';

export interface Simulator {
  /** Where the edge listens. */
  readonly sip: HostPort;
  readonly api: HostPort;
  readonly sites: { name: string; sip: HostPort }[];
  readonly centre: CallCentre;
  /** Rows of all calls so far, in order of ending; those still open come last, with `outcome` null. */
  truth(): TruthRow[];
  events(): SimulatorEvent[];
  state(): SimulatorState;
  /** Hangs up on everybody, writes the truth file to its end, and closes all ports. */
  stop(): Promise<void>;
}

/** BYEs on the way out may be answered for this long. */
const GRACE_MS = 200;
const ALARM_TIMEOUT_MS = 5000;
/** A broken network must not fill the memory with its complaints. */
const MOST_PROBLEMS = 1000;

/**
 * Starts an embedded vendor.
 * @throws CallsurgeError `option-invalid` (naming the field, or for an address outside loopback without `allowRemote`), `port-in-use`,
 * `folder-unwritable` (truth file). Nothing is left open then.
 */
export async function startSimulator(make: SimulatorConfig): Promise<Simulator> {
  const config = completeConfig(make);
  const clock = new RealClock();
  const ended: TruthRow[] = [];
  const events: SimulatorEvent[] = [];
  const file = config.truthFile === null ? null : new TruthFile<TruthRow>(config.truthFile, TRUTH_COLUMNS);
  const offers = config.offersFile === null ? null : new TruthFile<OfferTruth>(config.offersFile, OFFER_COLUMNS);
  let problems = 0;
  const problem = (what: string) => {
    if (problems++ < MOST_PROBLEMS) events.push({ t_ms: clock.now(), kind: 'problem', name: what });
  };

  const alarm = async (kind: 'site-down' | 'site-up', site: string, at: number) => {
    if (config.alarmUrl === null) return;
    try {
      const body = JSON.stringify({ kind, site, at });
      const headers = { 'content-type': 'application/json' };
      await fetch(config.alarmUrl, { method: 'POST', headers, body, signal: AbortSignal.timeout(ALARM_TIMEOUT_MS) });
    } catch (error) {
      problem(`alarm webhook: ${messageOf(error)}`);
    }
  };

  let front: Front | undefined;
  try {
    front = await Front.open(clock, config, {
      truth: (row) => {
        ended.push(row);
        file?.add(row);
      },
      offered: (row) => offers?.add(row),
      event: (event) => events.push(event),
      alarm: (kind, site, at) => void alarm(kind, site, at),
      problem,
    });
    const { centre } = front;
    const truth = () => [...ended, ...[...centre.calls].map((call) => call.row)];
    const api = await openApi({ host: config.host, port: config.apiPort }, { front, truth, events: () => events });
    const open = front;
    let stopped: Promise<void> | undefined;
    return {
      sip: open.sip,
      api: api.local,
      sites: config.sites.map(({ name }) => ({ name, sip: open.siteAddress(name) })),
      centre,
      truth,
      events: () => events,
      state: () => centre.state(),
      stop: () => {
        stopped ??= open
          .close(GRACE_MS)
          .then(() => api.close())
          .then(() => {
            file?.close();
            offers?.close();
          });
        return stopped;
      },
    };
  } catch (error) {
    await front?.close();
    file?.close();
    offers?.close();
    throw error;
  }
}
