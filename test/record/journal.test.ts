import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallsurgeError } from '../../src/errors.ts';
import { decodeCell, defuse, encodeCell, undefuse } from '../../src/record/cells.ts';
import { RunFolder } from '../../src/record/journal.ts';
import { readTable } from '../../src/record/read.ts';
import { readMeta } from '../../src/record/read-meta.ts';
import { type CallRow, rowOf, TABLES } from '../../src/record/schema.ts';
import { META } from './meta.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'callsurge-journal-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const calls = async (dir: string) => {
  const rows: CallRow[] = [];
  const report = await readTable(dir, 'calls', (row) => rows.push(row));
  return { rows, report };
};

describe('run folder', () => {
  it('gives back every cell as it was written', async () => {
    const folder = RunFolder.create(join(root, 'a/b/run'));
    const row = rowOf('calls', {
      call: '0-1',
      reason: 'Busy, "all lines"\nplease wait',
      caller: '+8640080000000',
      invite_ms: 1_795_000_000_123.456,
      status: 486,
      patience_ms: Number.POSITIVE_INFINITY,
      vip: false,
      tags: { scenario: 'peak', n: 1, list: ['a'] },
      blame_why: "'=HYPERLINK(1)",
      heard: '您好，所有坐席忙',
    });
    folder.write('calls', row);
    folder.close();
    const { rows, report } = await calls(folder.dir);
    expect(rows).toEqual([row]);
    expect(report).toMatchObject({ rows: 1, torn: false, badLines: 0, badCells: 0, missingColumns: [], unknownColumns: [] });
    expect(readFileSync(join(folder.dir, 'calls.csv'), 'utf8')).toContain(",'+8640080000000,");
  });

  it('writes a header line into each file at once', () => {
    const folder = RunFolder.create(join(root, 'run'));
    for (const { file, columns } of Object.values(TABLES))
      expect(readFileSync(join(folder.dir, file), 'utf8')).toBe(`${Object.keys(columns).join(',')}\n`);
    folder.close();
  });

  it('flushes without being asked within half a second', async () => {
    const folder = RunFolder.create(join(root, 'run'));
    folder.write('samples', rowOf('samples', { t_ms: 1, metric: 'm', type: 'trend', value: 2 }));
    const before = Date.now();
    while (!readFileSync(join(folder.dir, 'samples.csv'), 'utf8').includes('m,trend') && Date.now() - before < 5000)
      await new Promise((done) => setTimeout(done, 20));
    expect(Date.now() - before).toBeLessThan(2000);
    folder.close();
  });

  it('leaves nothing behind where it cannot be written', () => {
    writeFileSync(join(root, 'file'), '');
    for (const dir of [join(root, 'file'), join(root, 'file/sub')]) {
      const error = thrown(() => RunFolder.create(dir));
      expect(error.code).toBe('folder-unwritable');
      expect(error.oneLine()).not.toContain('\n');
    }
    expect(readdirSync(root)).toEqual(['file']);
  });

  it('refuses a folder with a run in it, and leaves that run alone', () => {
    const first = RunFolder.create(join(root, 'run'));
    first.writeMeta(META);
    first.close();
    const before = readdirSync(first.dir);
    expect(thrown(() => RunFolder.create(first.dir)).code).toBe('folder-unwritable');
    expect(readdirSync(first.dir)).toEqual(before);
  });

  it('removes what it made when a later file stands in the way', () => {
    const dir = join(root, 'run');
    RunFolder.create(dir).close();
    for (const file of readdirSync(dir)) if (file !== 'open.csv') rmSync(join(dir, file));
    expect(thrown(() => RunFolder.create(dir)).code).toBe('folder-unwritable');
    expect(readdirSync(dir)).toEqual(['open.csv']);
  });

  it('writes run.json whole, and again', () => {
    const folder = RunFolder.create(join(root, 'run'));
    folder.writeMeta(META);
    expect(readMeta(folder.dir).end).toBeNull();
    folder.writeMeta({ ...META, end: { endMs: 1, how: 'finished', why: null, exitCode: 0 } });
    expect(readMeta(folder.dir).end?.how).toBe('finished');
    expect(existsSync(join(folder.dir, 'run.json.new'))).toBe(false);
    folder.close();
  });

  it('keeps all but the last half second when the process is killed', async () => {
    const dir = join(root, 'killed');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'write-until-killed.ts'), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let written = 0;
    for await (const chunk of child.stdout) {
      written = Number(String(chunk).trim().split('\n').at(-1));
      if (written >= 3000) break;
    }
    child.kill('SIGKILL');
    await new Promise((done) => child.once('close', done));
    const { rows, report } = await calls(dir);
    // 1 row a millisecond: what was written 1 s before the kill must be there.
    expect(rows.length).toBeGreaterThan(written - 1000);
    expect(rows.map((row) => row.iteration)).toEqual(rows.map((_, i) => i));
    expect(report.badLines).toBe(0);
    expect(readMeta(dir).end).toBeNull();
  });
});

