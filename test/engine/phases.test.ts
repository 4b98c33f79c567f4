import { describe, expect, it } from 'vitest';
import { ControllerHub, RemoteController } from '../../src/engine/local-controller.ts';
import { followPhases, type PhaseHandlers, PhaseLeader } from '../../src/engine/phases.ts';
import { runTasks, type Task } from '../../src/engine/tasks.ts';
import { CallsurgeError } from '../../src/errors.ts';
import { portPair } from './ports.ts';

function workers(...handlers: PhaseHandlers[]) {
  const hub = new ControllerHub();
  const leader = new PhaseLeader(
    hub,
    handlers.map((_, k) => k + 1),
  );
  handlers.forEach((own, k) => {
    const pair = portPair();
    hub.attach(pair.hub);
    followPhases(new RemoteController(pair.worker), k + 1, own);
  });
  return leader;
}

describe('phases', () => {
  it('waits for all workers and brings their results', async () => {
    const leader = workers({ go: async (n: number) => n + 1 }, { go: async (n: number) => n + 2 }, {});
    expect([...(await leader.run('go', 10))]).toEqual(
      expect.arrayContaining([
        [1, 11],
        [2, 12],
        [3, undefined],
      ]),
    );
  });

  it('brings an error with its code, place and advice across the threads', async () => {
    const broken = async () => {
      throw new CallsurgeError('port-in-use', 'taken', { where: '127.0.0.1:5060', todo: 'choose another' });
    };
    const leader = workers({ go: broken }, { go: async () => 1 });
    await expect(leader.run('go')).rejects.toMatchObject({ code: 'port-in-use', where: '127.0.0.1:5060', todo: 'choose another' });
  });

  it('waits for no worker that is gone, neither now nor later', async () => {
    const leader = workers({ go: () => new Promise(() => {}) }, { go: async () => 'here' });
    const going = leader.run('go');
    setTimeout(() => leader.gone(1), 50);
    expect([...(await going)]).toEqual([[2, 'here']]);
    expect(leader.members).toEqual([2]);
    leader.gone(2);
    expect([...(await leader.run('go'))]).toEqual([]);
  });
});

describe('tasks', () => {
  const list = (log: string[], broken?: string): Task[] =>
    ['a', 'b', 'c'].map((name) => ({
      name,
      setup: async () => {
        log.push(`+${name}`);
        if (broken === `+${name}`) throw new Error('up');
      },
      teardown: async () => {
        log.push(`-${name}`);
        if (broken === `-${name}`) throw new Error('down');
      },
    }));
  const hooks = (log: string[], stopped = () => false) => ({ stopped, teardownFailed: (task: string) => log.push(`!${task}`) });

  it('are taken down in the opposite order', async () => {
    const log: string[] = [];
    await runTasks(list(log), hooks(log));
    expect(log.join(' ')).toBe('+a +b +c -c -b -a');
  });

  it('are taken down as far as they were set up, when one fails or the run is stopped', async () => {
    const log: string[] = [];
    await expect(runTasks(list(log, '+b'), hooks(log))).rejects.toThrow('up');
    expect(log.join(' ')).toBe('+a +b -b -a');
    const stopped: string[] = [];
    await runTasks(
      list(stopped),
      hooks(stopped, () => stopped.length === 1),
    );
    expect(stopped.join(' ')).toBe('+a -a');
  });

  it('are all taken down though one of them fails at it', async () => {
    const log: string[] = [];
    await runTasks(list(log, '-c'), hooks(log));
    expect(log.join(' ')).toBe('+a +b +c -c !c -b -a');
  });
});
