import { expect, test } from 'vitest';
import { pack, unpack } from '../../src/record/packed.ts';
import { rowOf } from '../../src/record/schema.ts';

test('a packed row is the same row', () => {
  const row = rowOf('calls', { call: '1-1', invite_ms: 1.5, vip: false, tags: { a: 1 } });
  expect(unpack('calls', structuredClone(pack('calls', row)))).toEqual(row);
});
