/**
 * Odd peers, one SIPp scenario file each: SIPp's verdict says that our messages were right, the call's row that it came to the one right outcome.
 * Session timers run at 10 ms a second here, RFC 3261's at a fifth. docs/sip-conformance.md is the table of it (`vitest -u` writes it anew).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Call } from '../../src/call/call.ts';
import type { DialOptions } from '../../src/call/dial.ts';
import { CallMedia } from '../../src/call/media.ts';
import type { CallServices } from '../../src/call/services.ts';
import { RealClock } from '../../src/clock.ts';
import { createMediaPump, type MediaPump } from '../../src/media/index.ts';
import type { CallRow } from '../../src/record/schema.ts';
import { createSipStack, type IncomingCall, type SipStack } from '../../src/sip/index.ts';
import { playOne } from './one-caller.ts';
import { heads, type Sipp, startSipp } from './sipp-peer.ts';

const clock = new RealClock();
const TIMERS = { t1: 100, t2: 400, timeoutMs: 2500, secondMs: 10 };
const present = spawnSync('sipp', ['-v']).error === undefined;
if (!present) console.log('sipp is not installed: the conformance tests are left out (apt-get install sip-tester)');

interface Caller {
  dial?: DialOptions;
  password?: string;
  story?: (call: Call) => Promise<unknown>;
  row: Partial<CallRow>;
}

/** Answered, a while on the line, hung up by us. */
const TALK = async (call: Call) => {
  await call.answered();
  await call.wait('150ms');
  await call.hangUp();
};
const UNTIL_ENDED = async (call: Call) => {
  await call.answered();
  await call.ended();
};
const HOLD_ON = (ms: number) => async (call: Call) => {
  await call.answered();
  await call.wait(ms);
  await call.hangUp();
};
const completed = { outcome: 'completed', status: 200 } as const;

/** What we do with each odd vendor, and what must come of it. */
const CALLERS: Record<string, Caller> = {
  'uas-180-after-183': { row: { ...completed, codec: 'PCMA' } },
  'uas-agent-picks-up': { story: UNTIL_ENDED, row: { ...completed, ended_by: 'vendor', q850: 16 } },
  'uas-answers-cancel': { story: (call) => call.answered({ within: '200ms' }), row: { outcome: 'abandoned' } },
  'uas-asks-for-an-offer': { story: HOLD_ON(500), row: completed },
  'uas-busy': { row: { outcome: 'blocked', status: 503, q850: 34, retry_after_s: 5, blame: 'vendor' } },
  'uas-cancel-unknown': { story: (call) => call.answered({ within: '200ms' }), row: { outcome: 'abandoned', status: null } },
  'uas-challenge-early': { row: { ...completed, challenges: 1 } },
  'uas-compact-and-folded': { row: completed },
  'uas-crosses-bye': { row: completed },
  'uas-crosses-reinvite': {
    story: async (call) => {
      await call.answered();
      await call.wait('100ms');
      await call.hold();
      await call.hangUp();
    },
    row: { ...completed, holds: 1 },
  },
  'uas-cseq-falls': { story: HOLD_ON(400), row: completed },
  'uas-digest-auth-int': { row: { ...completed, challenges: 1 } },
  'uas-digest-bye': { row: completed },
  'uas-digest-chain': { row: { ...completed, challenges: 2 } },
  'uas-digest-several': { row: { ...completed, challenges: 1 } },
  'uas-digest-sha256': { row: { ...completed, challenges: 1 } },
  'uas-digest-stale': { row: { ...completed, challenges: 2 } },
  'uas-digest-wrong': { row: { outcome: 'rejected', status: 401, blame: 'undetermined', challenges: 1 } },
  'uas-forks-early': { row: { ...completed, early_dialogs: 2 } },
  'uas-forks-surplus': { story: HOLD_ON(400), row: { ...completed, surplus_answers: 1 } },
  'uas-glare': {
    story: async (call) => {
      await call.answered();
      expect(await call.hold()).toBe('held');
      await call.hangUp();
    },
    row: { ...completed, holds: 1 },
  },
  'uas-hangs-up-full': { story: UNTIL_ENDED, row: { outcome: 'blocked', q850: 34, ended_by: 'vendor' } },
  'uas-holds': { story: HOLD_ON(700), row: completed },
  'uas-ignores-bye': { row: { outcome: 'dropped', blame: 'vendor', blame_why: 'BYE never answered (Timer F)' } },
  'uas-info-digits': {
    story: async (call) => {
      await call.answered();
      await call.press('1', { via: 'info', after: '300ms' });
      await call.hangUp();
    },
    row: { ...completed, digits_sent: '1', digits_received: '5' },
  },
  'uas-interval-too-small': { dial: { sessionTimer: '90s' }, row: { ...completed, session_expires_s: 120 } },
  'uas-is-held': {
    story: async (call) => {
      await call.answered();
      expect([await call.hold(), await call.resume()]).toEqual(['held', 'resumed']);
      await call.hangUp();
    },
    row: { ...completed, holds: 1 },
  },
  'uas-late-offer': { dial: { lateOffer: true }, row: { ...completed, codec: 'PCMA' } },
  'uas-late-offer-foreign': {
    dial: { lateOffer: true },
    story: (call) => call.answered(),
    row: { outcome: 'rejected', blame: 'undetermined', codec: null },
  },
  'uas-late-offer-reliable': { dial: { lateOffer: true }, row: { ...completed, codec: 'PCMA' } },
  'uas-loose-route': { row: completed },
  'uas-lost-the-call': { row: { outcome: 'dropped', blame: 'vendor' } },
  'uas-no-user': { row: { outcome: 'blocked', status: 480, q850: 18 } },
  'uas-only-trying': { story: (call) => call.answered({ within: '300ms' }), row: { outcome: 'abandoned', provisional_ms: null } },
  'uas-poor-180': { row: completed },
  'uas-redirects': { row: { outcome: 'diverted', status: 302, redirects: null } },
  'uas-redirects-followed': { dial: { redirects: 'follow' }, row: { ...completed, redirects: 1 } },
  'uas-redirects-in-circles': { dial: { redirects: 'follow' }, row: { outcome: 'diverted', status: 302 } },
  'uas-refers': { story: HOLD_ON(300), row: { ...completed, refer_status: 603, referred_to: 'sip:4001000001@192.0.2.1' } },
  'uas-refuses-100rel': { dial: { reliable: 'required' }, row: { outcome: 'rejected', status: 420, blame: 'undetermined' } },
  'uas-reliable-183': { row: { ...completed, reliable_provisionals: 1, codec: 'PCMA' } },
  'uas-reliable-out-of-order': { row: completed },
  'uas-reliable-repeated': { row: { ...completed, reliable_provisionals: 1 } },
  'uas-reliable-twice': { row: { ...completed, reliable_provisionals: 2 } },
  'uas-rings-until-cancelled': { story: (call) => call.answered({ within: '300ms' }), row: { outcome: 'abandoned', status: 487 } },
  'uas-strict-route': { row: completed },
  'uas-takes-transfer': {
    story: async (call) => {
      await call.answered();
      expect(await call.transfer('4001000001')).toBe('transferred');
      await call.hangUp();
    },
    row: { ...completed, transfer_status: 200 },
  },
  'uas-timer-gone': { story: UNTIL_ENDED, row: { outcome: 'dropped', blame: 'vendor', blame_why: 'the session refresh was answered 481' } },
  'uas-timer-reinvite': { story: HOLD_ON(700), row: completed },
  'uas-timer-runs-out': { story: UNTIL_ENDED, row: { outcome: 'dropped', blame: 'vendor', blame_why: 'no session refresh came in time' } },
  'uas-timer-theirs': { story: HOLD_ON(700), row: completed },
  'uas-timer-update': { story: HOLD_ON(700), row: { ...completed, session_expires_s: 90 } },
  'uas-unknown-extension': { story: HOLD_ON(300), row: completed },
  'uas-update-early': { story: HOLD_ON(200), row: { ...completed, reliable_provisionals: 1 } },
};

