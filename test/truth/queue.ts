/**
 * `npm run truth -- queue`: 2000 calls to two skills of the embedded vendor over real SIP, with abandonment, VIPs, breaks, a change of shift and agents who
 * miss calls, each held against the vendor's ground truth; then a vendor that makes mistakes on purpose; then the same callers at two vendors of different
 * speed. About six minutes. `QUEUE_CALLS=300` for a short one.
 */

import type { CallRow } from '../../src/record/schema.ts';
import { checkDefects } from '../agreement/defects.ts';
import { agreeWithTruth, TRUTH_WAIT_MS } from '../agreement/with-truth.ts';
import { removeFolders } from '../engine/fixture.ts';
import type { TruthTable } from './cli.ts';
import { agentTallies, DID, queueLengths, survivalAt, trueQueue } from './queue-figures.ts';
import { type People, type Played, play } from './queue-play.ts';

const PORT = 23_000;
/** More unhealthy seconds than this, and the run says nothing. */
const MOST_UNHEALTHY = 0.05;
const MOST_LISTED = 12;
/** The wish of what agents are; VIPs; patience of 15 s in the mean. */
const STORY = (patience: string) => `
export async function customer() {
  const intent = caller.intent({ support: 0.75, sales: 0.25 });
  const call = await dial('4001000000', { intent, vip: caller.vip(0.12) });
  await call.answered();
  await call.press(intent === 'sales' ? '2' : '1', { via: 'info', after: '300ms' });
  await call.agent({ patience: ${patience} });
  await call.talk(talkTime.lognormal({ mean: '4500ms', sigma: 0.5 }));
  await call.hangUp();
}`;
type Stage = [seconds: number, target: number];
const scenario = (seed: number, startRate: number, stages: Stage[], patience: string) => `
import { caller, dial, patience, talkTime } from 'callsurge';
export const options = { scenarios: { customers: {
  executor: 'ramping-arrival-rate', exec: 'customer', startRate: ${startRate}, preAllocatedVUs: 300, maxVUs: 600, gracefulStop: '60s',
  stages: [${stages.map(([seconds, target]) => `{ duration: '${seconds}s', target: ${target} }`).join(', ')}],
} } };
export const surge = { seed: ${seed}, arrivals: 'poisson', probes: { perSecond: 0 } };
${STORY(patience)}`;

/** What is common to agents: those of the vendor's own wrap-up of 1 s are never rung in their own. */
const WORK: Pick<People, 'answerDelay' | 'wrapUp' | 'noAnswer' | 'reject'> = {
  answerDelay: { uniform: ['500ms', '1200ms'] },
  wrapUp: { uniform: ['300ms', '800ms'] },
  noAnswer: 0.05,
  reject: 0.03,
};
const VENDOR = { agentRingMs: 4000, wrapUpMs: 1000, refusedRestMs: 500, answerMs: 150 };

export type Line = [what: string, ours: string, theirs: string, agrees: boolean];

export async function run(): Promise<TruthTable> {
  const clean = await playClean(Number(process.env.QUEUE_CALLS ?? 2000));
  const faulty = await playFaulty();
  const same = await playTwice();
  const rows = [...judgeClean(clean), ...judgeDefects('clean run', clean), ...judgeDefects('mistakes', faulty), same];
  const ok = rows.every(([, , , agrees]) => agrees);
  // What disagrees must be looked into: `callsurge show FOLDER CALL`.
  if (ok) removeFolders();
  else for (const { dir, vendorDir } of [clean, faulty]) console.error(`kept: ${dir}, and the vendor’s truth of it in ${vendorDir}`);
  return {
    title:
      `${clean.calls.length} calls in ${clean.analysis.health.seconds} s over UDP to the embedded vendor in a process of its own, two worker threads: menu, two skills, 12 % VIPs, exponential patience, ` +
      'agents of ours who let 5 % of the calls ring, refuse 3 %, write up, take breaks and change shifts. The vendor’s ground truth are its own files of calls and offers; ' +
      'a race is what both sides decide within 50 ms of each other (docs/metrics.md, agreement). Then the same vendor making mistakes on purpose: each must be found, by its caller or agent, and none other; without effect are those that nobody could see: a caller who left at once, an agent forgotten while nobody waited. ' +
      `Our instrument’s unhealthy seconds: ${unwellText(clean)} in the clean run, ${unwellText(faulty)} in the other; nothing that falls into them is held against anybody (docs/metrics.md).`,
    columns: ['what', 'ours', 'the vendor’s', 'agree'],
    rows: rows.map(([what, ours, theirs, agrees]) => [what, ours, theirs, agrees ? 'yes' : '**no**']),
    ok,
  };
}

