/**
 * `npm run truth -- relay`: faults of our own relay in real time, on real sockets, with the relay on its own thread. The truth is when the relay itself began
 * and ended to harm what passes; the measure is what the report would say of it from calls and probes alone.
 */
import { createAnalysis } from '../../src/analysis/analyse.ts';
import { runScenario } from '../../src/engine/run.ts';
import { replay } from '../../src/record/replay.ts';
import { openPeer, removeFolders, requestFor, rowsOf, vendorAt } from '../engine/fixture.ts';
import { elapsedText } from './elapsed.ts';

const PER_SECOND = 20;
/** On loopback, both ways, beside what the relay says of its own lateness. */
const LINE_MS = 15;
/** A try whose seconds were unhealthy says nothing: it is made again, so often at most. */
const TRIES = 5;
/** Seconds that the measure rests on: from so long before the fault to so long after it. */
const AROUND_MS = 2000;

interface Case {
  what: string;
  seconds: number;
  harm: object;
  transport?: 'tcp';
  times: number;
}

const CASES: Case[] = [
  { what: 'black hole, UDP', seconds: 0.5, harm: { blackHole: true }, times: 4 },
  { what: 'black hole, UDP', seconds: 3, harm: { blackHole: true }, times: 4 },
  { what: 'black hole, UDP', seconds: 12, harm: { blackHole: true }, times: 2 },
  { what: 'black hole towards the vendor alone, UDP', seconds: 3, harm: { blackHole: true, direction: 'to-vendor' }, times: 2 },
  { what: '400 ms of delay each way, UDP', seconds: 3, harm: { delay: '400ms' }, times: 2 },
  { what: 'black hole, TCP', seconds: 3, harm: { blackHole: true }, transport: 'tcp', times: 2 },
];

interface Played {
  truthMs: number;
  rtoMs: number | null;
  resolutionMs: number | null;
  /** The relay's own. */
  lateMaxMs: number;
  unhealthy: string[];
}

export async function run(): Promise<{ title: string; columns: string[]; rows: string[][]; ok: boolean }> {
  const rows: string[][] = [];
  let ok = true;
  try {
    for (const one of CASES) {
      const played: Played[] = [];
      let repeated = 0;
      for (let k = 0; k < one.times; k++) {
        let last = await play(one, k + 1);
        for (let again = 1; last.unhealthy.length > 0 && again < TRIES; again++, repeated++) last = await play(one, k + 1);
        console.error(JSON.stringify({ what: one.what, ...last }));
        played.push(last);
      }
      const good = played.filter(within).length;
      ok &&= good === played.length;
      const errors = played.map(({ rtoMs, truthMs }) => (rtoMs === null ? Number.NaN : Math.abs(rtoMs - truthMs)));
      rows.push([
        one.what,
        `${one.seconds} s`,
        `${good} of ${played.length}`,
        elapsedText(Math.max(...errors)),
        `± ${elapsedText(Math.max(...played.map(({ resolutionMs }) => resolutionMs ?? Number.NaN)))}`,
        elapsedText(Math.max(...played.map(({ lateMaxMs }) => lateMaxMs))),
        `${repeated} repeated, ${played.filter(({ unhealthy }) => unhealthy.length > 0).length} unhealthy still`,
      ]);
    }
  } finally {
    removeFolders();
  }
  return {
    title:
      `Faults through our own relay, which runs on a thread of its own; ${PER_SECOND} calls and ${PER_SECOND} probes a second, real time, loopback. Truth: when ` +
      `the relay began and ended it. “Within” means within the printed ±, ${LINE_MS} ms for the way, and the relay's own worst lateness of that run. A try with an ` +
      'unhealthy second around the fault is made again.',
    columns: ['what the relay did', 'truth', 'within', 'largest error', 'largest ± printed', 'relay late by at most', 'tries'],
    rows,
    ok,
  };
}

const within = ({ rtoMs, truthMs, resolutionMs, lateMaxMs, unhealthy }: Played) =>
  unhealthy.length === 0 && rtoMs !== null && resolutionMs !== null && Math.abs(rtoMs - truthMs) <= resolutionMs + LINE_MS + lateMaxMs;

async function play({ seconds, harm, transport }: Case, seed: number): Promise<Played> {
  const peer = await openPeer(5, undefined, transport ? { transport } : {});
  try {
    const vendor = vendorAt(peer.stack.local.port);
    if (transport) vendor.trunks[0]!.transport = transport;
    const at = 3000 + seed * 137;
    const faults = [{ name: 'relay', at: `${at}ms`, for: `${seconds * 1000}ms`, do: { kind: 'relay', ...harm } }];
    const surge = { seed, drain: '8s', callLength: '100ms', probes: { perSecond: PER_SECOND }, faults };
    const result = await runScenario(await requestFor(scenario(at / 1000 + seconds + 6, surge), vendor, { workers: 1 }));
    const fold = createAnalysis(result.meta);
    await replay(result.dir, fold);
    const [fault] = fold.figures().faults;
    const ended = await rowsOf(result.dir, 'events').then((rows) =>
      rows.find(({ name, action, target }) => name === 'relay' && action === 'end' && target === 'main'),
    );
    const timeline = (await rowsOf(result.dir, 'timeline')).filter(
      ({ t_ms }) => t_ms! >= fault!.startMs! - AROUND_MS && t_ms! <= fault!.endMs! + AROUND_MS,
    );
    return {
      truthMs: fault!.endMs! - fault!.startMs!,
      rtoMs: fault!.firstTry.rtoMs,
      resolutionMs: fault!.firstTry.resolutionMs,
      lateMaxMs: (ended?.detail as { lateMaxMs?: number } | null)?.lateMaxMs ?? Number.NaN,
      unhealthy: timeline.flatMap(({ worker, unhealthy }) => (worker === null && unhealthy !== null ? [unhealthy] : [])),
    };
  } finally {
    await peer.close();
  }
}

const scenario = (seconds: number, surge: object) => `
  import { dial } from 'callsurge';
  export const options = { scenarios: { peak: { executor: 'constant-arrival-rate', rate: ${PER_SECOND}, duration: '${Math.ceil(seconds)}s', preAllocatedVUs: 100, maxVUs: 800, gracefulStop: '8s' } } };
  export const surge = ${JSON.stringify(surge)};
  export default async function () { const call = await dial('4001000000'); await call.answered(); await call.wait('100ms'); await call.hangUp(); }
`;
