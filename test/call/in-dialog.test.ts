/** What a caller and a vendor do inside a call: hold, transfer, digits by INFO, late offers, redirections, session timers; and what each comes to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withVu } from '../../src/call/context.ts';
import { type DialOptions, dial } from '../../src/call/dial.ts';
import { endIteration } from '../../src/call/iteration.ts';
import { CallsurgeError } from '../../src/errors.ts';
import type { SipDialog, SipRequest } from '../../src/sip/stack.ts';
import { type Bench, openBench, sleep } from './small-vendor.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench(0);
});
afterEach(() => bench[Symbol.asyncDispose]());

type Story = (call: Awaited<ReturnType<typeof dial>>) => Promise<unknown>;

async function play(options: DialOptions, story: Story): Promise<unknown> {
  const vu = bench.vu();
  let thrown: unknown;
  try {
    await withVu(vu, async () => story(await dial('4001000000', options)));
  } catch (error) {
    thrown = error;
  }
  await endIteration(vu, thrown);
  return thrown;
}

/** A vendor that answers every call, notes what it is asked in the dialog, and says what it answers. */
function answering(seen: string[], status: (request: SipRequest) => number = () => 200) {
  const dialogs: SipDialog[] = [];
  bench.onCall(async (incoming, vendor) => {
    const { dialog, media } = await vendor.answer(incoming);
    dialogs.push(dialog);
    incoming.handlers = {
      cancelled: () => {},
      ended: () => media.close(),
      offer: (request) => {
        const direction = /a=(sendonly|sendrecv|recvonly|inactive)/.exec(request.body)?.[1] ?? 'none';
        seen.push(`${request.method} ${direction}`);
        const code = status(request);
        return code === 200 ? { status: 200, body: media.reply(request.body || undefined) } : { status: code };
      },
      request: (request) => {
        const what = request.header('refer-to') ?? request.body.split('\r\n')[0];
        seen.push(`${request.method} ${what}`);
        return status(request);
      },
    };
  });
  return dialogs;
}

describe('hold and resume', () => {
  it('go out as sendonly and sendrecv; the vendor agrees', async () => {
    const seen: string[] = [];
    answering(seen);
    let did: string[] = [];
    await play({}, async (call) => {
      await call.answered();
      did = [await call.hold(), await call.resume()];
      await call.hangUp();
    });
    expect(did).toEqual(['held', 'resumed']);
    expect(seen).toEqual(['INVITE sendonly', 'INVITE sendrecv']);
    expect(bench.rows.calls[0]).toMatchObject({ holds: 1, outcome: 'completed' });
  });

  it('a vendor that refuses leaves the call as it was', async () => {
    answering([], (request) => (request.method === 'INVITE' ? 488 : 200));
    let did = '';
    await play({}, async (call) => {
      await call.answered();
      did = await call.hold();
      await call.hangUp();
    });
    expect(did).toBe('refused');
    expect(bench.rows.calls[0]).toMatchObject({ holds: null, outcome: 'completed' });
  });
});

describe('digits by INFO', () => {
  it('one INFO each, recorded as sent; those of the vendor as heard', async () => {
    const seen: string[] = [];
    const dialogs = answering(seen);
    await play({}, async (call) => {
      await call.answered();
      await call.press('1#', { via: 'info', after: 0 });
      await dialogs[0]!.send('INFO', { body: { type: 'application/dtmf-relay', content: 'Signal=7\r\nDuration=160\r\n' } });
      await dialogs[0]!.send('INFO', { body: { type: 'application/dtmf', content: '9' } });
      await call.hangUp();
    });
    expect(seen).toEqual(['INFO Signal=1', 'INFO Signal=#']);
    expect(bench.rows.calls[0]).toMatchObject({ digits_sent: '1#', digits_received: '79' });
  });

  it('the queue is entered when the digit is sent, however long the vendor takes to say that it has it', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await openBench(1);
    answering([], () => {
      for (const until = performance.now() + 400; performance.now() < until; );
      return 200;
    });
    let pressedAt = 0;
    await play({}, async (call) => {
      await call.answered();
      pressedAt = bench.services.clock.now();
      await call.press('1', { via: 'info', after: 0 });
      await call.agent({ patience: 0 }).catch(() => {});
    });
    expect(bench.rows.calls[0]!.queue_ms).toBeGreaterThanOrEqual(pressedAt);
    expect(bench.rows.calls[0]!.queue_ms).toBeLessThan(pressedAt + 200);
  });

  it('a vendor that takes none is named', async () => {
    answering([], () => 415);
    const thrown = await play({}, async (call) => {
      await call.answered();
      await call.press('1', { via: 'info', after: 0 });
    });
    expect(thrown).toBeInstanceOf(CallsurgeError);
    expect((thrown as CallsurgeError).message).toContain('answered 415 to INFO');
  });
});

