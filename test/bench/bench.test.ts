/** The measuring itself: what it prints is what was measured, on runs of a second or two. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kbPerCall, percentile } from '../../bench/generator.ts';
import { cpuBetween, nearest, sampleOf } from '../../bench/process.ts';
import { writeResults } from '../../bench/results.ts';
import { figure, markdownTable } from '../../bench/table.ts';

const present =
  process.platform === 'linux' && spawnSync('sipp', ['-v']).error === undefined && spawnSync('taskset', ['-V']).error === undefined;
const bench = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [resolve(import.meta.dirname, `../../bench/${name}.ts`), '--no-file', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });

describe.runIf(present || process.env.CI)('bench:sip', () => {
  test('puts SIPp and callsurge side by side', () => {
    const { stdout, stderr, status } = bench(
      'sip',
      '--seconds',
      '2',
      '--rates',
      '50',
      '--max-rate',
      '0',
      '--held',
      '0',
      '--port',
      '7690',
      '--only',
      'SIPp',
      '--only',
      'callsurge',
    );
    expect(status, stderr + stdout).toBe(0);
    expect(stdout).toMatch(/\| SIPp +\| 50 +\| 2 +\| yes +\| +\d+\.\d\d/);
    expect(stdout).toMatch(/\| callsurge +\| 50 +\| 2 +\| yes +\| +\d+\.\d\d +\| \d+\.\d/);
    const [, sipp, callsurge, ratio] = /CPU-s per 10 k calls at 50 calls\/s +\| (\S+) +\| (\S+) +\| (\S+)/.exec(stdout)!.map(Number) as [
      number,
      number,
      number,
      number,
    ];
    expect(callsurge).toBeGreaterThan(0);
    expect(ratio).toBeCloseTo(callsurge / sipp, 0);
  }, 60_000);

  test('prints a dash for what was not measured', () => {
    const { status, stdout } = bench(
      'sip',
      '--seconds',
      '1',
      '--rates',
      '20',
      '--max-rate',
      '0',
      '--held',
      '0',
      '--port',
      '7694',
      '--only',
      'nobody',
    );
    expect(status).toBe(0);
    expect(stdout).toContain('| –');
  }, 60_000);
});

test('samples of /proc become CPU and memory', () => {
  const samples = [0, 1, 2, 3, 4].map((k) => ({ at: 1000 * k, cpuS: 0.5 * k, rssKb: 10_000 + 1000 * k }));
  expect(nearest(samples, 2400)).toBe(samples[2]);
  expect(cpuBetween(samples, 1000, 3100)).toEqual({ cpuS: 1, seconds: 2 });
  expect(kbPerCall(samples, 1000, 4000, 100)).toBe(30);
  expect(cpuBetween([], 0, 1).cpuS).toBeNaN();
  if (process.platform !== 'linux') return;
  const own = sampleOf(process.pid)!;
  expect(own.rssKb).toBeGreaterThan(10_000);
  expect(own.cpuS).toBeGreaterThan(0);
  expect(sampleOf(2 ** 22 + 1)).toBeUndefined();
});

test('tables and percentiles', () => {
  expect(percentile([5, 1, 3, 2, 4], 0.99)).toBe(5);
  expect(percentile([], 0.99)).toBeNaN();
  expect(figure(Number.NaN)).toBe('–');
  expect(markdownTable(['a', 'b'], [['x', 1]])).toBe('| a   | b   |\n| --- | --- |\n| x   | 1   |');
});

test('a newer run takes the place of the older, and of no other', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const file = join(dir, 'RESULTS.md');
    for (const [name, text] of [
      ['SIP', 'first figures'],
      ['RTP', 'other figures'],
      ['SIP', 'newer figures'],
    ] as const)
      writeResults(name.toLowerCase(), name, text, file);
    const text = readFileSync(file, 'utf8');
    expect(text.match(/^## .*/gm)).toEqual(['## SIP: `npm run bench:sip`', '## RTP: `npm run bench:rtp`']);
    expect([text.includes('first'), text.includes('other'), text.includes('newer')]).toEqual([false, true, true]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
