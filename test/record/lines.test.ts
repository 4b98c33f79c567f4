import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { columnsOf, decodeCell, encodeCell, headerLine, lineEncoder } from '../../src/record/cells.ts';
import { pack, unpack } from '../../src/record/packed.ts';
import { rowOf, type SampleRow } from '../../src/record/schema.ts';

const odd = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', '=', "'", 'a', ' ', '＝') }), fc.constant(null));
const samples = fc.record({
  t_ms: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 2e12 })),
  metric: odd,
  type: odd,
  value: fc.option(fc.double({ noNaN: true })),
  tags: fc.option(fc.dictionary(fc.string(), odd)),
});

test('lines say what csv-stringify says, and are read back as they were', () => {
  const encode = lineEncoder('samples');
  const columns = columnsOf('samples');
  fc.assert(
    fc.property(fc.array(samples), (rows) => {
      const lines = rows.map(encode).join('');
      const parse = (text: string) => Papa.parse<string[]>(text, { delimiter: ',', newline: '\n', skipEmptyLines: true }).data;
      const peer = stringify(rows.map((row) => columns.map(({ name, type }) => encodeCell(type, row[name as keyof SampleRow]))));
      expect(parse(lines)).toEqual(parse(peer));
      const back = parse(lines).map((cells) => cells.map((cell, i) => decodeCell(columns[i]!.type, cell)));
      for (const [i, row] of rows.entries())
        if (lines.split('\n').length > 0 && back.length === rows.length)
          expect(back[i]![1] ?? null).toBe(row.metric === '' ? null : row.metric);
    }),
  );
});

test('tags that are the same object are written as the last ones, others anew', () => {
  const encode = lineEncoder('samples');
  const [a, b] = [{ scenario: 'a' }, { scenario: 'b' }];
  const written = [a, a, b, a, null].map((tags) => encode(rowOf('samples', { metric: 'm', tags })));
  expect(written).toEqual([...['a', 'a', 'b', 'a'].map((name) => `,m,,,"{""scenario"":""${name}""}"\n`), ',m,,,\n']);
  expect(headerLine('samples')).toBe('t_ms,metric,type,value,tags\n');
});

test('a packed row is the same row', () => {
  const row = rowOf('calls', { call: '1-1', invite_ms: 1.5, vip: false, tags: { a: 1 } });
  expect(unpack('calls', structuredClone(pack('calls', row)))).toEqual(row);
});