describe('blind transfer', () => {
  const notified = (status: number) => ({
    headers: [
      ['Event', 'refer'],
      ['Subscription-State', 'terminated;reason=noresource'],
    ] as const,
    body: { type: 'message/sipfrag;version=2.0', content: `SIP/2.0 ${status} X\r\n` },
  });
  it.each([
    [200, 'transferred', 'completed'],
    [486, 'refused', 'completed'],
  ])('NOTIFY %i: %s', async (status, result, outcome) => {
    const seen: string[] = [];
    const dialogs = answering(seen, (request) => {
      if (request.method === 'REFER') setTimeout(() => void dialogs[0]!.send('NOTIFY', notified(status)), 20);
      return 202;
    });
    let did = '';
    await play({}, async (call) => {
      await call.answered();
      did = await call.transfer('4001000001');
      await call.hangUp();
    });
    expect(did).toBe(result);
    expect(seen).toEqual(['REFER <sip:4001000001@127.0.0.1>']);
    expect(bench.rows.calls[0]).toMatchObject({ transfer_to: 'sip:4001000001@127.0.0.1', transfer_status: status, outcome });
  });

  it('refused at once, with its status', async () => {
    answering([], () => 403);
    let did = '';
    await play({}, async (call) => {
      await call.answered();
      did = await call.transfer('4001000001');
      await call.hangUp();
    });
    expect(did).toBe('refused');
    expect(bench.rows.calls[0]).toMatchObject({ transfer_status: 403 });
  });

  it('goes to no number outside the contract', async () => {
    const seen: string[] = [];
    answering(seen);
    const forbidden = new CallsurgeError('contract-violation', 'not permitted');
    bench.services.gate.check = (called) => (called === '110' ? forbidden : undefined);
    const thrown = await play({}, async (call) => {
      await call.answered();
      await call.transfer('110');
    });
    expect(thrown).toBe(forbidden);
    expect(seen).toEqual([]);
  });
});

describe('a REFER of the vendor', () => {
  const refer = (to: string) => ({ headers: [['Refer-To', `<${to}>`]] as const });

  it('is refused with 603 and recorded, unless the scenario follows', async () => {
    const dialogs = answering([]);
    let status: unknown;
    await play({}, async (call) => {
      await call.answered();
      status = await dialogs[0]!.send('REFER', refer('sip:4001000001@127.0.0.1'));
      await call.hangUp();
    });
    expect(status).toMatchObject({ response: { status: 603 } });
    expect(bench.rows.calls[0]).toMatchObject({ referred_to: 'sip:4001000001@127.0.0.1', refer_status: 603, outcome: 'completed' });
  });

  it('followed: a call of its own, NOTIFY 100 and 200, and the first one is diverted', async () => {
    const seen: string[] = [];
    const dialogs = answering(seen);
    await play({ refers: 'follow' }, async (call) => {
      await call.answered();
      expect(await dialogs[0]!.send('REFER', refer('sip:4001000001@127.0.0.1'))).toMatchObject({ response: { status: 202 } });
      const second = await call.referred({ within: '2s' });
      await second!.answered();
      for (let i = 0; i < 100 && seen.length < 2; i++) await sleep(10);
      await dialogs[0]!.bye();
      await second!.hangUp();
    });
    expect(seen).toEqual(['NOTIFY SIP/2.0 100 Trying', 'NOTIFY SIP/2.0 200 OK']);
    const [first, second] = bench.rows.calls.toSorted((a, b) => a.dialled_ms! - b.dialled_ms!);
    expect(first).toMatchObject({ outcome: 'diverted', refer_status: 202 });
    expect(second).toMatchObject({ outcome: 'completed', called: '4001000001', transfer_of: first!.call, caller: first!.caller });
  });

  it.each([
    ['a host that is no trunk of ours', 'sip:4001000001@elsewhere.example'],
    ['an attended transfer', 'sip:4001000001@127.0.0.1?Replaces=x'],
    ['no address', 'tel:110'],
  ])('to %s is not followed', async (_what, to) => {
    const dialogs = answering([]);
    await play({ refers: 'follow' }, async (call) => {
      await call.answered();
      const result = await dialogs[0]!.send('REFER', refer(to));
      expect(result.kind === 'response' && result.response.status).toBeGreaterThanOrEqual(400);
      await call.hangUp();
    });
    expect(bench.rows.calls).toHaveLength(1);
  });
});

