import { describe, expect, it } from 'vitest';
import { type EndFacts, judge } from '../../src/call/outcome.ts';
import { type CallRow, rowOf } from '../../src/record/schema.ts';

const facts = (over: Partial<EndFacts> = {}): EndFacts => ({
  harness: undefined,
  stopped: false,
  unanswered: undefined,
  mediaLost: false,
  agentHungUp: undefined,
  byeResult: undefined,
  viaCarrier: false,
  scheduleLagLimitMs: 500,
  ...over,
});
const row = (cells: Partial<CallRow>) => rowOf('calls', { try: 1, intended_ms: 1000, invite_ms: 1000, wants_agent: false, ...cells });
const answered = { answer_ms: 1100, status: 200 } as const;
const inQueue = { ...answered, wants_agent: true, queue_ms: 1500 } as const;
const talked = { ...inQueue, agent_ms: 3000, correlation: 'both-legs' } as const;

describe('before the answer', () => {
  it.each([
    [503, null, 'blocked'],
    [486, null, 'blocked'],
    [480, null, 'blocked'],
    [600, null, 'blocked'],
    [500, 34, 'blocked'],
    [404, 42, 'blocked'],
    [500, 16, 'rejected'],
    [404, null, 'rejected'],
    [403, null, 'rejected'],
    [301, null, 'rejected'],
    [302, null, 'diverted'],
  ] as const)('%i with Q.850 cause %s is %s', (status, q850, outcome) => {
    expect(judge(row({ status, q850 }), facts()).outcome).toBe(outcome);
  });

  it('blames nobody for a refusal that our own number or account may have caused', () => {
    expect(judge(row({ status: 403 }), facts())).toMatchObject({ blame: 'undetermined' });
    expect(judge(row({ status: 503 }), facts())).toMatchObject({ blame: 'vendor', blame_why: 'answered 503' });
  });

  it('does not tell carrier from vendor where calls go through the buyer’s carrier', () => {
    expect(judge(row({ status: 503 }), facts({ viaCarrier: true }))).toMatchObject({ outcome: 'blocked', blame: 'undetermined' });
  });

  it('is abandoned when our CANCEL ended it, and cut when the run did', () => {
    expect(judge(row({ status: 487, cancel_ms: 5000 }), facts())).toMatchObject({ outcome: 'abandoned', ended_by: 'caller', blame: null });
    expect(judge(row({ status: 487, cancel_ms: 5000 }), facts({ stopped: true })).outcome).toBe('cut');
  });

  it('is a timeout without a final response; silence alone accuses nobody', () => {
    expect(judge(row({}), facts({ unanswered: 'timer' }))).toMatchObject({ outcome: 'timeout', blame: 'undetermined' });
    expect(judge(row({ trying_ms: 1010 }), facts({ unanswered: 'timer' }))).toMatchObject({ outcome: 'timeout', blame: 'vendor' });
    expect(judge(row({}), facts({ unanswered: 'network' }))).toMatchObject({ outcome: 'timeout', blame: 'vendor' });
  });
});

describe('after the answer', () => {
  it('is completed when the story ended with our BYE', () => {
    expect(judge(row({ ...talked, bye_sent_ms: 9000 }), facts({ byeResult: 200 })).outcome).toBe('completed');
    expect(judge(row({ ...answered, bye_sent_ms: 9000 }), facts({ byeResult: 200 })).outcome).toBe('completed');
  });

  it('is abandoned when the caller hangs up in the queue, also when a 200 crossed the CANCEL', () => {
    expect(judge(row({ ...inQueue, bye_sent_ms: 9000 }), facts({ byeResult: 200 })).outcome).toBe('abandoned');
    expect(judge(row({ ...answered, cancel_ms: 1090, bye_sent_ms: 1101 }), facts({ byeResult: 200 })).outcome).toBe('abandoned');
  });

  it('tells an agent’s hang-up from a drop by what our own agent saw', () => {
    const byed = row({ ...talked, bye_received_ms: 8000, q850: 16 });
    expect(judge(byed, facts({ agentHungUp: true }))).toMatchObject({ outcome: 'completed', ended_by: 'agent' });
    expect(judge(byed, facts({ agentHungUp: false }))).toMatchObject({ outcome: 'dropped', ended_by: 'vendor', blame: 'vendor' });
  });

  it('takes Q.850 16 or no Reason as the agent’s hang-up where no agent is ours', () => {
    expect(judge(row({ ...talked, bye_received_ms: 8000 }), facts()).outcome).toBe('completed');
    expect(judge(row({ ...talked, bye_received_ms: 8000, q850: 41 }), facts()).outcome).toBe('dropped');
  });

  it('is dropped when the vendor hangs up before an agent came, blocked when it says that all are busy', () => {
    expect(judge(row({ ...inQueue, bye_received_ms: 8000, q850: 16 }), facts()).outcome).toBe('dropped');
    expect(judge(row({ ...inQueue, bye_received_ms: 8000, q850: 17 }), facts()).outcome).toBe('blocked');
  });

  it('is dropped when the vendor no longer had the call, unless two BYEs crossed', () => {
    expect(judge(row({ ...talked, bye_sent_ms: 9000 }), facts({ byeResult: 481 })).outcome).toBe('dropped');
    expect(judge(row({ ...talked, bye_sent_ms: 9000 }), facts({ byeResult: 'none' })).outcome).toBe('dropped');
    expect(judge(row({ ...talked, bye_sent_ms: 9000, bye_received_ms: 9001 }), facts({ byeResult: 481, agentHungUp: true })).outcome).toBe(
      'completed',
    );
  });

  it('is dropped when RTP stopped without a BYE', () => {
    expect(judge(row({ ...talked, rtp_gap_ms: 11_000, bye_sent_ms: 20_000 }), facts({ mediaLost: true, byeResult: 'none' }))).toMatchObject(
      {
        outcome: 'dropped',
        blame_why: 'no RTP for 11000 ms, no BYE',
      },
    );
  });
});