/** What we do as callee beside ringing and answering, and what we must have been told. */
const CALLEES: Record<string, { ring?: 'only' | 'early'; told: string[] }> = {
  'uac-acknowledges-late': { told: ['acknowledged', 'ended'] },
  'uac-bye-early': { ring: 'only', told: ['cancelled'] },
  'uac-cancel-after-200': { told: ['acknowledged', 'ended'] },
  'uac-cancels': { ring: 'only', told: ['cancelled'] },
  'uac-compact-and-folded': { told: ['acknowledged', 'ended'] },
  'uac-demands-100rel': { ring: 'early', told: ['acknowledged', 'ended'] },
  'uac-in-dialog': { told: ['acknowledged', 'offer', 'offer', 'ended'] },
  'uac-late-offer': { told: ['answer', 'acknowledged', 'ended'] },
  'uac-never-pracks': { ring: 'only', told: ['cancelled'] },
  'uac-no-timer': { told: ['acknowledged', 'ended'] },
  'uac-options': { told: [] },
  'uac-refers': { told: ['acknowledged', 'ended'] },
  'uac-reinvites-at-once': { told: ['acknowledged', 'offer', 'answer', 'ended'] },
  'uac-requires-unknown': { told: [] },
  'uac-route-set': { told: ['acknowledged', 'ended'] },
  'uac-timer': { told: ['acknowledged', 'ended'] },
  'uac-timer-ours': { told: ['acknowledged', 'ended'] },
  'uac-timer-runs-out': { told: ['acknowledged', 'expired'] },
  'uac-timer-too-small': { told: ['acknowledged', 'ended'] },
  'uac-unknown-dialog': { told: [] },
  'uac-unknown-method': { told: [] },
  'uac-wrong-rack': { ring: 'early', told: ['acknowledged', 'ended'] },
};

const HEADS = heads();
let port = 7200;
const pump: Promise<MediaPump> | undefined = present
  ? createMediaPump({ clock, host: '127.0.0.1', ports: { from: 7300, to: 7398 }, seed: 1 })
  : undefined;
afterAll(async () => (await pump)?.close());

