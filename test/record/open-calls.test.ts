import { describe, expect, it } from 'vitest';
import { OpenCalls } from '../../src/record/open-calls.ts';
import { type OpenRow, rowOf } from '../../src/record/schema.ts';

const open = (call: string, cells: Partial<OpenRow> = {}) =>
  rowOf('open', {
    op: 'open',
    call,
    party: 'caller',
    t_ms: 1000,
    sip_call_id: `id-${call}`,
    local_uri: 'sip:40080000000@127.0.0.1',
    local_tag: 'ours',
    remote_uri: 'sip:4001000000@127.0.0.1',
    route_set: ['<sip:127.0.0.1:5070;lr>'],
    local_cseq: 2,
    branch: 'z9hG4bK1',
    request_uri: 'sip:4001000000@127.0.0.1:5070',
    transport: 'udp',
    local: '127.0.0.1:40000',
    remote: '127.0.0.1:5070',
    ...cells,
  });
const legsOf = (...rows: OpenRow[]) => {
  const calls = new OpenCalls();
  for (const row of rows) calls.add(row);
  return calls;
};

describe('open calls', () => {
  it('are those with an open row and no close row, as their last row says', () => {
    const calls = legsOf(
      open('a'),
      open('b'),
      open('a', { t_ms: 2000, remote_tag: 'theirs', remote_target: 'sip:4001000000@127.0.0.1:6000' }),
      rowOf('open', { op: 'close', call: 'b' }),
    );
    expect(calls.count).toBe(1);
    expect(calls.figures()).toEqual([
      {
        call: 'a',
        party: 'caller',
        openedMs: 1000,
        sipCallId: 'id-a',
        localUri: 'sip:40080000000@127.0.0.1',
        localTag: 'ours',
        remoteUri: 'sip:4001000000@127.0.0.1',
        remoteTag: 'theirs',
        remoteTarget: 'sip:4001000000@127.0.0.1:6000',
        routeSet: ['<sip:127.0.0.1:5070;lr>'],
        localCseq: 2,
        branch: 'z9hG4bK1',
        requestUri: 'sip:4001000000@127.0.0.1:5070',
        transport: 'udp',
        local: { host: '127.0.0.1', port: 40_000 },
        remote: { host: '127.0.0.1', port: 5070 },
      },
    ]);
  });

  it('may be opened again under the same name', () => {
    expect(legsOf(open('a'), rowOf('open', { op: 'close', call: 'a' }), open('a', { t_ms: 9 })).figures()).toMatchObject([{ openedMs: 9 }]);
  });

  it('speak IPv6', () => {
    expect(legsOf(open('a', { remote: '[::1]:5070', local: '::1:4000' })).figures()[0]).toMatchObject({
      remote: { host: '::1', port: 5070 },
      local: { host: '::1', port: 4000 },
    });
  });

  it('cannot be ended without the least that SIP needs, but are counted', () => {
    for (const missing of ['sip_call_id', 'local_tag', 'remote_uri', 'remote'] as const) {
      const calls = legsOf(open('a', { [missing]: null }));
      expect(calls.figures(), missing).toEqual([]);
      expect(calls.count).toBe(1);
    }
    for (const remote of ['nowhere', ':5', 'host:', 'host:x', 'host:70000'])
      expect(legsOf(open('a', { remote })).figures(), remote).toEqual([]);
  });
});
