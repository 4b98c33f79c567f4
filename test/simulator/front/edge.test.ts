import { createSocket, type Socket } from 'node:dgram';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forwardedRequest, forwardedResponse } from '../../../src/simulator/front/relay-text.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { pause, until } from '../phones.ts';
import { Scene } from '../vendors.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

/** A bare socket, to say what no SIP stack would. */
async function wire(): Promise<{ socket: Socket; heard: string[]; port: number }> {
  const socket = createSocket('udp4');
  const heard: string[] = [];
  socket.on('message', (bytes) => heard.push(bytes.toString('latin1')));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  scene.keep({ close: () => new Promise<void>((resolve) => socket.close(() => resolve())) });
  return { socket, heard, port: socket.address().port };
}

const request = (
  method: string,
  simulator: Simulator,
  port: number,
  options: { branch?: string; toTag?: string; more?: string; cseq?: string } = {},
) =>
  `${method} sip:4001@${simulator.sip.host}:${simulator.sip.port} SIP/2.0\r\n` +
  `v: SIP/2.0/UDP 10.9.9.9:${port};branch=z9hG4bK${options.branch ?? 'x1'};rport\r\n` +
  'Max-Forwards: 70\r\nf: "Ü" <sip:138@caller.test>;tag=f1\r\n' +
  `t: <sip:4001@vendor.test>${options.toTag ? `;tag=${options.toTag}` : ''}\r\n` +
  `i: raw-1\r\nCSeq: ${options.cseq ?? `1 ${method}`}\r\nm: <sip:138@127.0.0.1:${port}>\r\n${options.more ?? ''}l: 0\r\n\r\n`;

describe('the edge', () => {
  it('gives each copy of a refused INVITE the same answer, and swallows the ACK', async () => {
    const simulator = await scene.vendor({ edgeChannels: 0 });
    const { socket, heard, port } = await wire();
    const send = (text: string) => socket.send(text, simulator.sip.port, simulator.sip.host);
    send(request('INVITE', simulator, port));
    await until(() => heard.length === 1, '503');
    send(request('INVITE', simulator, port));
    await until(() => heard.length === 2, '503 again');
    expect(heard[0]).toMatch(/^SIP\/2\.0 503 /);
    expect(heard[0]).toContain(`received=127.0.0.1;rport=${port}`);
    expect(heard[0]).toContain('Retry-After: 2');
    expect(heard[1]).toBe(heard[0]);
    send(request('ACK', simulator, port, { toTag: /To: [^\r]*;tag=([^\r;]+)/i.exec(heard[0]!)![1]! }));
    await pause(100);
    expect(heard).toHaveLength(2);
    expect(simulator.truth()).toHaveLength(1);
  });

  it('takes copies of an INVITE on the way to a site for one call, and answers its CANCEL', async () => {
    const simulator = await scene.vendor({ numbers: { '4001': 'ring' } });
    const { socket, heard, port } = await wire();
    const send = (text: string) => socket.send(text, simulator.sip.port, simulator.sip.host);
    for (let i = 0; i < 3; i++) send(request('INVITE', simulator, port));
    await until(() => heard.some((text) => text.startsWith('SIP/2.0 180')), '180');
    expect(simulator.truth()).toHaveLength(1);
    expect(heard.filter((text) => text.startsWith('SIP/2.0 100'))).toHaveLength(1);
    send(request('CANCEL', simulator, port));
    await until(() => heard.some((text) => text.startsWith('SIP/2.0 487')), '487');
    expect(heard.some((text) => text.startsWith('SIP/2.0 200') && text.includes('CSeq: 1 CANCEL'))).toBe(true);
    const refused = heard.find((text) => text.startsWith('SIP/2.0 487'))!;
    send(request('ACK', simulator, port, { toTag: /\nTo: [^\r]*;tag=([^\r;]+)/i.exec(refused)![1]! }));
    await pause(900);
    expect(heard.filter((text) => text.startsWith('SIP/2.0 487'))).toHaveLength(1);
    expect(simulator.truth()[0]).toMatchObject({ outcome: 'abandoned', status: 487 });
  });

  it('answers CANCEL itself while no site has taken the call', async () => {
    const simulator = await scene.vendor({ failover: { inviteTimeoutMs: 5000, probeMs: 0 } });
    for (const site of simulator.sites)
      await fetch(`http://${simulator.api.host}:${simulator.api.port}/sites/${site.name}/stop`, { method: 'POST' });
    const { socket, heard, port } = await wire();
    const send = (text: string) => socket.send(text, simulator.sip.port, simulator.sip.host);
    send(request('INVITE', simulator, port));
    await until(() => heard.length === 1, '100');
    send(request('CANCEL', simulator, port));
    await until(() => heard.length === 3, '200 and 487');
    expect(heard.map((text) => text.slice(8, 11)).sort()).toEqual(['100', '200', '487']);
    expect(simulator.truth()[0]).toMatchObject({ outcome: 'abandoned', site: null, status: 487 });
  });

  it('answers what it does not know, and survives what cannot be read', async () => {
    const simulator = await scene.vendor();
    const { socket, heard, port } = await wire();
    const send = (text: string) => socket.send(text, simulator.sip.port, simulator.sip.host);
    for (const bad of ['', '\r\n\r\n', 'INVITE', 'INVITE sip:x SIP/2.0\r\n\r\n', '\u0000\u00ff\u0001', 'SIP/2.0 200 OK\r\nVia: x\r\n\r\n'])
      send(bad);
    send(request('OPTIONS', simulator, port, { branch: 'o' }));
    send(request('PUBLISH', simulator, port, { branch: 'p' }));
    send(request('BYE', simulator, port, { branch: 'b', toTag: 'nobody' }));
    send(request('CANCEL', simulator, port, { branch: 'c' }));
    await until(() => heard.length === 4, 'four answers');
    expect(heard.map((text) => text.slice(8, 11)).sort()).toEqual(['200', '405', '481', '481']);
  });

  it('goes on after anything at all', async () => {
    const simulator = await scene.vendor({ edgeChannels: 3 });
    const { socket, heard, port } = await wire();
    const methods = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'REGISTER', 'OPTIONS', 'INFO'];
    const responses = methods.map((method) => request(method, simulator, port).replace(/^[^\r]+/, 'SIP/2.0 200 OK'));
    const texts = [...methods.map((method) => request(method, simulator, port, { more: 'Route: <sip:127.0.0.1:9;lr>\r\n' })), ...responses];
    const mutations = fc.array(
      fc.record({ text: fc.constantFrom(...texts), at: fc.nat(600), cut: fc.nat(40), put: fc.string({ unit: 'binary', maxLength: 12 }) }),
      { minLength: 400, maxLength: 400 },
    );
    for (const { text, at, cut, put } of fc.sample(mutations, { numRuns: 2, seed: 7 }).flat()) {
      socket.send(text.slice(0, at) + put + text.slice(at + cut), simulator.sip.port, simulator.sip.host);
      if (at % 20 === 0) await pause(1);
    }
    await pause(50);
    heard.length = 0;
    socket.send(request('OPTIONS', simulator, port, { branch: 'after' }), simulator.sip.port, simulator.sip.host);
    await until(() => heard.some((text) => text.startsWith('SIP/2.0 200') && text.includes('z9hG4bKafter')), '200 to OPTIONS');
  });

  it('lets nobody in by a site’s own port', async () => {
    const simulator = await scene.vendor();
    const { socket, heard, port } = await wire();
    const text = request('INVITE', simulator, port, { more: 'X-Edge-Call: 1.1\r\n' });
    socket.send(text, simulator.sites[0]!.sip.port, '127.0.0.1');
    await until(() => heard.some((each) => each.startsWith('SIP/2.0 403')), '403');
    expect(simulator.truth()).toHaveLength(0);
  });
});

