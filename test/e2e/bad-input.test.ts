/** Bad input ends with one clear line and the documented exit code; nothing is sent and nothing is left behind. */
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { type Finished, Place } from './callsurge.ts';

const SCENARIO = `import { dial } from 'callsurge';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: 2, duration: '1s', preAllocatedVUs: 4 } } };
export default async function () { const call = await dial('4001000000'); await call.answered(); await call.hangUp(); }
`;
const VENDOR = `import { defineVendor } from 'callsurge';
export default defineVendor({
  name: 'vendor-a', trunks: [{ name: 'main', host: '127.0.0.1', port: 5999 }],
  contract: { targets: ['127.0.0.1'], called: ['4001000000'], callers: ['5550xxxx'], maxCallsPerSecond: 10, maxChannels: 100, contact: { name: 'NOC' } },
});
`;
const PLAY = ['run', 'scenario.ts', '--vendor', 'vendor.ts'];

/** One line, and no folder. */
function oneLine(finished: Finished, place: Place, code: number, line: RegExp): void {
  const lines = finished.stderr.split('\n').filter((text) => text.startsWith('callsurge: '));
  expect({ code: finished.code, lines, all: finished.stderr }).toMatchObject({ code, lines: [expect.stringMatching(line)] });
  expect(finished.stderr).not.toMatch(/\n\s+at /);
  expect(place.runs()).toEqual([]);
}

const cases: [what: string, scenario: string, vendor: string, code: number, line: RegExp][] = [
  [
    'an unknown executor',
    SCENARIO.replace('constant-arrival-rate', 'constant-arival-rate'),
    VENDOR,
    EXIT.invalidConfig,
    /constant-arival-rate.*constant-arrival-rate/,
  ],
  [
    'a misspelt field',
    SCENARIO.replace('preAllocatedVUs', "gracfulStop: '1s', preAllocatedVUs"),
    VENDOR,
    EXIT.invalidConfig,
    /gracfulStop.*gracefulStop/,
  ],
  [
    'a function that is not there',
    SCENARIO.replace("executor: 'con", "exec: 'shoper', executor: 'con"),
    VENDOR,
    EXIT.invalidConfig,
    /"shoper"/,
  ],
  [
    'a syntax error, with its line',
    SCENARIO.replace("dial('4001000000');", "dial('4001000000';"),
    VENDOR,
    EXIT.invalidConfig,
    /scenario\.ts:3/,
  ],
  [
    'a threshold on a metric that is not',
    SCENARIO.replace('options = {', "options = { thresholds: { setup_dellay: ['p(95)<1'] },"),
    VENDOR,
    EXIT.invalidConfig,
    /setup_dellay/,
  ],
  [
    'a number outside the contract',
    SCENARIO.replace('4001000000', '4009999999'),
    VENDOR,
    EXIT.invalidConfig,
    /4009999999 may not be dialled/,
  ],
  [
    'an emergency number, whatever the contract says',
    SCENARIO.replace('4001000000', '120'),
    VENDOR.replace("called: ['4001000000']", "called: ['*']"),
    EXIT.invalidConfig,
    /120 is an emergency number/,
  ],
  ['a load above the contract', SCENARIO.replace('rate: 2', 'rate: 200'), VENDOR, EXIT.invalidConfig, /maxCallsPerSecond/],
  [
    'a target outside the contract',
    SCENARIO,
    VENDOR.replace("targets: ['127.0.0.1']", "targets: ['127.0.0.9']"),
    EXIT.invalidConfig,
    /127\.0\.0\.1 is not among/,
  ],
  [
    'a missing secret',
    SCENARIO,
    VENDOR.replace('port: 5999 }', "port: 5999, credentials: { username: 'u', password: { env: 'CALLSURGE_NO_SUCH' } } }"),
    EXIT.invalidConfig,
    /CALLSURGE_NO_SUCH.*trunks\[0\]\.credentials\.password/,
  ],
  ['a vendor file that is a scenario', SCENARIO, SCENARIO, EXIT.invalidConfig, /a function, not a vendor profile/],
  [
    'a wrong field in the vendor file',
    SCENARIO,
    VENDOR.replace("host: '127.0.0.1'", "hots: '127.0.0.1'"),
    EXIT.invalidConfig,
    /trunks\[0\]\.ho/,
  ],
  ['a vendor that nobody is', SCENARIO, VENDOR, EXIT.vendorUnreachable, /127\.0\.0\.1:5999/],
];

it.each(cases)('%s', async (_, scenario, vendor, code, line) => {
  using place = new Place({ 'scenario.ts': scenario, 'vendor.ts': vendor });
  oneLine(await place.run(PLAY), place, code, line);
});

it('a file that is not there', async () => {
  using place = new Place({ 'vendor.ts': VENDOR });
  oneLine(await place.run(PLAY), place, EXIT.invalidConfig, /scenario\.ts/);
});

it('a port that is in use', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  using place = new Place({ 'scenario.ts': SCENARIO, 'vendor.ts': VENDOR.replace('contract:', `local: { sipPort: ${port} }, contract:`) });
  // Something answers OPTIONS, so that the run gets as far as its own port.
  const peer = createSocket('udp4', (bytes, from) => {
    const head = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => new RegExp(`^${name}: .*$`, 'mi').exec(bytes.toString())![0]);
    const text = `SIP/2.0 200 OK\r\n${head.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`.replace(/^(To: .*)$/m, '$1;tag=p');
    peer.send(text, from.port, from.address);
  });
  await new Promise<void>((resolve) => peer.bind(5998, '127.0.0.1', resolve));
  place.write('vendor.ts', VENDOR.replace('5999', '5998').replace('contract:', `local: { sipPort: ${port} }, contract:`));
  const finished = await place.run(PLAY);
  socket.close();
  peer.close();
  expect({ code: finished.code, line: finished.stderr }).toMatchObject({
    code: EXIT.portInUse,
    line: expect.stringContaining(String(port)),
  });
});

it('a reports folder that cannot be written', async () => {
  using place = new Place({ 'scenario.ts': SCENARIO, 'vendor.ts': VENDOR });
  // A file where the folder should be: root could write into any folder.
  writeFileSync(join(place.dir, 'reports'), 'not a folder');
  const finished = await place.run(PLAY);
  expect(finished.code).toBe(EXIT.folderUnwritable);
  expect(finished.stderr).toMatch(/callsurge: .*reports/);
});

it('flags that make no sense, and a command that is none', async () => {
  using place = new Place({ 'scenario.ts': SCENARIO, 'vendor.ts': VENDOR });
  for (const args of [
    [...PLAY, '--workers', '0'],
    [...PLAY, '--stage', 'abc'],
    ['run', 'scenario.ts'],
    ['frobnicate'],
    [...PLAY, '--tag', 'x'],
    [...PLAY, '--lang', 'fr'],
  ]) {
    const finished = await place.run(args);
    expect({ args, code: finished.code }).toEqual({ args, code: EXIT.invalidConfig });
    expect(finished.stderr.trim().split('\n')[0]!.length).toBeGreaterThan(10);
  }
  expect(place.runs()).toEqual([]);
});

it('a folder that is no run', async () => {
  using place = new Place();
  for (const command of ['report', 'sweep']) {
    const finished = await place.run([command, place.dir]);
    expect(finished.code).toBe(EXIT.invalidConfig);
    expect(finished.stderr).toMatch(/run-folder-invalid/);
  }
});