/** Two waves above what the agents can take, the second after a change of shift. */
export function playClean(calls: number): Promise<Played> {
  const s = (seconds: number) => Math.max(1, Math.round((seconds * calls) / 2000));
  const breaks: People['notReady'] = { every: { exponential: '60s' }, for: { uniform: ['3s', '6s'] } };
  const [change, end] = [`${s(112)}s`, `${s(115)}s`];
  const people: People[] = [
    { ...WORK, name: 'support', skill: 'support', first: 1001, count: 26, notReady: breaks },
    { ...WORK, name: 'support-early', skill: 'support', first: 1101, count: 9, shifts: [{ from: '0s', to: end }], notReady: breaks },
    { ...WORK, name: 'support-late', skill: 'support', first: 1201, count: 16, shifts: [{ from: change }] },
    { ...WORK, name: 'sales', skill: 'sales', first: 2001, count: 12, notReady: breaks },
  ];
  const stages: Stage[] = [
    [s(10), 10],
    [s(60), 10],
    [s(10), 6],
    [s(30), 6],
    [s(10), 12],
    [s(60), 12],
    [s(10), 4],
    [s(25), 4],
    [s(10), 9],
    [s(10), 9],
  ];
  return play(scenario(2026, 5, stages, "patience.exponential('15s')"), people, PORT, VENDOR);
}

/** Quiet at first and between, so that an agent is free for a duplicate now and then; then more than they can take. */
export function playFaulty(): Promise<Played> {
  const people: People[] = [
    { ...WORK, name: 'support', skill: 'support', first: 1001, count: 16 },
    { ...WORK, name: 'sales', skill: 'sales', first: 2001, count: 6 },
  ];
  const stages: Stage[] = [
    [15, 3],
    [5, 6],
    [35, 6],
    [5, 2],
    [15, 2],
    [5, 6],
    [30, 6],
  ];
  return play(scenario(7, 2, stages, "patience.lognormal({ mean: '14s', sigma: 0.7 })"), people, PORT + 100, {
    ...VENDOR,
    seed: 11,
    defects: { fifo: 0.15, priority: 0.5, misrouted: 0.03, duplicate: 0.2, ghost: 0.12, idle: 0.06 },
  });
}

/** One seed, two vendors of different speed: who called, from which number, for what, with how much patience and talk. */
async function playTwice(): Promise<Line> {
  const source = scenario(42, 12, [[8, 12]], "patience.exponential('3s')");
  const crew = (count: number): People[] => [
    { ...WORK, answerDelay: '100ms', name: 'support', skill: 'support', first: 1001, count },
    { ...WORK, answerDelay: '100ms', name: 'sales', skill: 'sales', first: 2001, count },
  ];
  const quick = await play(source, crew(40), PORT + 200, { answerMs: 20, ringMs: 5, wrapUpMs: 1000 });
  const slow = await play(source, crew(4), PORT + 300, { ...VENDOR, ringMs: 200, answerMs: 900 });
  const others = new Map(slow.calls.map((row) => [row.iteration, row]));
  const alike = quick.calls.filter((row) => {
    const other = others.get(row.iteration);
    // Talk time is drawn by those whom an agent reached.
    const talk = row.talk_ms === null || other?.talk_ms === null || other?.talk_ms === row.talk_ms;
    return (
      other &&
      talk &&
      row.caller === other.caller &&
      row.intent === other.intent &&
      row.vip === other.vip &&
      row.patience_ms === other.patience_ms
    );
  });
  const mean = (played: Played) => played.analysis.queue.waitAnswered.mean ?? 0;
  const different = mean(slow) > 2 * mean(quick) && slow.analysis.queue.abandoned > quick.analysis.queue.abandoned;
  return [
    'one seed at a quick and a slow vendor: same caller, intent, VIP, patience, talk',
    `${alike.length} of ${quick.calls.length}; ASA ${ms(mean(quick))} and ${ms(mean(slow))}`,
    `${slow.calls.length} calls at the slow one, ${slow.analysis.queue.abandoned} gave up; ${quick.analysis.queue.abandoned} at the quick one`,
    different && alike.length === quick.calls.length && alike.length === slow.calls.length && alike.length > 50,
  ];
}

