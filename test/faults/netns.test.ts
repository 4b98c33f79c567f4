/** Faults in a network namespace of our own, with real packets on its loopback. Needs root, ip and iptables; skipped elsewhere. */
import { spawnSync } from 'node:child_process';
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
});
