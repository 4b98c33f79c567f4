import { expect, test } from 'vitest';
import { EvidenceFold, MOST_NAMED } from '../../src/analysis/evidence.ts';
import { type CallRow, rowOf } from '../../src/record/schema.ts';
import { ladder } from '../../src/report/ladder.ts';
import { keptCalls, ladders } from '../../src/report/sections/evidence.ts';

const busy = (call: string) => rowOf('calls', { call, outcome: 'blocked', status: 486, reason: 'Busy <here>' });
const trace = (call: string, n: number, message: string, cells = {}) => rowOf('trace', { call, n, message, socket_ms: 1000 + n, ...cells });
const INVITE = 'INVITE sip:4001000000@v SIP/2.0\r\nFrom: <sip:40080000000@x>\r\nCSeq: 7 INVITE\r\n\r\nv=0\r\n';

function folded(calls: CallRow[]) {
  const fold = new EvidenceFold();
  for (const row of calls) fold.addCall(row);
  return fold;
}

test('names the first calls of a kind whose signalling is there, and shows one', () => {
  const fold = folded([
    ...Array.from({ length: 60 }, (_, k) => busy(`1-${k}`)),
    rowOf('calls', { call: '1-99', outcome: 'completed', status: 200 }),
  ]);
  for (let k = 3; k < 60; k++) fold.addTrace(trace(`1-${k}`, 1, INVITE, { sent: true }));
  fold.addTrace(trace('1-3', 2, 'SIP/2.0 486 Busy <here>\r\nCSeq: 7 INVITE\r\n\r\n', { sent: false, handled_ms: 1007.5, skipped: 4 }));
  fold.addTrace(trace('unknown', 1, INVITE));
  const { kinds } = fold.figures();
  expect(kinds).toHaveLength(1);
  expect(kinds[0]!.calls).toEqual(['1-3', '1-4', '1-5', '1-6', '1-7'].slice(0, MOST_NAMED));
  expect(kinds[0]!.example.map(({ n }) => n)).toEqual([1, 2]);
  expect(JSON.stringify(kinds), 'no numbers of callers leave with the report').not.toContain('40080000000');

  const kind = { outcome: 'blocked' as const, status: 486, q850: null, reason: 'Busy <here>', count: 60 };
  expect(keptCalls({ kinds }, kind)).toBe('1-3 1-4 1-5 1-6 1-7');
  const page = String(ladders({ kinds }, [kind]));
  expect(page).toContain('INVITE (CSeq 7) +SDP');
  expect(page).toContain('486 Busy &lt;here&gt; (INVITE)');
  expect(page).toContain('+5.5');
  expect(page).toContain('… 4 left out …');
});

test('shows nothing where nothing failed, or nothing was kept', () => {
  const done = { outcome: 'completed' as const, status: 200, q850: null, reason: 'OK', count: 1 };
  const fold = folded([rowOf('calls', { call: '1-1', ...done })]);
  fold.addTrace(trace('1-1', 1, INVITE));
  expect(ladders(fold.figures(), [done])).toBeNull();
  expect(ladders(undefined, [done])).toBeNull();
  expect(keptCalls(undefined, done)).toBe('');
});

test('a ladder of messages that make no sense is drawn all the same', () => {
  expect(ladder([], 0, 'us')).toContain('vendor');
  expect(ladder([{ at: 1, sent: false, remote: 'x:1', text: '\0\0' }], 0, 'us').split('\n')).toHaveLength(2);
});