/** How many, and what was unwell in them, by the words of the timeline. */
function unwellText({ analysis: { health } }: Played): string {
  const words = new Set(
    health.unhealthy.flatMap(({ why }) => why.split(/[,;] /).map((part) => part.replace(/^.*: /, '').replace(/ [\d.]+ ms$/, ''))),
  );
  return `${health.unhealthySeconds} of ${health.seconds}${words.size > 0 ? ` (${[...words].join(', ')})` : ''}`;
}

/** Why calls failed by our own fault, each reason once. */
function ownFaults(calls: readonly CallRow[]): string {
  const whys = new Set(calls.filter(({ outcome }) => outcome === 'harness').map(({ blame_why }) => blame_why));
  return whys.size > 0 ? ` (${[...whys].join('; ')})` : '';
}

const ms = (value: number | null) =>
  value === null ? '–' : Math.abs(value) < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`;
const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)} % (${part}/${whole})`;

export function judgeClean(played: Played): Line[] {
  const { calls, vendor, analysis } = played;
  const { queue, concurrency, health } = analysis;
  const { peaks } = concurrency;
  const reported = Object.fromEntries(Object.entries(peaks).map(([counting, { value }]) => [counting, value]));
  const agreement = agreeWithTruth(calls, vendor.truth, reported);
  const { differences, races, racesAllowed, waitErrors, waitsBeyond } = agreement;
  const rows = new Map(calls.map((row) => [row.sip_call_id, row]));
  const excused = waitsBeyond.filter(({ key }) => {
    const row = rows.get(key)!;
    return [row.queue_ms, row.agent_ms ?? row.bye_sent_ms].some((at) =>
      health.unhealthy.some(({ fromMs, toMs }) => fromMs <= at! && at! < toMs),
    );
  });
  const real = trueQueue(vendor.truth, queue.thresholdMs, queue.shortMs);
  const used = real.abandoned > calls.length * 0.05 && calls.some(({ vip }) => vip === true);
  const lines: Line[] = [
    [
      'calls; outcomes the same; differences; races (allowed)',
      `${agreement.calls}`,
      `${agreement.same}; ${differences.length}; ${races.length} (${racesAllowed})`,
      differences.length === 0 && races.length <= racesAllowed && used,
    ],
    [
      `waits differ by p50, p99, max; beyond ${TRUTH_WAIT_MS} ms, in unhealthy seconds`,
      `n ${waitErrors.n}`,
      `${ms(waitErrors.p50)}, ${ms(waitErrors.p99)}, ${ms(waitErrors.max)}; ${waitsBeyond.length}, ${excused.length}`,
      waitErrors.n > 0 && waitsBeyond.length === excused.length,
    ],
    [
      'unhealthy seconds of our instrument; calls that failed by our own fault',
      `${health.unhealthySeconds} of ${health.seconds}; ${health.harnessShare.part}${ownFaults(calls)}`,
      `at most ${100 * MOST_UNHEALTHY} %; at most 0.1 %`,
      health.unhealthySeconds <= MOST_UNHEALTHY * health.seconds && analysis.validity.valid,
    ],
    ...agreement.peaks.map(({ counting, ours, theirs, ok }): Line => [`most ${counting} at a time`, `${ours}`, `${theirs}`, ok]),
    ...figures(played, real, races.length),
    lengths(played),
    agentsEqual(played, racesAllowed),
  ];
  const listed = [...differences, ...races, ...waitsBeyond];
  const more: Line[] = listed.length > MOST_LISTED ? [[`and ${listed.length - MOST_LISTED} more`, '', '', true]] : [];
  return [
    ...lines,
    ...listed.slice(0, MOST_LISTED).map(({ key, what }, i): Line => {
      const kind = i < differences.length ? 'difference' : i < differences.length + races.length ? 'race' : 'beyond';
      return [`${kind} ${key}`, what, '', kind === 'race' || excused.some((one) => one.key === key)];
    }),
    ...more,
  ];
}

