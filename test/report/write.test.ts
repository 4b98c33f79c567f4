import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { CallsurgeError } from '../../src/errors.ts';
import { writeReports } from '../../src/report/write.ts';
import { fixture } from './fixture.ts';

const dir = mkdtempSync(join(tmpdir(), 'callsurge-report-'));
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
});

it('writes every report into the folder and leaves nothing else', () => {
  const files = writeReports(dir, fixture(), { language: 'zh-CN' });
  expect(readdirSync(dir).sort()).toEqual(['junit.xml', 'minutes.csv', 'report.html', 'summary.csv', 'summary.zh-CN.csv']);
  expect(files).toEqual({
    html: join(dir, 'report.html'),
    summary: join(dir, 'summary.zh-CN.csv'),
    minutes: join(dir, 'minutes.csv'),
    junit: join(dir, 'junit.xml'),
  });
  expect(readFileSync(files.html, 'utf8')).toContain('<html lang="zh-CN">');
});

it('writes the same bytes again from the same analysis', () => {
  const first = writeReports(dir, fixture());
  const before = Object.values(first).map((file) => readFileSync(file, 'utf8'));
  writeReports(dir, fixture());
  expect(
    Object.values(first)
      .map((file) => readFileSync(file, 'utf8'))
      .every((text, i) => text === before[i]),
  ).toBe(true);
});

it('says what to do where the folder cannot be written, and leaves no half a file', () => {
  // A folder in the file's place fails for everybody, also for root.
  mkdirSync(join(dir, 'report.html'));
  writeFileSync(join(dir, 'report.html', 'in-the-way'), '');
  const attempt = () => writeReports(dir, fixture());
  expect(attempt).toThrow(CallsurgeError);
  try {
    attempt();
  } catch (thrown) {
    expect((thrown as CallsurgeError).code).toBe('folder-unwritable');
    expect((thrown as CallsurgeError).oneLine()).toContain('report.html');
  }
  expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(() => writeReports(join(dir, 'nowhere'), fixture())).toThrow('a report cannot be written');
});
