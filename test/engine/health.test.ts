import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { RealClock } from '../../src/clock.ts';
import { judgeHealth, LAG_LIMIT_MS } from '../../src/engine/health-limits.ts';
import { everySecond } from '../../src/engine/seconds.ts';
import { census, noStates, runRow } from '../../src/engine/snapshot.ts';
import { parseDrops, SocketDrops } from '../../src/engine/socket-drops.ts';
import { ThreadHealth } from '../../src/engine/thread-health.ts';
import { rowOf } from '../../src/record/schema.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

describe('health', () => {
  it('judges a second by every limit, and names what was wrong', () => {
    const good = rowOf('timeline', { lag_p99_ms: LAG_LIMIT_MS, loop_p99_ms: 3, gc_ms: 10, cpu: 0.4, dropped: 0, socket_drops: 0 });
    expect(judgeHealth(good)).toMatchObject({ healthy: true, unhealthy: null });
    expect(judgeHealth(rowOf('timeline', { lag_p99_ms: LAG_LIMIT_MS + 1, dropped: 2 }))).toMatchObject({
      healthy: false,
      unhealthy: 'schedule lag 101 ms, 2 iterations dropped',
    });
    expect(judgeHealth(rowOf('timeline', { ports_free: 0 })).unhealthy).toBe('no RTP port free');
    expect(judgeHealth(rowOf('timeline', { socket_drops: 1 })).healthy).toBe(false);
  });

  it('makes the run’s second of the workers’: sums of counts, the worst of lags, and who is missing', () => {
    const report = (worker: number, started: number, lag: number) => ({
      row: judgeHealth(rowOf('timeline', { t_ms: 1000, worker, started, open: 2, vus: 1, lag_p99_ms: lag, ports_free: 10 })),
      states: { ...noStates(), talking: 2 },
      sentBytes: 0,
      receivedBytes: 0,
    });
    const own = { loop_p99_ms: 1, gc_ms: 0, cpu: 0.1, socket_drops: 0 };
    const row = runRow(1000, [report(1, 3, 5), report(2, 4, 180)], own, [3]);
    expect(row).toMatchObject({ worker: null, started: 7, open: 4, vus: 2, lag_p99_ms: 180, ports_free: 20, healthy: false });
    expect(row.unhealthy).toBe('worker 2: schedule lag 180 ms; worker 3 did not report');
    expect(runRow(1000, [], { ...own, socket_drops: 4 }, []).unhealthy).toBe('main thread: 4 datagrams dropped by the kernel');
  });

  it('counts the four kinds of concurrency', () => {
    const states = { ...noStates(), setup: 1, ringing: 2, early: 3, ivr: 4, queued: 5, talking: 6, releasing: 7 };
    expect(census(states)).toEqual({ occupied: 28, answered: 15, queued: 5, talking: 6 });
  });

  it('sees its own thread being blocked', async () => {
    const health = new ThreadHealth();
    ends.push(() => health.stop());
    await new Promise((resolve) => setTimeout(resolve, 300));
    health.take();
    const since = performance.now();
    const cpu = process.threadCpuUsage();
    while (performance.now() < since + 300 || process.threadCpuUsage(cpu).user < 100_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const elapsed = performance.now() - since;
    const blocked = health.take();
    expect(blocked.loop_p99_ms).toBeGreaterThan(100);
    // At least 100 ms of CPU were used, however much of its core the machine gave to others.
    expect(blocked.cpu * elapsed).toBeGreaterThan(90);
  });

  it('reads the kernel’s drop counters of our ports alone', () => {
    const text = [
      '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
      '  210: 0100007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0000000000000000 12',
      '  211: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 99',
      '',
    ].join('\n');
    expect([...parseDrops(text, (port) => port === 5060)]).toEqual([['5060/4711', 12]]);
  });

  it.runIf(process.platform === 'linux')('sees real drops of a socket that is not read', async () => {
    const [full, sender] = [createSocket({ type: 'udp4', recvBufferSize: 4096 }), createSocket('udp4')];
    ends.push(
      () => full.close(),
      () => sender.close(),
    );
    full.bind(0, '127.0.0.1');
    await once(full, 'listening');
    const { port } = full.address();
    const drops = new SocketDrops((p) => p === port);
    expect(await drops.take()).toBe(0);
    // Sent from another process: while this thread waits for it, nobody reads.
    const { spawnSync } = await import('node:child_process');
    const script = `const s=require('node:dgram').createSocket('udp4');let n=0;const go=()=>n++<300?s.send(Buffer.alloc(1000),${port},'127.0.0.1',go):s.close();go()`;
    spawnSync(process.execPath, ['-e', script]);
    expect(await drops.take()).toBeGreaterThan(0);
    expect(await drops.take()).toBe(0);
  });

  it('ticks at the whole seconds of the clock', async () => {
    const clock = new RealClock();
    const ticks: [second: number, now: number][] = [];
    await new Promise<void>((resolve) => {
      const stop = everySecond(clock, (second) => {
        if (ticks.push([second, clock.now()]) === 2) resolve(stop());
      });
    });
    for (const [second, now] of ticks) {
      expect(second % 1000).toBe(0);
      expect(now - second).toBeGreaterThanOrEqual(1000);
      expect(now - second).toBeLessThan(1500);
    }
    expect(ticks[1]![0] - ticks[0]![0]).toBe(1000);
  });
});