describe('"all lines are busy"', () => {
  const heard = facts({ allBusy: 'queue-full', byeResult: 200 });
  it('is blocked, whoever hangs up then, before the answer and after it', () => {
    expect(judge(row({ ...inQueue, bye_received_ms: 5000, q850: 16 }), heard)).toMatchObject({ outcome: 'blocked', ended_by: 'vendor' });
    expect(judge(row({ ...inQueue, bye_sent_ms: 5000 }), heard)).toMatchObject({ outcome: 'blocked', ended_by: 'caller', blame: 'vendor' });
    expect(judge(row({ status: 487, cancel_ms: 5000 }), heard)).toMatchObject({ outcome: 'blocked', blame_why: 'announced "queue-full"' });
  });

  it('is forgotten once an agent came, and by what the run itself ended', () => {
    expect(judge(row({ ...talked, bye_sent_ms: 5000 }), heard).outcome).toBe('completed');
    expect(judge(row({ ...inQueue, bye_sent_ms: 5000 }), { ...heard, stopped: true }).outcome).toBe('cut');
    expect(judge(row({ ...inQueue }), { ...heard, harness: 'no port' }).outcome).toBe('harness');
  });
});

describe('our own faults come first', () => {
  it('never blames a vendor for a late or failed start', () => {
    expect(judge(row({ ...talked, invite_ms: 1501 }), facts())).toMatchObject({ outcome: 'harness', blame: 'harness' });
    expect(judge(row({ ...talked, invite_ms: 1499, bye_sent_ms: 9000 }), facts({ byeResult: 200 })).outcome).toBe('completed');
    expect(judge(row({ status: 503 }), facts({ harness: 'no RTP port' })).outcome).toBe('harness');
  });

  it('leaves what the run itself ended out of every ratio', () => {
    expect(judge(row({ ...inQueue, bye_sent_ms: 9000 }), facts({ stopped: true, byeResult: 200 }))).toMatchObject({
      outcome: 'cut',
      blame: null,
    });
  });
});

describe('what happens inside the dialog', () => {
  const byeReceived = { bye_received_ms: 5000 } as const;

  it('a session that nobody refreshed is dropped by the vendor, with or without an agent', () => {
    const expired = facts({ expired: 'no session refresh came in time', byeResult: 200 });
    for (const cells of [inQueue, talked])
      expect(judge(row({ ...cells, bye_sent_ms: 5000 }), expired)).toMatchObject({ outcome: 'dropped', blame: 'vendor' });
  });

  it('a followed REFER diverts the call, one that was refused changes nothing', () => {
    expect(judge(row({ ...inQueue, ...byeReceived }), facts({ followed: true }))).toMatchObject({ outcome: 'diverted', blame: null });
    expect(judge(row({ ...inQueue, ...byeReceived }), facts({ followed: false })).outcome).toBe('dropped');
  });

  it('a transfer of ours that succeeded completes the call, whoever hangs up then', () => {
    expect(judge(row({ ...inQueue, ...byeReceived }), facts({ transferred: true })).outcome).toBe('completed');
    expect(judge(row({ ...inQueue, bye_sent_ms: 5000 }), facts({ transferred: true, byeResult: 481 })).outcome).toBe('completed');
  });

  it('an offer without a codec of ours may be our own lack', () => {
    const foreign = facts({ unacceptable: true, byeResult: 200 });
    expect(judge(row({ ...answered, bye_sent_ms: 1101 }), foreign)).toMatchObject({ outcome: 'rejected', blame: 'undetermined' });
  });
});
