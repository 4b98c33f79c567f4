import { describe, expect, it } from 'vitest';
import { answered, event, Record, range, refused, T0, unheard } from './synthetic.ts';

const carrier = { name: 'v', access: { kind: 'carrier', control: { called: '01055550000' } } };
const control = { called: '01055550000' };
const through = { blame: 'undetermined' as const, blame_why: 'answered 503' };
const blamed = (record: Record, vendor: unknown = carrier) => record.analyse({ vendor }).outcomes;

describe('through a carrier', () => {
  it('a call that fails while control calls go through is the vendor’s', () => {
    const record = new Record().add('calls', refused(20_000, 503, through));
    for (const at of range(10)) record.add('calls', answered(at * 4000, 1, control));
    const { byBlame, reasons } = blamed(record);
    expect(byBlame).toMatchObject({ vendor: 1, carrier: 0, undetermined: 0 });
    expect(reasons).toEqual([{ blame: 'vendor', why: 'answered 503; 5 control calls through the carrier went through', count: 1 }]);
  });

  it('while control calls fail too it is the carrier’s, and without any it stays open', () => {
    const record = new Record().add('calls', refused(20_000, 503, through), refused(50_000, 503, through));
    for (const at of [15_000, 22_000]) record.add('calls', refused(at, 503, { ...control, ...through }));
    expect(blamed(record).byBlame).toMatchObject({ vendor: 0, carrier: 3, undetermined: 1 });
    const mixed = new Record().add(
      'calls',
      refused(20_000, 503, through),
      refused(21_000, 503, { ...control, ...through }),
      answered(22_000, 1, control),
    );
    expect(blamed(mixed).byBlame).toMatchObject({ carrier: 1, undetermined: 1 });
  });

  it('without a control number nothing is guessed', () => {
    const { byBlame } = blamed(new Record().add('calls', refused(20_000, 503, through)), { name: 'v', access: { kind: 'carrier' } });
    expect(byBlame).toMatchObject({ undetermined: 1 });
  });
});

it('where a router says that there is no route it is the network’s', () => {
  const why = 'there is no route to 192.0.2.1: check the network';
  const record = new Record().add('calls', { ...unheard(10_000), blame: 'undetermined', blame_why: why }, refused(20_000));
  expect(blamed(record, { name: 'v' })).toMatchObject({ byBlame: { network: 1, vendor: 1, undetermined: 0 } });
});

it('what our own relay harmed is the network’s, and the calls of other times are not', () => {
  const record = new Record().add(
    'events',
    event(30_000, 'fault', 'started', 'hole', { target: 'relay: blackHole (sip and rtp)', value: 0 }),
    event(40_000, 'fault', 'ended', 'hole', { target: 'relay: blackHole (sip and rtp)' }),
  );
  record.add('calls', unheard(31_000), refused(50_000), { ...unheard(32_000), outcome: 'harness', blame: 'harness', blame_why: 'ours' });
  record.add('calls', answered(25_000, 10, { outcome: 'dropped', blame: 'vendor', blame_why: 'no RTP', end_ms: T0 + 36_000 }));
  expect(blamed(record, { name: 'v' }).byBlame).toMatchObject({ network: 2, vendor: 1, harness: 1, undetermined: 0 });
});

it('tells why our own failures were ours', () => {
  const ours = (at: number, why: string) => ({
    ...unheard(at),
    invite_ms: null,
    outcome: 'harness',
    blame: 'harness' as const,
    blame_why: why,
  });
  const record = new Record().add('calls', ours(1000, 'no RTP port free'), ours(2000, 'no RTP port free'), ours(3000, 'late'));
  expect(blamed(record, { name: 'v' })).toMatchObject({
    byBlame: { harness: 3 },
    reasons: [
      { blame: 'harness', why: 'no RTP port free', count: 2 },
      { blame: 'harness', why: 'late', count: 1 },
    ],
  });
});