describe('a disk that takes no more', () => {
  it('is told once, in one line, and the rows lost are counted', async () => {
    const dir = join(root, 'full');
    // 64 blocks of 1024 bytes for any one file.
    const child = spawn(
      'bash',
      ['-c', `ulimit -f 64; exec "$0" "$@"`, process.execPath, join(import.meta.dirname, 'write-too-much.ts'), dir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let out = '';
    for await (const chunk of child.stdout) out += chunk;
    const { told, rowsLost, closed } = JSON.parse(out) as { told: string[]; rowsLost: number; closed: string };
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^the run folder cannot be written, .*calls\.csv.*\[folder-unwritable\]$/);
    expect(closed).toBe('folder-unwritable');
    const { rows, report } = await calls(dir);
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.length + rowsLost + Number(report.torn)).toBeGreaterThanOrEqual(5000);
    expect(rows.map((row) => row.iteration)).toEqual(rows.map((_, i) => i));
  });
});

describe('reading back', () => {
  const make = (rows: Partial<CallRow>[]) => {
    const folder = RunFolder.create(join(root, 'run'));
    for (const row of rows) folder.write('calls', rowOf('calls', row));
    folder.close();
    return folder.dir;
  };

  it('leaves out a torn last line at whatever byte it was cut', async () => {
    const dir = make([
      { call: 'a', tags: { x: 1 } },
      { call: 'b', reason: 'two\nlines "quoted"', tags: { long: 'abcdef' } },
    ]);
    const file = join(dir, 'calls.csv');
    const text = readFileSync(file, 'utf8');
    const whole = text.indexOf('\nb,') + 1;
    for (let length = statSync(file).size - 1; length > whole; length--) {
      truncateSync(file, length);
      const { rows, report } = await calls(dir);
      expect(rows.map((row) => row.call)).toEqual(['a']);
      expect(report.torn).toBe(true);
    }
    truncateSync(file, whole);
    expect((await calls(dir)).report).toMatchObject({ rows: 1, torn: false });
  });

  it('tolerates columns it does not know and columns that are missing', async () => {
    const dir = make([{ call: 'a', status: 200 }]);
    const file = join(dir, 'calls.csv');
    const [header, line] = readFileSync(file, 'utf8').trim().split('\n') as [string, string];
    writeFileSync(file, `${header.replace(/^call,/, '')},later\n${line.replace(/^a,/, '')},7\n`);
    const { rows, report } = await calls(dir);
    expect(rows[0]).toMatchObject({ call: null, status: 200 });
    expect(report).toMatchObject({ missingColumns: ['call'], unknownColumns: ['later'] });
  });

  it('counts lines and cells that make no sense', async () => {
    const dir = make([{ call: 'a' }]);
    const width = Object.keys(TABLES.calls.columns).length;
    const bad = Array.from({ length: width }, () => '');
    bad[4] = 'not a number';
    appendFileSync(join(dir, 'calls.csv'), `only,three,cells\n${bad.join(',')}\n`);
    expect((await calls(dir)).report).toMatchObject({ rows: 2, badLines: 1, badCells: 1, torn: false });
  });

  it('takes no time for one that is none', async () => {
    const dir = make([{ call: 'a' }]);
    const [head] = readFileSync(join(dir, 'calls.csv'), 'utf8').split('\n');
    const end = (text: string) =>
      head!
        .split(',')
        .map((name) => (name === 'end_ms' ? text : ''))
        .join(',');
    appendFileSync(join(dir, 'calls.csv'), `${end('Infinity')}\n${end('99999999999999999')}\n${end('1795305169760.861')}\n`);
    expect((await calls(dir)).report).toMatchObject({ rows: 4, badLines: 0, badCells: 2 });
  });

  it('refuses what is no run folder, in one line', async () => {
    await expect(calls(root)).rejects.toMatchObject({ code: 'run-folder-invalid' });
    expect(thrown(() => readMeta(root)).code).toBe('run-folder-invalid');
    writeFileSync(join(root, 'calls.csv'), 'date,amount\n1,2\n');
    await expect(calls(root)).rejects.toMatchObject({ code: 'run-folder-invalid', message: expect.stringContaining('header') });
    writeFileSync(join(root, 'calls.csv'), '');
    await expect(calls(root)).rejects.toMatchObject({ code: 'run-folder-invalid' });
    rmSync(join(root, 'calls.csv'));
    mkdirSync(join(root, 'calls.csv'));
    await expect(calls(root)).rejects.toMatchObject({ code: 'run-folder-invalid', message: expect.stringContaining('directory') });
    for (const text of ['{', '[]', '{"format":1}', '{"format":2,"startMs":1}', '{"format":1,"startMs":1e300}', 'null']) {
      writeFileSync(join(root, 'run.json'), text);
      expect(thrown(() => readMeta(root)).code).toBe('run-folder-invalid');
    }
  });

  it('names the field of run.json that is not as a run writes it', () => {
    const written = (changed: object) => {
      writeFileSync(join(root, 'run.json'), JSON.stringify({ ...META, ...changed }));
      return thrown(() => readMeta(root)).message;
    };
    expect(written({ machine: undefined })).toContain('machine');
    expect(written({ end: { endMs: 1, how: 'well', why: null, exitCode: 0 } })).toContain('end.how');
    expect(written({ startMs: 1e300 })).toContain('startMs');
  });

  it('passes on what the reader throws', async () => {
    const dir = make([{ call: 'a' }, { call: 'b' }]);
    await expect(
      readTable(dir, 'calls', () => {
        throw new Error('enough');
      }),
    ).rejects.toThrow('enough');
  });

  it('reads 20 000 calls back as they were', async () => {
    const dir = make(
      Array.from({ length: 20_000 }, (_, iteration) => ({ call: `0-${iteration}`, iteration, invite_ms: 1e12 + iteration / 8 })),
    );
    let next = 0;
    await readTable(dir, 'calls', (row) => {
      if (row.iteration !== next || row.invite_ms !== Number((1e12 + next / 8).toFixed(3))) throw new Error(`row ${next} differs`);
      next++;
    });
    expect(next).toBe(20_000);
  });
});

describe('cells', () => {
  it('bring every text back, and none begins with a formula', () => {
    const risky = fc.string({ unit: fc.constantFrom("'", '=', '+', '-', '@', 'a', ',', '"', '\n', '＝', '\t') });
    fc.assert(
      fc.property(fc.oneof(risky, fc.string()), (text) => {
        expect(undefuse(defuse(text))).toBe(text);
        expect(defuse(text)).not.toMatch(/^[=+\-@＝＋－＠\t\r]/);
      }),
    );
  });

  it('bring numbers, booleans and JSON back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.boolean(), fc.jsonValue(), (number, bool, json) => {
        expect(decodeCell('number', encodeCell('number', number))).toBe(number === 0 ? 0 : number);
        expect(decodeCell('bool', encodeCell('bool', bool))).toBe(bool);
        expect(JSON.stringify(decodeCell('json', encodeCell('json', json)))).toBe(JSON.stringify(json));
      }),
    );
  });
});

function thrown(run: () => unknown): CallsurgeError {
  try {
    run();
  } catch (error) {
    if (error instanceof CallsurgeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
