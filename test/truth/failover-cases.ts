/** Faults whose truth is known, played on virtual time, and what the analysis says of each. */
import type { FaultFigures, Outage } from '../../src/analysis/model.ts';
import { randomStream } from '../../src/random.ts';
import { VirtualRun } from './virtual-run.ts';

/** One way of the virtual line, at most: an attempt sent so shortly before an end may still be harmed, or no more. */
export const LINE_MS = 15;
const PER_SECOND = 20;

export interface Span {
  startMs: number;
  endMs: number;
}

export interface Played {
  /** Of each fault, in order. */
  truth: Span[];
  faults: FaultFigures[];
  /** By truth, of attempts that failed for good; undefined: not looked at. */
  eventual?: number;
}

export interface FailoverCase {
  name: string;
  truth: string;
  play(seed: number): Played;
}

/** Not on a round moment: it must not fit the spacing of probes. */
const from = (seed: number) => 30_000 + randomStream(seed, 'when').next() * 1000;

function lineDown(seconds: number): FailoverCase {
  return {
    name: `line dead for ${seconds} s`,
    truth: `${seconds} s`,
    play(seed) {
      const startMs = from(seed);
      const run = new VirtualRun({ seed, perSecond: PER_SECOND, untilMs: startMs + seconds * 1000 + 30_000 });
      const line = run.lines.get('main')!;
      run.fault('line', startMs, seconds * 1000, ...cut(line));
      const { faults } = run.run();
      // An INVITE is last sent again 31.5 s after the first (RFC 3261 17.1.1.2): only what was sent before that fails for good.
      return { truth: [{ startMs, endMs: startMs + seconds * 1000 }], faults, eventual: Math.max(0, seconds * 1000 - 31_500) };
    },
  };
}

const cut = (line: { cut: boolean }): [() => void, () => void] => [
  () => {
    line.cut = true;
  },
  () => {
    line.cut = false;
  },
];

/** One site is the whole vendor: out from the fault until the edge sees it again. */
function site(what: 'freeze' | 'stop', seconds: number): FailoverCase {
  return {
    name: `only site ${what === 'freeze' ? 'frozen' : 'stopped'} for ${seconds} s`,
    truth: 'until its edge sees it again',
    play(seed) {
      const startMs = from(seed);
      const run = new VirtualRun({
        seed,
        perSecond: PER_SECOND,
        untilMs: startMs + seconds * 1000 + 30_000,
        config: { failover: { probeMs: 1000, probesUp: 2, inviteTimeoutMs: 1000 } },
      });
      const { operator, sites } = run.vendor;
      const a = sites.get('a')!;
      run.fault(
        'site',
        startMs,
        seconds * 1000,
        () => (what === 'freeze' ? operator.freezeSite(a) : operator.stopSite(a)),
        () => operator.startSite(a),
      );
      const { faults } = run.run();
      const back = run.events.findLast(({ kind, name }) => kind === 'route' && name === 'a up')!;
      return { truth: [{ startMs, endMs: back.t_ms }], faults };
    },
  };
}

const slowRecovery: FailoverCase = {
  name: 'line dead for 4 s, then slow for 6 s',
  truth: '10 s',
  play(seed) {
    const startMs = from(seed);
    const run = new VirtualRun({ seed, perSecond: PER_SECOND, untilMs: startMs + 45_000 });
    const line = run.lines.get('main')!;
    run.fault('slow', startMs, 4000, ...cut(line));
    run.clock.at(startMs, () => {
      line.slowMs = 800;
    });
    run.clock.at(startMs + 10_000, () => {
      line.slowMs = 0;
    });
    const { faults } = run.run();
    // The vendor is slow from its ringing on, some 20 ms (and a tail) after the INVITE.
    return { truth: [{ startMs, endMs: startMs + 10_000 - 20 }], faults };
  },
};

