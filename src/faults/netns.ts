/**
 * A network namespace of this machine (`ip netns`), as root: packets of one peer dropped in both directions, an interface taken down, or an address
 * taken away. Only in a namespace that the scenario names, never in the machine's own.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { durationMs } from '../duration.ts';
import { messageOf } from '../errors.ts';
import type { NamespaceFault } from '../scenario/surge.ts';
import { commandHook } from './command-hook.ts';
import type { Effect, Injector } from './injector.ts';

const TIMEOUT_MS = durationMs('10s');

export function namespaceFault(fault: NamespaceFault): { start: Injector; end: Injector } {
  if (fault.action === 'address-gone') return addressGone(fault.namespace, fault.link!, fault.address!);
  if (fault.action === 'link-down') {
    const link = (state: 'up' | 'down') => ['ip', '-n', fault.namespace, 'link', 'set', 'dev', fault.link!, state];
    return { start: all([link('down')]), end: all([link('up')]) };
  }
  // `-w`: another program may hold the lock of iptables for a moment.
  const rule = (operation: '-I' | '-D', chain: 'INPUT' | 'OUTPUT') => {
    const peer = fault.peer === undefined ? [] : [chain === 'INPUT' ? '-s' : '-d', fault.peer];
    const protocol = fault.protocol ?? (fault.port === undefined ? undefined : 'udp');
    const port = fault.port === undefined ? [] : [chain === 'INPUT' ? '--sport' : '--dport', String(fault.port)];
    const match = [...peer, ...(protocol === undefined ? [] : ['-p', protocol]), ...port];
    return ['ip', 'netns', 'exec', fault.namespace, 'iptables', '-w', '2', operation, chain, ...match, '-j', 'DROP'];
  };
  const both = (operation: '-I' | '-D') => all([rule(operation, 'INPUT'), rule(operation, 'OUTPUT')]);
  return { start: both('-I'), end: both('-D') };
}

/** One after another, all of them, also after one that failed: what is taken back must be taken back as far as it can be. */
function all(commands: string[][]): Injector {
  return async (context, signal) => {
    let effect: Effect | undefined;
    const wrong: string[] = [];
    for (const command of commands) {
      try {
        effect = await commandHook({ command, timeout: `${TIMEOUT_MS}ms` })(context, signal);
      } catch (thrown) {
        wrong.push(messageOf(thrown));
      }
    }
    if (wrong.length > 0) throw new Error(wrong.join('; '));
    return effect!;
  };
}

const asked = promisify(execFile);

/**
 * `ip addr del`. The kernel takes the routes that leave from the address with it, and gives only that of its own network back: all that were there are
 * put back at the end, and the address with the length it had.
 */
function addressGone(namespace: string, link: string, address: string): { start: Injector; end: Injector } {
  const ip = (...words: string[]) => ['ip', '-n', namespace, '-4', ...words];
  let had: { prefix: string; routes: string[] } | undefined;
  const look = async (context: { env: NodeJS.ProcessEnv }, signal: AbortSignal, ...words: string[]) => {
    const [program = '', ...args] = ip('-o', ...words);
    return (await asked(program, args, { env: context.env, signal, timeout: TIMEOUT_MS })).stdout;
  };
  return {
    start: async (context, signal) => {
      const prefix = ` inet (${address.replaceAll('.', '\\.')}/\\d+) `;
      const found = new RegExp(prefix).exec(await look(context, signal, 'addr', 'show', 'dev', link))?.[1];
      if (found === undefined) throw new Error(`${link} in ${namespace} has no address ${address}`);
      const routes = (await look(context, signal, 'route', 'show', 'dev', link)).split('\n').filter((line) => line.trim() !== '');
      had = { prefix: found, routes };
      const effect = await commandHook({ command: ip('addr', 'del', found, 'dev', link), timeout: `${TIMEOUT_MS}ms` })(context, signal);
      // Where it is one of ours: the kernel may say that there is no route, which would be the network's fault.
      await context.own?.({ kind: 'own', action: 'address-gone', address }, true);
      return effect;
    },
    end: async (context, signal) => {
      if (!had) throw new Error(`${address} was not taken away`);
      const { prefix, routes } = had;
      had = undefined;
      const effect = await commandHook({ command: ip('addr', 'add', prefix, 'dev', link), timeout: `${TIMEOUT_MS}ms` })(context, signal);
      const back = (await look(context, signal, 'route', 'show', 'dev', link)).split('\n').map((line) => line.trim());
      const lost = routes.map((route) => route.trim()).filter((route) => !back.includes(route));
      if (lost.length > 0) await all(lost.map((route) => ip('route', 'add', ...route.split(/\s+/), 'dev', link)))(context, signal);
      await context.own?.({ kind: 'own', action: 'address-gone', address }, false);
      return effect;
    },
  };
}
