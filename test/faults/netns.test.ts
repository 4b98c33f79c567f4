/** Faults in a network namespace of our own, with real packets on its loopback. Needs root, ip and iptables; skipped elsewhere. */
import { spawn, spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import type { InjectorContext } from '../../src/faults/injector.ts';
import { namespaceFault } from '../../src/faults/netns.ts';

const NAME = `callsurge-${process.pid}`;
const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' });
const usable =
  process.getuid?.() === 0 &&
  ip('netns', 'add', NAME).status === 0 &&
  ip('-n', NAME, 'link', 'set', 'dev', 'lo', 'up').status === 0 &&
  ip('netns', 'exec', NAME, 'iptables', '-w', '2', '-S').status === 0;
if (!usable) console.error('skipped: faults in a network namespace (they need root, ip netns and iptables)');
afterAll(() => void ip('netns', 'del', NAME));

const context: InjectorContext = {
  clock: new RealClock(),
  env: process.env,
  simulatorApi: undefined,
  relay: undefined,
  own: undefined,
  marked: () => Promise.reject(new Error('nobody')),
};
const never = new AbortController().signal;

/** Five datagrams to an echo at each port, inside the namespace. @returns replies by port. */
function echoes(): Record<string, number> {
  const script = `
    const { createSocket } = require('node:dgram');
    const got = { 5060: 0, 5070: 0 };
    let bound = 0;
    for (const port of [5060, 5070]) {
      const echo = createSocket('udp4');
      echo.on('message', (m, r) => echo.send(m, r.port, r.address, () => {}));
      echo.on('error', () => {});
      echo.bind(port, '127.0.0.1', () => {
        const us = createSocket('udp4');
        us.on('message', () => got[port]++);
        us.on('error', () => {});
        for (let k = 0; k < 5; k++) us.send('x', port, '127.0.0.1', () => {});
      });
    }
    setTimeout(() => { console.log(JSON.stringify(got)); process.exit(0); }, 300);
  `;
  return JSON.parse(ip('netns', 'exec', NAME, process.execPath, '-e', script).stdout);
}

describe.skipIf(!usable)('a network namespace', () => {
  it('drops the packets of one peer and port, and no others, until it is taken back', async () => {
    expect(echoes()).toEqual({ 5060: 5, 5070: 5 });
    const { start, end } = namespaceFault({
      kind: 'netns',
      namespace: NAME,
      action: 'drop',
      peer: '127.0.0.0/8',
      protocol: 'udp',
      port: 5060,
    });
    await start(context, never);
    expect(echoes()).toEqual({ 5060: 0, 5070: 5 });
    await end(context, never);
    expect(echoes()).toEqual({ 5060: 5, 5070: 5 });
    await expect(end(context, never), 'nothing is left to take back').rejects.toThrow(/iptables|ip:/);
  });

  it('takes an interface down and up', async () => {
    const { start, end } = namespaceFault({ kind: 'netns', namespace: NAME, action: 'link-down', link: 'lo' });
    await start(context, never);
    expect(echoes()).toEqual({ 5060: 0, 5070: 0 });
    await end(context, never);
    expect(echoes()).toEqual({ 5060: 5, 5070: 5 });
  });

  it('takes an address away: what is bound to it cannot send, and address and routes come back', async () => {
    for (const line of [
      'link add cs0 type veth peer name cs1',
      'addr add 10.99.0.1/24 dev cs0',
      'link set cs0 up',
      'link set cs1 up',
      'route add 10.98.0.0/16 via 10.99.0.2 dev cs0',
    ])
      expect(ip('-n', NAME, ...line.split(' ')).stderr).toBe('');
    const state = () => ip('-n', NAME, '-4', '-o', 'addr', 'show', 'dev', 'cs0').stdout + ip('-n', NAME, '-4', 'route').stdout;
    const before = state();
    // Bound while the address is there; asked to send when it is not.
    const script = `
      const socket = require('node:dgram').createSocket('udp4');
      socket.bind(0, '10.99.0.1', () => {
        const send = () => socket.send('x', 5060, '10.99.0.2', (error) => console.log(error ? error.code : 'sent'));
        send();
        process.stdin.on('data', send).on('end', () => process.exit(0));
      });`;
    const child = spawn('ip', ['netns', 'exec', NAME, process.execPath, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(...text.trim().split('\n')));
    await expect.poll(() => said, { timeout: 5000 }).toEqual(['sent']);
    const { start, end } = namespaceFault({ kind: 'netns', namespace: NAME, action: 'address-gone', link: 'cs0', address: '10.99.0.1' });
    const told: [string | undefined, boolean][] = [];
    const own: InjectorContext['own'] = async (fault, on) => void told.push([(fault as { address?: string }).address, on]);
    await start({ ...context, own }, never);
    expect(state()).not.toContain('10.99.0.1');
    child.stdin.write('again');
    await expect.poll(() => said.length, { timeout: 5000 }).toBe(2);
    // By kernel: no such source address, or no route. The second would be the network's fault: hence workers are told (own-side.test.ts).
    expect(said[1]).toMatch(/^(EINVAL|EADDRNOTAVAIL|ENETUNREACH)$/);
    expect(told).toEqual([['10.99.0.1', true]]);
    await end({ ...context, own }, never);
    expect(told[1]).toEqual(['10.99.0.1', false]);
    expect(state()).toBe(before);
    child.stdin.write('again');
    await expect.poll(() => said[2], { timeout: 5000 }).toBe('sent');
    child.stdin.end();
    await expect(end(context, never), 'nothing is left to take back').rejects.toThrow(/was not taken away/);
    const other = namespaceFault({ kind: 'netns', namespace: NAME, action: 'address-gone', link: 'cs0', address: '10.99.0.7' });
    await expect(other.start(context, never)).rejects.toThrow(/no address 10.99.0.7/);
  });
});
