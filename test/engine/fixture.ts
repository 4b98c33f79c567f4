/** A run against a SIP peer of our own on loopback: real sockets, a scenario file in a temporary folder, a real run folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes.ts';
import { RealClock } from '../../src/clock.ts';
import type { RunEnding, RunRequest } from '../../src/engine/request.ts';
import { readTable } from '../../src/record/read.ts';
import type { RowTypes, TableName } from '../../src/record/schema.ts';
import { checkSurge } from '../../src/scenario/check-surge.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { checkOptions } from '../../src/scenario/options.ts';
import { planScenarios } from '../../src/schedule/plan.ts';
import { createSipStack } from '../../src/sip/index.ts';
import type { IncomingCall, IncomingRequest, SipStack } from '../../src/sip/stack.ts';
import type { VendorProfile } from '../../src/vendor/profile.ts';

export interface Peer {
  stack: SipStack;
  /** Calls answered and not yet ended. */
  open: Set<string>;
  /** INVITEs seen, with the time each came. */
  invites: { at: number; caller: string; callId: string }[];
  /** Ended by the other side's BYE, or cancelled. */
  byes: number;
  cancels: number;
  close(): Promise<void>;
}

/** A vendor in one page: answers OPTIONS, and calls after `answerMs` (never, where null). */
export async function openPeer(
  answerMs: number | null = 5,
  request?: (incoming: IncomingRequest) => void,
  bind: { host?: string; port?: number; transport?: 'udp' | 'tcp' } = {},
): Promise<Peer> {
  const clock = new RealClock();
  const peer = { open: new Set<string>(), invites: [] as Peer['invites'], byes: 0, cancels: 0 };
  const take = (call: IncomingCall) => {
    const { callId, at, fromUri } = call.request;
    peer.invites.push({ at, caller: /sip:([^@]+)@/.exec(fromUri)?.[1] ?? '', callId });
    let cancelled = false;
    call.handlers = {
      cancelled: () => {
        cancelled = true;
        peer.cancels++;
      },
      ended: () => {
        peer.open.delete(callId);
        peer.byes++;
      },
    };
    call.ring();
    if (answerMs === null) return;
    clock.after(answerMs, () => {
      if (cancelled) return;
      peer.open.add(callId);
      call.accept(undefined);
    });
  };
  const stack = await createSipStack({
    clock,
    bind: { host: '127.0.0.1', port: 0, transport: 'udp', ...bind },
    userAgent: 'peer',
    idPrefix: 'peer',
    call: take,
    request,
  });
  return Object.assign(peer, { stack, close: () => stack.close() });
}

export function vendorAt(port: number, over: Partial<VendorProfile> = {}): VendorProfile {
  return {
    name: 'vendor-a',
    trunks: [{ name: 'main', host: '127.0.0.1', port }],
    contract: {
      targets: ['127.0.0.1'],
      called: ['400xxxxxxx'],
      callers: ['9xxxxxxxxxx'],
      maxCallsPerSecond: 1000,
      maxChannels: 1000,
      contact: { name: 'nobody' },
    },
    ...over,
  };
}

const folders: string[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'callsurge-engine-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** What `callsurge run` would hand to the engine for that scenario text. */
export async function requestFor(source: string, vendor: VendorProfile, over: Partial<RunRequest> = {}): Promise<RunRequest> {
  const folder = temporaryFolder();
  const file = join(folder, 'scenario.ts');
  writeFileSync(file, source);
  const scenario = await loadScenario(file);
  const options = checkOptions(scenario, { env: {} });
  const surge = { ...checkSurge(scenario.rawSurge), media: 'none' as const };
  return {
    dir: join(folder, 'run'),
    scenario,
    options,
    surge,
    plan: planScenarios(options.scenarios, surge),
    vendor,
    workers: 1,
    version: '0.0.0-test',
    exitCode: exitCodeFor,
    ...over,
  };
}

export const exitCodeFor = (ending: RunEnding) => (ending.reason === 'error' ? exitCodeOf(ending.error) : EXIT[ending.reason]);

export async function rowsOf<T extends TableName>(dir: string, table: T): Promise<RowTypes[T][]> {
  const rows: RowTypes[T][] = [];
  await readTable(dir, table, (row) => void rows.push(row));
  return rows;
}
