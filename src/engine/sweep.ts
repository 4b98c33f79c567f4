/**
 * Ends at the vendor what a killed run left open: BYE where the leg was answered, else CANCEL, for every `open` row of the journal without a
 * `close` row. What was ended gets its `close` row, so that a second sweep finds nothing left.
 */
import { appendFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { RealClock, sleepOn } from '../clock.ts';
import { csvLine } from '../record/csv-line.ts';
import { OpenCalls, type OpenLeg } from '../record/open-calls.ts';
import { readTable } from '../record/read.ts';
import { readMeta } from '../record/read-meta.ts';
import { type OpenRow, rowOf, TABLES } from '../record/schema.ts';
import { createSipStack } from '../sip/index.ts';
import type { SipStack, SipStackOptions, TransactionResult, TransportName } from '../sip/stack.ts';
import type { VendorProfile } from '../vendor/profile.ts';
import { tlsSide } from './sip-side.ts';

/** A vendor that has just lost its caller is not to be flooded with BYEs. */
export const SWEEPS_PER_SECOND = 50;

export interface SweptLeg {
  call: string;
  sipCallId: string;
  method: 'BYE' | 'CANCEL';
  remote: string;
  /** Final status; null where no answer came. 481 means that it was over already. */
  status: number | null;
  /** In words: ended, was over already, no answer … */
  result: string;
  ended: boolean;
}

/**
 * @param progress told of each leg as it is done
 * @throws CallsurgeError `run-folder-invalid`; `port-in-use` where no socket can be had
 */
export async function sweepRun(dir: string, progress?: (leg: SweptLeg) => void): Promise<SweptLeg[]> {
  const open = new OpenCalls();
  await readTable(dir, 'open', (row) => open.add(row));
  const swept: SweptLeg[] = [];
  for (const [transport, host, legs] of groups(open.figures())) {
    const stack = await createSipStack({
      clock: new RealClock(),
      bind: { host: isIP(host) ? host : '0.0.0.0', port: 0, transport },
      ...(transport === 'udp' ? {} : streamSide(readMeta(dir).vendor as VendorProfile)),
      userAgent: 'callsurge sweep',
      idPrefix: `sweep${process.pid}`,
    });
    try {
      await sweepLegs(stack, legs, (leg, result) => {
        const told = describe(leg, result);
        swept.push(told);
        if (told.ended) appendRow(dir, closeOf(leg, result.at));
        progress?.(told);
      });
    } finally {
      await stack.close();
    }
  }
  return swept;
}

/**
 * Faults that a killed run left on: `started` without `ended`. Only those who know the hooks' secrets can take them back, so this names them.
 * @throws CallsurgeError `run-folder-invalid`
 */
export async function openFaults(dir: string): Promise<{ name: string; target: string | null; startedMs: number | null }[]> {
  const on = new Map<string, { name: string; target: string | null; startedMs: number | null }>();
  await readTable(dir, 'events', ({ kind, name, action, target, t_ms }) => {
    if (kind !== 'fault' || name === null) return;
    if (action === 'start' || action === 'started') on.set(name, { name, target, startedMs: t_ms });
    else if (action === 'ended') on.delete(name);
  });
  return [...on.values()];
}

/** Ends each of them from that stack, at a bounded rate. Resolves when all have been answered or given up. */
export async function sweepLegs(
  stack: SipStack,
  legs: readonly OpenLeg[],
  done: (leg: OpenLeg, result: TransactionResult) => void,
  perSecond = SWEEPS_PER_SECOND,
): Promise<void> {
  const clock = new RealClock();
  const running: Promise<void>[] = [];
  for (const [i, leg] of legs.entries()) {
    if (i > 0) await sleepOn(clock, 1000 / perSecond);
    running.push(stack.sweep({ ...leg, transport: leg.transport as TransportName }).then((result) => done(leg, result)));
  }
  await Promise.all(running);
}

/** TLS and WebSocket path of the run's profile; secrets stand in the environment. @throws CallsurgeError `vendor-invalid`, `secret-missing` */
function streamSide(vendor: VendorProfile): Pick<SipStackOptions, 'tls' | 'wsPath'> {
  return { tls: tlsSide(vendor, process.env), wsPath: vendor.trunks.find(({ path }) => path !== undefined)?.path };
}

export function closeOf({ call, sipCallId }: OpenLeg, at: number): OpenRow {
  return rowOf('open', { t_ms: at, op: 'close', call, sip_call_id: sipCallId });
}

function describe(leg: OpenLeg, result: TransactionResult): SweptLeg {
  const status = result.kind === 'response' ? result.response.status : null;
  const over = status === 481;
  const ended = over || (status !== null && status >= 200 && status < 300);
  const words = over
    ? 'was over already'
    : ended
      ? 'ended'
      : status !== null
        ? `refused with ${status}`
        : result.kind === 'timeout'
          ? 'no answer'
          : result.kind === 'transport'
            ? result.message
            : '';
  return {
    call: leg.call,
    sipCallId: leg.sipCallId,
    method: leg.remoteTag === null ? 'CANCEL' : 'BYE',
    remote: `${leg.remote.host}:${leg.remote.port}`,
    status,
    result: words,
    ended,
  };
}

/** One stack for each transport and own address that the run used. */
function groups(legs: readonly OpenLeg[]): [TransportName, string, OpenLeg[]][] {
  const byStack = new Map<string, [TransportName, string, OpenLeg[]]>();
  for (const leg of legs) {
    const key = `${leg.transport} ${leg.local.host}`;
    const group = byStack.get(key) ?? [leg.transport as TransportName, leg.local.host, []];
    group[2].push(leg);
    byStack.set(key, group);
  }
  return [...byStack.values()];
}

function appendRow(dir: string, row: OpenRow): void {
  appendFileSync(join(dir, TABLES.open.file), csvLine('open', row));
}
