import { expect, test } from 'vitest';
import { csvLine } from '../../src/record/csv-line.ts';
import { OpenLines } from '../../src/record/open-lines.ts';
import { rowOf } from '../../src/record/schema.ts';

const row = (call: string, t_ms: number, remoteTag: string | null) =>
  rowOf('open', {
    t_ms,
    op: 'open',
    call,
    party: 'caller',
    worker: 1,
    sip_call_id: `id-${call}`,
    local_uri: 'sip:5550@127.0.0.1',
    local_tag: 'a',
    remote_uri: 'sip:4001000000@127.0.0.1',
    remote_tag: remoteTag,
    route_set: ['<sip:127.0.0.1;lr>', '<sip:127.0.0.2;lr>'],
    local_cseq: 2,
    transport: 'udp',
    local: '127.0.0.1:5060',
    remote: '[::1]:5070',
  });

test('a leg is what its last line says, open since its first', () => {
  const lines = new OpenLines();
  for (const one of [row('1-1', 1_795_000_000_000.25, null), row('2-1', 1_795_000_000_001, null), row('1-1', 1_795_000_000_900, 'b')])
    lines.opened(one.call!, csvLine('open', one));
  expect(lines.count).toBe(2);
  expect(lines.legs((call) => call.startsWith('1-'))).toEqual([
    expect.objectContaining({
      call: '1-1',
      openedMs: 1_795_000_000_000.25,
      sipCallId: 'id-1-1',
      remoteTag: 'b',
      routeSet: ['<sip:127.0.0.1;lr>', '<sip:127.0.0.2;lr>'],
      remote: { host: '::1', port: 5070 },
    }),
  ]);
  lines.closed('1-1');
  expect(lines.legs(() => true).map(({ call }) => call)).toEqual(['2-1']);
});
