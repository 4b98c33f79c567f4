import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf, encodeCell } from '../../src/record/cells.ts';
import { csvLine, rowOfLine } from '../../src/record/csv-line.ts';
import { rowOf, TABLES, type TableName } from '../../src/record/schema.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(',', '"', '\r', '\n', '=', '-', "'", ' ', 'a', '忙', ';', '\t'), maxLength: 8 }),
);
const time = fc.oneof(fc.double({ min: 1.7e12, max: 1.9e12, noNaN: true }), fc.double(), fc.integer());
const cellOf = {
  text,
  number: fc.oneof(fc.double(), fc.integer()),
  ms: time,
  bool: fc.boolean(),
  json: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.dictionary(text, text, { maxKeys: 3 })),
};

test.each(Object.keys(TABLES) as TableName[])('a line of %s is what csv-stringify makes of the row', (table) => {
  const columns = columnsOf(table);
  const row = fc.record(Object.fromEntries(columns.map(({ name, type }) => [name, fc.option(cellOf[type] as fc.Arbitrary<unknown>)])));
  fc.assert(
    fc.property(row, (cells) => {
      const whole = stringify([columns.map(({ name, type }) => encodeCell(type, cells[name]))]);
      expect(csvLine(table, rowOf(table, cells as never))).toBe(whole);
    }),
    { numRuns: 100 },
  );
});

test('times stand as toFixed(3) writes them', () => {
  fc.assert(
    fc.property(time, (ms) => {
      expect(encodeCell('ms', ms)).toBe(Number.isFinite(ms) ? ms.toFixed(3) : '');
    }),
    { numRuns: 5000 },
  );
  for (const ms of [
    1_795_304_200_154.9995,
    1_795_304_200_154 + 0.9998,
    1_795_304_200_999 + 0.9998,
    2 ** 30,
    2 ** 43,
    2 ** 43 - 2 ** -10,
    0,
    -0.0004,
  ])
    expect(encodeCell('ms', ms)).toBe(ms.toFixed(3));
});

test('a line is read back as the row', () => {
  const row = rowOf('open', {
    t_ms: 1_795_304_200_154.125,
    op: 'open',
    call: '1-1',
    route_set: ['<sip:a,b>', '"x"'],
    remote_uri: '=1,2',
    answered: true,
  });
  expect(rowOfLine('open', csvLine('open', row))).toEqual(row);
  expect(rowOfLine('open', 'cut,off')).toBeUndefined();
});