describe('a 302', () => {
  const diverting = (contacts: string[]) => {
    const called: string[] = [];
    bench.onCall(async (incoming, vendor) => {
      const number = /sip:(\d+)@/.exec(incoming.request.uri)?.[1] ?? '';
      called.push(number);
      if (number === '4001000000') incoming.reject(302, { headers: contacts.map((value) => ['Contact', value]) });
      else await vendor.answer(incoming);
    });
    return called;
  };

  it('is recorded: diverted, and where to', async () => {
    const called = diverting(['<sip:4001000009@127.0.0.1>']);
    await play({}, (call) => call.answered());
    expect(called).toEqual(['4001000000']);
    expect(bench.rows.calls[0]).toMatchObject({
      outcome: 'diverted',
      status: 302,
      diverted_to: 'sip:4001000009@127.0.0.1',
      redirects: null,
    });
  });

  it('is followed where the scenario says so: best contact first, same call', async () => {
    const called = diverting(['<sip:4001000002@127.0.0.1>;q=0.2', '<sip:4001000001@127.0.0.1>;q=0.9']);
    await play({ redirects: 'follow' }, async (call) => {
      await call.answered();
      await call.hangUp();
    });
    expect(called).toEqual(['4001000000', '4001000001']);
    expect(bench.rows.calls[0]).toMatchObject({ outcome: 'completed', redirects: 1, status: 200 });
  });

  it('leads neither to other hosts nor to numbers outside the contract', async () => {
    const called = diverting(['<sip:4001000001@elsewhere.example>', '<sip:110@127.0.0.1>']);
    bench.services.gate.check = (number) => (number === '110' ? new CallsurgeError('contract-violation', 'no') : undefined);
    await play({ redirects: 'follow' }, (call) => call.answered());
    expect(called).toEqual(['4001000000']);
    expect(bench.rows.calls[0]).toMatchObject({ outcome: 'diverted', redirects: null });
  });
});

it('late offer: the vendor offers, media flows, the codec is recorded', async () => {
  let offered = '';
  bench.onCall(async (incoming, vendor) => {
    offered = incoming.request.body;
    const { media } = await vendor.answer(incoming);
    incoming.handlers = { cancelled: () => {}, ended: () => media.close(), answer: (ack) => void media.take(ack.body) };
  });
  await play({ lateOffer: true }, async (call) => {
    await call.answered();
    await call.wait('300ms');
    await call.hangUp();
  });
  const [row] = bench.rows.calls;
  expect(offered).toBe('');
  expect(row).toMatchObject({ outcome: 'completed', codec: 'PCMA' });
  expect(row!.rtp_received).toBeGreaterThan(3);
});

it('presents an asserted identity, demands reliable provisionals, asks for a session timer', async () => {
  let request: SipRequest | undefined;
  bench.onCall(async (incoming, vendor) => {
    request = incoming.request;
    incoming.ring();
    await vendor.answer(incoming);
  });
  await play({ assertedIdentity: true, reliable: 'required', sessionTimer: '90s' }, async (call) => {
    await call.answered();
    await call.hangUp();
  });
  expect(request!.header('p-asserted-identity')).toBe(`<sip:${bench.rows.calls[0]!.caller}@127.0.0.1>`);
  expect(bench.rows.calls[0]).toMatchObject({ reliable_provisionals: 1, session_expires_s: 90, early_dialogs: 1, outcome: 'completed' });
  const short = await play({ sessionTimer: '30s' }, (call) => call.answered());
  expect((short as CallsurgeError).code).toBe('verb-misused');
});