const flapping: FailoverCase = {
  name: 'flapping: 1 s dead, 1 s up, five times',
  truth: '9 s, one outage',
  play(seed) {
    const startMs = from(seed);
    const run = new VirtualRun({ seed, perSecond: PER_SECOND, untilMs: startMs + 45_000 });
    const line = run.lines.get('main')!;
    run.fault(
      'flapping',
      startMs,
      9000,
      () => {
        for (let k = 0; k < 5; k++) {
          const [down, up] = cut(line);
          run.clock.at(startMs + 2000 * k, down);
          run.clock.at(startMs + 2000 * k + 1000, up);
        }
      },
      () => {},
    );
    return { truth: [{ startMs, endMs: startMs + 9000 }], faults: run.run().faults };
  },
};

const repeated: FailoverCase = {
  name: 'line dead for 2 s, three times, 20 s apart',
  truth: '3 × 2 s',
  play(seed) {
    const startMs = from(seed);
    const run = new VirtualRun({ seed, perSecond: PER_SECOND, untilMs: startMs + 80_000 });
    const line = run.lines.get('main')!;
    const truth = [0, 1, 2].map((k) => ({ startMs: startMs + 20_000 * k, endMs: startMs + 20_000 * k + 2000 }));
    for (const span of truth) run.fault('again', span.startMs, 2000, ...cut(line));
    return { truth, faults: run.run().faults };
  },
};

const oneTrunk: FailoverCase = {
  name: 'one trunk of two dead for 12 s',
  truth: '12 s',
  play(seed) {
    const startMs = from(seed);
    const run = new VirtualRun({ seed, perSecond: PER_SECOND, untilMs: startMs + 45_000, trunks: ['main', 'standby'] });
    run.fault('trunk', startMs, 12_000, ...cut(run.lines.get('standby')!));
    return { truth: [{ startMs, endMs: startMs + 12_000 }], faults: run.run().faults };
  },
};

export const CASES: FailoverCase[] = [
  ...[0.5, 3, 12, 45].map(lineDown),
  site('freeze', 6),
  site('stop', 12),
  slowRecovery,
  flapping,
  repeated,
  oneTrunk,
];

export interface Error {
  /** Measured less true, ms. */
  start: number;
  length: number;
  /** What the report prints as ±. */
  resolution: number;
  within: boolean;
  why: string;
}

/** Measured against true, of each fault. */
export function judge({ truth, faults, eventual }: Played): Error[] {
  return truth.map((span, k) => {
    const fault = faults[k];
    const wrong = (why: string): Error => ({ start: Number.NaN, length: Number.NaN, resolution: Number.NaN, within: false, why });
    if (!fault || faults.length !== truth.length) return wrong(`${faults.length} faults`);
    const { outages, rtoMs, resolutionMs } = fault.firstTry;
    if (outages.length !== 1 || rtoMs === null || resolutionMs === null) return wrong(`${outages.length} outages: ${times(outages)}`);
    const start = outages[0]!.startMs - span.startMs;
    const length = rtoMs - (span.endMs - span.startMs);
    const within =
      Math.abs(length) <= resolutionMs + LINE_MS && Math.abs(start) <= outages[0]!.resolutionMs + LINE_MS && good(fault, eventual);
    return { start, length, resolution: resolutionMs, within, why: within ? '' : `${times(outages)} not ${times([span])}` };
  });
}

/** Only what could not get through by any retransmission failed for good. */
function good({ eventual }: FaultFigures, truth: number | undefined): boolean {
  if (truth === undefined) return true;
  if (truth === 0) return eventual.outages.length === 0 && eventual.rtoMs === 0;
  return eventual.rtoMs !== null && eventual.resolutionMs !== null && Math.abs(eventual.rtoMs - truth) <= eventual.resolutionMs + LINE_MS;
}

const times = (spans: readonly (Span | Outage)[]) =>
  spans.map(({ startMs, endMs }) => `${startMs.toFixed(0)}…${endMs?.toFixed(0)}`).join(' ');
