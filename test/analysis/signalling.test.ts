import { expect, it } from 'vitest';
import { SignallingFold } from '../../src/analysis/signalling.ts';
import { answered, event, Record, refused } from './synthetic.ts';

const lost = (at: number, worker: number, waiting = 2) =>
  event(at, 'warning', 'lost', 'connection', { value: waiting, detail: { message: 'reset', worker } });

it('counts redirects, expired sessions, refused REFERs and failed transfers, each with what it is a part of', () => {
  const record = new Record().add(
    'calls',
    answered(0, 10, { redirects: 2, session_expires_s: 90 }),
    answered(1000, 10, { redirects: 1, refer_status: 202 }),
    refused(2000, 302, { redirects: 0 }),
    answered(3000, 90, { outcome: 'dropped', session_expires_s: 90, end_reason: 'SIP;cause=408;text="session expired"' }),
    // The vendor's own word for a drop is no session timer of ours.
    answered(4000, 90, { outcome: 'dropped', end_reason: 'Q.850;cause=41' }),
    answered(5000, 10, { refer_status: 603 }),
    answered(6000, 10, { transfer_to: 'sip:x', transfer_status: 200 }),
    answered(7000, 10, { transfer_to: 'sip:x', transfer_status: 486 }),
    answered(8000, 10, { transfer_to: 'sip:x' }),
  );
  expect(record.analyse().signalling).toEqual({
    redirected: 2,
    redirects: 3,
    sessionTimers: 2,
    expired: 1,
    refers: 2,
    refersRefused: 1,
    transfers: 3,
    transfersFailed: 2,
    connectionsLost: 0,
    waiting: 0,
    reconnected: 0,
    reconnectMs: null,
  });
});

it('counts lost connections, and the time until the same worker had a call answered again', () => {
  const record = new Record().add('events', lost(10_000, 1), lost(20_000, 2), lost(30_000, 1, 0));
  record.add('events', event(10_000, 'warning', 'lost', 'preflight'));
  record.add('calls', answered(9000, 1, { worker: 1 }), answered(10_500, 1, { worker: 2 }), answered(14_000, 1, { worker: 1 }));
  record.add('calls', answered(20_700, 1, { worker: 2 }), refused(31_000, 503, { worker: 1 }));
  expect(record.analyse().signalling).toMatchObject({ connectionsLost: 3, waiting: 4, reconnected: 2, reconnectMs: 4000 });
});

it('merges', () => {
  const [one, two] = [new SignallingFold(), new SignallingFold()];
  one.addEvent(lost(1000, 1));
  one.add(answered(1500, 1, { worker: 1, redirects: 1 }));
  two.addEvent(lost(2000, 2, 5));
  two.add(answered(2600, 1, { worker: 2 }));
  one.merge(two);
  expect(one.figures()).toMatchObject({ redirected: 1, connectionsLost: 2, waiting: 7, reconnected: 2, reconnectMs: 600 });
});