/** Every figure of the queue from our record beside the same from the truth. */
function figures({ analysis: { queue, routing }, vendor: { truth } }: Played, real: ReturnType<typeof trueQueue>, races: number): Line[] {
  const near = real.borderline(TRUTH_WAIT_MS) + races;
  const level = (name: string, i: number): Line => {
    const { part, whole } = queue.serviceLevel[i]!;
    const [truePart, trueWhole] = real.levels[i]!;
    const agrees = Math.abs(part - truePart) <= near && Math.abs(whole - trueWhole) <= near;
    return [`service level, ${name}, T ${queue.thresholdMs / 1000} s`, percent(part, whole), percent(truePart, trueWhole), agrees];
  };
  const apart = Math.max(
    0,
    ...queue.survival.map((point) =>
      Math.max(
        point.share - survivalAt(real.waits, point.ms - TRUTH_WAIT_MS),
        survivalAt(real.waits, point.ms + TRUTH_WAIT_MS) - point.share,
      ),
    ),
  );
  const median = (of: (at: number) => number) => {
    let at = 0;
    while (at < real.longestMs && of(at) > 0.5) at += 10;
    return at;
  };
  const ourAt = (at: number) => queue.survival.findLast((point) => point.ms <= at)?.share ?? 1;
  const slice = (
    name: string,
    of: readonly { key: string; answered: number; abandoned: number }[] | undefined,
    keyOf: (row: (typeof truth)[number]) => string,
  ) => {
    const text = (entries: [string, number, number][]) =>
      entries
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, an, ab]) => `${key} ${an}/${ab}`)
        .join(', ');
    const ours = (of ?? []).map(({ key, answered, abandoned }): [string, number, number] => [key, answered, abandoned]);
    const keys = [...new Set(truth.filter(({ queued_ms }) => queued_ms !== null).map(keyOf))];
    const theirs = keys.map((key): [string, number, number] => {
      const rows = truth.filter((row) => row.queued_ms !== null && keyOf(row) === key);
      return [key, rows.filter(({ agent_ms }) => agent_ms !== null).length, rows.filter(({ agent_ms }) => agent_ms === null).length];
    });
    const off = theirs.reduce((sum, [key, an, ab]) => {
      const our = ours.find(([one]) => one === key);
      return sum + Math.abs(an - (our?.[1] ?? 0)) + Math.abs(ab - (our?.[2] ?? 0));
    }, 0);
    return [`answered/gave up by ${name}`, text(ours), text(theirs), off <= 2 * races && ours.length === theirs.length] satisfies Line;
  };
  return [
    level('An≤T / (An+Ab)', 0),
    level('(An≤T+Ab≤T) / (An+Ab)', 1),
    level('An≤T / An', 2),
    level('An≤T / (An+Ab>T)', 3),
    level('(An≤T+Ab≤short) / (An+Ab)', 4),
    ['ASA', ms(queue.asaMs), ms(real.asaMs), Math.abs(queue.asaMs! - real.asaMs) <= TRUTH_WAIT_MS / 2],
    [
      'abandonment',
      percent(queue.abandonment.part, queue.abandonment.whole),
      percent(real.abandoned, real.answered + real.abandoned),
      Math.abs(queue.abandonment.part - real.abandoned) <= races,
    ],
    ['longest wait', ms(queue.longestWaitMs), ms(real.longestMs), Math.abs(queue.longestWaitMs! - real.longestMs) <= TRUTH_WAIT_MS],
    [
      `Kaplan–Meier: median wait; shares furthest apart beyond ${TRUTH_WAIT_MS} ms, of one caller’s`,
      `${ms(median(ourAt))} of ${queue.survival.length} points`,
      `${ms(median((at) => survivalAt(real.waits, at)))}; ${apart.toFixed(5)}, ${(1 / real.waits.length).toFixed(5)}`,
      // One who gave up and one who was served may change places within 50 ms: that moves the estimate by a part of one caller.
      queue.survival.length > 10 && apart <= (1 + races) / real.waits.length,
    ],
    slice('skill', routing?.bySkill, ({ skill }) => skill ?? ''),
    slice('class', routing?.byClass, ({ priority }) => (priority > 0 ? 'vip' : 'normal')),
  ];
}

