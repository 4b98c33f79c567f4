/** `npm run truth -- blame`: things broken one at a time, for real, and whose failure the report then says it was. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket as NetSocket } from 'node:net';
import { createAnalysis } from '../../src/analysis/analyse.ts';
import type { RunAnalysis } from '../../src/analysis/model.ts';
import { readMeta } from '../../src/record/read-meta.ts';
import { replay } from '../../src/record/replay.ts';
import { BLAMES, type Blame } from '../../src/record/schema.ts';
import { Place } from '../e2e/callsurge.ts';
import type { TruthTable } from './cli.ts';

/** Of this file alone; a case takes ten. */
const PORT = 26_500;
const CALLED = '4002000000';
const CONTROL = '01055550000';

interface Broken {
  what: string;
  blame: Blame;
  /** Fields of the profile, beside trunks, contract and the embedded vendor. */
  profile?: string;
  /** Of the embedded vendor; null: a vendor of the case's own (`vendor`). */
  embedded?: string | null;
  vendor?(port: number): Promise<{ close(): unknown }>;
  transport?: 'tcp';
  /** Fields of `surge`. */
  surge?: string;
  /** The caller's story after the answer. */
  story?: string;
  control?: boolean;
}

const CARRIER = `access: { kind: 'carrier', control: { called: '${CONTROL}' } },`;
const TALK = 'await call.wait(5000);';
const relay = (harm: string) => `faults: [{ name: 'cable', at: '1s', for: '3s', do: { kind: 'relay', ${harm} } }],`;

const CASES: Broken[] = [
  {
    what: 'our own RTP ports are too few',
    blame: 'harness',
    profile: 'local: { rtpPorts: [26900, 26907] },',
    surge: `media: 'rtp', callLength: '100ms',`,
    story: TALK,
  },
  {
    what: 'our own program stands still for 1.5 s',
    blame: 'harness',
    story: 'if (exec.scenario.iterationInTest === 12) { const until = Date.now() + 1500; while (Date.now() < until); }',
  },
  {
    what: 'our own calls go beyond the contract',
    blame: 'harness',
    profile: '',
    surge: `media: 'none', callLength: '100ms',`,
    story: TALK,
    embedded: '',
  },
  {
    what: 'our own address is gone',
    blame: 'harness',
    surge: `media: 'none', faults: [{ name: 'gone', at: '1s', for: '2s', do: { kind: 'own', action: 'address-gone' } }],`,
  },
  {
    what: 'the line between loses all SIP',
    blame: 'network',
    profile: `limits: { provisional: '1500ms' },`,
    surge: `media: 'none', ${relay(`blackHole: true, what: 'sip'`)}`,
  },
  {
    what: 'the line between loses all RTP',
    blame: 'network',
    profile: `limits: { mediaSilence: '1s' },`,
    surge: `media: 'rtp', ${relay(`blackHole: true, what: 'rtp'`)}`,
    story: TALK,
  },
  {
    what: 'the carrier refuses all, control calls among them',
    blame: 'carrier',
    profile: CARRIER,
    embedded: `sites: [{ name: 'a', channels: 0 }],`,
    control: true,
  },
  {
    what: 'the vendor behind a carrier that works is busy',
    blame: 'vendor',
    profile: CARRIER,
    embedded: `numbers: { '${CALLED}': 'busy', '${CONTROL}': 'echo' },`,
    control: true,
  },
  {
    what: 'the same without control calls',
    blame: 'undetermined',
    profile: `access: { kind: 'carrier' },`,
    embedded: `numbers: { '${CALLED}': 'busy' },`,
  },
  { what: 'the vendor has no channel left', blame: 'vendor', embedded: `sites: [{ name: 'a', channels: 5 }],`, story: TALK },
  {
    what: 'a site of the vendor stops under its calls',
    blame: 'vendor',
    profile: `limits: { mediaSilence: '1s' },`,
    surge: `media: 'rtp', faults: [{ name: 'site', at: '2s', for: '2s', do: { kind: 'simulator', action: 'stop', site: 'a' } }],`,
    story: TALK,
  },
  {
    what: 'the vendor closes its port under its calls (TCP)',
    blame: 'vendor',
    embedded: null,
    transport: 'tcp',
    vendor: answeringTcp,
  },
  {
    what: 'the same by UDP, where nothing tells it from a broken line',
    blame: 'undetermined',
    embedded: null,
    vendor: (port) => answering(port, (socket) => socket.close()),
    profile: `limits: { provisional: '1500ms' },`,
  },
  {
    what: 'the vendor is silent, which a broken line would be as well',
    blame: 'undetermined',
    embedded: null,
    vendor: (port) => answering(port, () => undefined),
    profile: `limits: { provisional: '1500ms' },`,
  },
];

