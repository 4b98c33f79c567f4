/**
 * A network namespace of this machine (`ip netns`), as root: packets of one peer dropped in both directions, or an interface taken down. Only in a
 * namespace that the scenario names, never in the machine's own.
 */
import { durationMs } from '../duration.ts';
import { messageOf } from '../errors.ts';
import type { NamespaceFault } from '../scenario/surge.ts';
import { commandHook } from './command-hook.ts';
import type { Effect, Injector } from './injector.ts';

const TIMEOUT_MS = durationMs('10s');

export function namespaceFault(fault: NamespaceFault): { start: Injector; end: Injector } {
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