function lengths({ analysis, vendor }: Played): Line {
  const { length } = analysis.queue;
  const real = queueLengths(vendor.truth, length);
  const off = real.filter((value, i) => Math.abs(value - (length.values[i] ?? 0)) > Math.max(1, 0.01 * value)).length;
  const equal = real.filter((value, i) => value === (length.values[i] ?? 0)).length;
  const most = (values: readonly (number | null)[]) => Math.max(...values.map((value) => value ?? 0));
  return [
    `queue length, most in each of ${real.length} steps of ${length.stepMs} ms`,
    `peak ${most(length.values)}`,
    `peak ${most(real)}; equal in ${equal}, off by more than max(1, 1 %) in ${off}`,
    off === 0 && most(real) > 10,
  ];
}

function agentsEqual({ agents, vendor }: Played, allowed: number): Line {
  const ours = agentTallies(agents, ({ agent, outcome }) => ({
    agent: agent!.slice(agent!.lastIndexOf('-') + 1),
    did: outcome === 'answered' ? 'answered' : outcome === 'missed' ? 'missed' : 'rejected',
  }));
  const theirs = agentTallies(vendor.offers, ({ agent, how }) => ({ agent, did: DID[how] }));
  const off = [...new Set([...ours.keys(), ...theirs.keys()])].filter((agent) => ours.get(agent) !== theirs.get(agent));
  const sum = (tallies: Map<string, string>) =>
    [...tallies.values()]
      .map((text) => text.split('/').map(Number))
      .reduce((all, one) => all.map((value, i) => value + one[i]!), [0, 0, 0, 0])
      .join('/');
  const text = off.map((agent) => `${agent}: ${ours.get(agent)}, theirs ${theirs.get(agent)}`).join('; ');
  // A caller may leave in the moment in which the agent answers.
  return [
    `agents’ offered/answered/missed/rejected, each of ${theirs.size} alike`,
    sum(ours),
    `${sum(theirs)}${off.length > 0 ? `; ${off.length} differ: ${text}` : ''}`,
    off.length <= allowed && sum(ours).split('/')[0] === sum(theirs).split('/')[0],
  ];
}

export function judgeDefects(run: string, played: Played): Line[] {
  const checks = checkDefects(played.vendor, played.calls, played.analysis.routing!, played.analysis.health.unhealthy);
  return checks.map(({ kind, injected, withoutEffect, found, missed, wrong, untold, ok }): Line => {
    const named = [...missed.map((one) => `missed ${one}`), ...wrong.map((one) => `wrong ${one}`), ...untold.map((one) => `untold ${one}`)];
    const enough = run !== 'mistakes' || kind === 'lingering' || found > 0;
    return [
      `${run}, ${kind}: found; false; missed`,
      `${found}; ${wrong.length}; ${missed.length}`,
      `${injected} put in${withoutEffect > 0 ? `, ${withoutEffect} without effect` : ''}${named.length > 0 ? `: ${named.join(', ')}` : ''}`,
      ok && enough,
    ];
  });
}