describe('what a proxy changes', () => {
  const text =
    'INVITE sip:a@edge SIP/2.0\r\nVia: SIP/2.0/UDP h1;branch=1,\r\n SIP/2.0/UDP h0;branch=0\r\nX-Edge-Call: forged\r\nMax-Forwards: 70\r\n' +
    'Route: <sip:edge;lr>\r\nSubject: one\r\n two\r\nContent-Length: 3\r\n\r\na\xffc';

  it('in a request: start line, Via, Route, Max-Forwards; nothing else, body least of all', () => {
    const out = forwardedRequest(text, 'INVITE', {
      requestUri: 'sip:a@site',
      via: 'SIP/2.0/UDP edge;branch=2',
      vias: ['SIP/2.0/UDP h1;branch=1;received=1.2.3.4', 'SIP/2.0/UDP h0;branch=0'],
      routes: [],
      recordRoute: '<sip:edge;lr>',
      maxForwards: 69,
      extra: ['X-Edge-Call: 7.1'],
    });
    expect(out).toBe(
      'INVITE sip:a@site SIP/2.0\r\nVia: SIP/2.0/UDP edge;branch=2\r\nVia: SIP/2.0/UDP h1;branch=1;received=1.2.3.4\r\nVia: SIP/2.0/UDP h0;branch=0\r\n' +
        'Record-Route: <sip:edge;lr>\r\nMax-Forwards: 69\r\nX-Edge-Call: 7.1\r\nSubject: one\r\n two\r\nContent-Length: 3\r\n\r\na\xffc',
    );
  });

  it('in a response: the top Via', () => {
    expect(forwardedResponse('SIP/2.0 200 OK\r\nVia: b, a\r\nTo: x\r\n\r\nbody', ['b', 'a'])).toBe(
      'SIP/2.0 200 OK\r\nVia: a\r\nTo: x\r\n\r\nbody',
    );
    expect(forwardedResponse('SIP/2.0 200 OK\r\nVia: b\r\n\r\n', ['b'])).toBeUndefined();
  });
});