export async function run(): Promise<TruthTable> {
  const rows: string[][] = [];
  let ok = true;
  for (const [i, broken] of CASES.entries()) {
    const { analysis, code } = await play(broken, PORT + 10 * i);
    const { byBlame, reasons = [] } = analysis.outcomes;
    const failed = BLAMES.reduce((sum, blame) => sum + byBlame[blame], 0);
    const right = byBlame[broken.blame];
    const given = BLAMES.filter((blame) => byBlame[blame] > 0).map((blame) => `${blame} ${byBlame[blame]}`);
    // A machine that was busy for a moment says so itself: that is shown, and held against nobody.
    const late = broken.blame === 'harness' ? 0 : byBlame.harness;
    const good = right > 0 && right === failed - late;
    ok &&= good;
    const why = reasons.find(({ blame }) => blame === broken.blame)?.why ?? `exit code ${code}`;
    rows.push([
      broken.what,
      broken.blame,
      given.join(', ') || 'nobody',
      failed === 0 ? 'no call failed' : `${right} of ${failed}`,
      why,
      good ? 'yes' : '**no**',
    ]);
    console.error(rows.at(-1)!.join(' | '));
  }
  return {
    title:
      'Whose failure it was: each thing broken by itself in a run of its own, ten calls a second for five seconds. The reason is the commonest.',
    columns: ['what was broken', 'blame expected', 'blame given', 'share', 'the reason given', 'as it should be'],
    rows,
    ok,
  };
}

async function play(broken: Broken, port: number): Promise<{ analysis: RunAnalysis; code: number | null }> {
  const { transport, profile = '', embedded = '', surge = `media: 'none',`, story = '', control = false, vendor } = broken;
  const channels = broken.what.includes('contract') ? 8 : 500;
  using place = new Place({
    'vendor.ts': `import { defineVendor } from 'callsurge';
export default defineVendor({
  name: 'broken', trunks: [{ name: 'edge', host: '127.0.0.1', port: ${port}${transport ? `, transport: '${transport}'` : ''} }],
  contract: { targets: ['127.0.0.1'], called: ['${CALLED}', '${CONTROL}'], callers: ['5550xxxxx'], maxCallsPerSecond: 100, maxChannels: ${channels}, contact: { name: 'yourself' } },
  ${profile}
  ${embedded === null ? '' : `embedded: { port: ${port}, apiPort: ${port + 5}, ringMs: 20, answerMs: 60, rtpPorts: [27000, 27998], ${embedded.includes('sites:') ? '' : `sites: [{ name: 'a', channels: 200 }, { name: 'b', channels: 200 }],`} ${embedded.includes('numbers:') ? '' : `numbers: { '${CALLED}': 'echo', '${CONTROL}': 'echo' },`} ${embedded} },`}
});
`,
    'scenario.ts': `import { dial } from 'callsurge';
import exec from 'k6/execution';
const load = (rate, exec) => ({ executor: 'constant-arrival-rate', rate, timeUnit: '1s', duration: '5s', preAllocatedVUs: 50, maxVUs: 100, gracefulStop: '12s', exec });
export const options = { scenarios: { load: load(10, 'caller')${control ? `, control: load(1, 'control')` : ''} } };
export const surge = { seed: 1, drain: '10s', ${surge} };
export async function caller() {
  const call = await dial('${CALLED}');
  await call.answered();
  ${story || 'await call.wait(300);'}
  await call.hangUp();
}
export async function control() {
  const call = await dial('${CONTROL}');
  await call.answered();
  await call.hangUp();
}
`,
  });
  const socket = await vendor?.(port);
  try {
    const finished = await place.run(['run', 'scenario.ts', '--vendor', 'vendor.ts', '--quiet']);
    const dir = place.runs().at(-1);
    if (!dir) throw new Error(`${broken.what}: no run (${finished.code}): ${finished.stderr || finished.stdout}`);
    const fold = createAnalysis(readMeta(dir));
    await replay(dir, fold);
    return { analysis: fold.figures(), code: finished.code };
  } finally {
    try {
      socket?.close();
    } catch {
      // Closed by the case itself.
    }
  }
}

/** A vendor that answers OPTIONS alone. @param invited what it does at the first INVITE */
async function answering(port: number, invited: (socket: Socket) => void): Promise<Socket> {
  const socket = createSocket('udp4');
  let first = true;
  socket.on('message', (bytes, { address, port: from }) => {
    const text = bytes.toString();
    if (text.startsWith('INVITE') && first) {
      first = false;
      invited(socket);
    } else if (text.startsWith('OPTIONS')) socket.send(okTo(text), from, address);
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** The same by TCP; at the first INVITE it closes its port and all connections. */
async function answeringTcp(port: number): Promise<{ close(): unknown }> {
  const open = new Set<NetSocket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const text = bytes.toString();
      if (text.startsWith('OPTIONS')) socket.write(okTo(text));
      if (!text.startsWith('INVITE')) return;
      server.close();
      for (const one of open) one.destroy();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function okTo(request: string): string {
  const kept = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
  const lines = kept.map((line) => (/^To:/i.test(line) ? `${line};tag=truth` : line));
  return ['SIP/2.0 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n');
}