const openStack = (call?: (call: IncomingCall) => void): Promise<SipStack> =>
  createSipStack({
    clock,
    bind: { host: '127.0.0.1', port: 0, transport: 'udp' },
    userAgent: 'callsurge',
    idPrefix: `q${port}`,
    timers: TIMERS,
    call,
  });

/** Plays the caller's story against one scenario. @returns SIPp's verdict and the call's row. */
async function callSipp(file: string, { dial: options, story = TALK }: Caller): Promise<{ verdict: string; row: CallRow }> {
  const sipp = await startSipp(file, port++);
  const nextHop = { host: '127.0.0.1', port: sipp.port, transport: 'udp' } as const;
  const how = { nextHop, domain: '127.0.0.1', host: '127.0.0.1', idPrefix: `q${sipp.port}`, pump: await pump, timers: TIMERS, options };
  const { row } = await playOne(how, story, () => ended(sipp));
  return { verdict: await sipp.verdict, row };
}

/** Rings, answers with SDP as an agent does, and notes what it is told. */
async function answerSipp(file: string, { ring }: { ring?: 'only' | 'early' }): Promise<{ verdict: string; told: string[] }> {
  const told: string[] = [];
  const media: CallMedia[] = [];
  const services = { clock, pump: await pump, mediaHost: '127.0.0.1', limits: { mediaSilenceMs: 60_000 } } as unknown as CallServices;
  const side = await CallMedia.open(services);
  media.push(side);
  const stack = await openStack((call) => {
    const body = side.reply(call.request.body || undefined);
    call.handlers = {
      cancelled: () => told.push('cancelled'),
      acknowledged: () => told.push('acknowledged'),
      ended: () => told.push('ended'),
      answer: () => told.push('answer'),
      expired: () => told.push('expired'),
      offer: (request) => {
        told.push('offer');
        const answer = side.reply(request.body || undefined);
        return answer ? { status: 200, body: answer } : { status: 488 };
      },
      request: (request) => (request.method === 'REFER' ? 603 : request.method === 'FROBNICATE' ? 501 : 200),
    };
    if (ring === 'early') call.progress(body);
    else call.ring();
    if (ring !== 'only') call.accept(ring === 'early' ? undefined : body);
  });
  const sipp = await startSipp(file, port++, `127.0.0.1:${stack.local.port}`);
  const verdict = await ended(sipp);
  await stack.close();
  for (const one of media) one.close();
  return { verdict, told };
}

async function ended(sipp: Sipp): Promise<string> {
  const late = setTimeout(() => sipp.stop(), 14_000);
  const verdict = await sipp.verdict;
  clearTimeout(late);
  return verdict;
}

describe.runIf(present || process.env.CI)('SIPp plays', { concurrent: true, timeout: 20_000 }, () => {
  test.each(Object.entries(CALLERS))('%s', async (file, caller) => {
    const { verdict, row } = await callSipp(file, caller);
    expect(verdict).toBe('exit 0');
    expect(row).toMatchObject(caller.row);
  });

  test.each(Object.entries(CALLEES))('%s', async (file, callee) => {
    const { verdict, told } = await answerSipp(file, callee);
    expect(verdict).toBe('exit 0');
    expect(told).toEqual(callee.told);
  });
});

test('every scenario file is played, and by nobody twice', () => {
  expect(HEADS.map(({ file }) => file)).toEqual([...Object.keys(CALLERS), ...Object.keys(CALLEES)].sort());
  for (const { file, ours } of HEADS) expect(ours === 'caller' ? CALLERS[file] : CALLEES[file], file).toBeDefined();
});

test('docs/sip-conformance.md says what is played', async () => {
  const said = ({ file }: { file: string }) => {
    const row = CALLERS[file]?.row;
    return row ? `${row.outcome}${row.status ? `, ${row.status}` : ''}` : 'answered as the RFC says';
  };
  const lines = HEADS.map((head) => `| ${head.behaviour} | ${head.rfc} | ${head.ours} | ${said(head)} | \`${head.file}.xml\` |`);
  const text = [
    '# SIP conformance: odd peers, and what becomes of their calls',
    '',
    `Each row is one SIPp scenario file in \`test/sip/sipp\` (${HEADS.length} in all), played against callsurge in \`test/call/conformance.test.ts\`: SIPp exits 0`,
    'only if every message of ours was as its file says, and the call must come to the outcome in the table. This page is written from the head comments of',
    'those files (`npx vitest run test/call/conformance.test.ts -u`).',
    '',
    'Beside it: RFC 4475 messages (`test/corpus/sip`), transactions under loss (`test/sip/loss.test.ts`), reliable provisionals (`test/sip/reliable.test.ts`),',
    'session timers (`test/sip/session-timer.test.ts`), registrations (`test/sip/registration.test.ts`), verbs (`test/call/in-dialog.test.ts`), Asterisk and',
    'Kamailio (`test/lab/conformance.test.ts`), and mutated messages (`npm run truth -- fuzz`).',
    '',
    '| behaviour of the other side | RFC | our role | what must come of it | scenario |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/sip-conformance.md'));
});
