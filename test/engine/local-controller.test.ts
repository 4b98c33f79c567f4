import { describe, expect, it } from 'vitest';
import { ControllerHub, RemoteController } from '../../src/engine/local-controller.ts';
import { portPair } from './ports.ts';

function members(n: number) {
  const hub = new ControllerHub();
  const workers = Array.from({ length: n }, () => {
    const pair = portPair();
    const detach = hub.attach(pair.hub);
    return Object.assign(new RemoteController(pair.worker), { detach });
  });
  return { hub, workers };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('local controller', () => {
  it('has the first who asks make the value, once, and gives it to all', async () => {
    const { hub, workers } = members(3);
    let made = 0;
    const make = async () => {
      await settle();
      return { token: ++made };
    };
    const values = await Promise.all([...workers, hub].map((controller) => controller.getOrCreateData('setup', make)));
    expect(values).toEqual([{ token: 1 }, { token: 1 }, { token: 1 }, { token: 1 }]);
    await expect(workers[0]!.getOrCreateData('setup', make)).resolves.toEqual({ token: 1 });
    expect(made).toBe(1);
  });

  it('fails for all when making fails, or the value cannot travel, or the maker is gone', async () => {
    const { workers, hub } = members(2);
    const broken = () => Promise.reject(new Error('no data today'));
    const results = await Promise.allSettled(workers.map((w) => w.getOrCreateData('a', broken)));
    expect(results.map((r) => r.status === 'rejected' && r.reason.message)).toEqual(Array(2).fill('a could not be had: no data today'));
    await expect(workers[0]!.getOrCreateData('b', async () => () => 1)).rejects.toThrow(/cannot be handed/);
    const never = workers[0]!.getOrCreateData('c', () => new Promise(() => {}));
    never.catch(() => {});
    await settle();
    const waiting = hub.getOrCreateData('c', async () => 1);
    workers[0]!.detach();
    await expect(waiting).rejects.toThrow(/the worker that was making it ended/);
  });

  it('tells everybody a signal, the sender too, in one order; not those who came later', async () => {
    const { hub, workers } = members(2);
    const heard: string[] = [];
    [...workers, hub].forEach((c, i) => {
      c.subscribe('go', (data) => heard.push(`${i}:${data}`));
    });
    workers[0]!.signal('go', 1);
    await settle();
    hub.signal('go', 2);
    await settle();
    expect(heard.sort()).toEqual(['0:1', '0:2', '1:1', '1:2', '2:1', '2:2']);
    const late: unknown[] = [];
    const off = workers[1]!.subscribe('go', (data) => late.push(data));
    await settle();
    expect(late).toEqual([]);
    off();
    hub.signal('go', 3);
    await settle();
    expect(late).toEqual([]);
  });
});
