import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutcomeFold } from '../../src/analysis/outcomes.ts';
import { SessionFold } from '../../src/analysis/sessions.ts';
import { OUTCOMES, rowOf } from '../../src/record/schema.ts';
import { answered, refused, T0, unheard } from './synthetic.ts';

const figuresOf = (rows: ReturnType<typeof answered>[]) => {
  const fold = new SessionFold();
  for (const row of rows) fold.add(row);
  return fold.figures();
};

describe('session metrics (RFC 6076)', () => {
  it('measures delays between the right messages', () => {
    const { srd, pdd, sdd, sdt, srdFromIntended } = figuresOf([answered(1000, 10, { intended_ms: T0 + 900 })]);
    expect(srd.p50).toBe(20);
    expect(pdd.p50).toBe(20);
    expect(sdd.p50).toBe(10);
    expect(sdt.p50).toBe(9950);
    const { talk, acdMs } = figuresOf([
      answered(0, 10, { wants_agent: true, agent_ms: T0 + 4000 }),
      answered(0, 10, { wants_agent: true }),
      answered(0, 3),
    ]);
    expect(talk).toMatchObject({ n: 1, p50: 6000 });
    expect(acdMs, 'talked with the agent 6 s, not at all, and 2.95 s').toBeCloseTo(8950 / 3, 9);
    expect(srdFromIntended.p50).toBe(120);
  });

  it('ends SRD at the 200 where no provisional came (4.3.1)', () => {
    const figures = figuresOf([answered(0, 10, { provisional_ms: null, ringing_ms: null })]);
    expect(figures.srd.p50).toBe(50);
    expect(figures.pdd.n).toBe(0);
  });

  it('never mixes failed attempts into SRD (4.3 MUST NOT)', () => {
    const { srd, srdFailed } = figuresOf([answered(0), refused(0), refused(0, 486, { provisional_ms: T0 + 7 }), unheard(0)]);
    expect(srd).toMatchObject({ n: 1, max: 20 });
    expect(srdFailed).toMatchObject({ n: 2, min: 7, max: 20 });
  });

  it('leaves Timer F out of SDD (4.4)', () => {
    expect(figuresOf([answered(0, 10, { bye_answered_ms: null, end_ms: T0 + 42_000 })]).sdd.n).toBe(0);
  });

  it('has each ratio by its own formula', () => {
    const rejected = (status: number) => refused(0, status, { outcome: 'rejected' });
    const rows = [
      answered(0),
      answered(1),
      answered(2, 10, { invite_retransmissions: 1 }),
      refused(0, 486),
      rejected(603),
      refused(0, 503),
      rejected(404),
      rejected(302),
      unheard(0),
    ];
    const { ser, seer, isa, scr, asr, ner, firstTry, eventual } = figuresOf(rows);
    expect([ser.part, ser.whole]).toEqual([3, 8]);
    expect([seer.part, seer.whole]).toEqual([5, 8]);
    expect([isa.part, isa.whole], 'a timeout counts as 408').toEqual([2, 9]);
    expect([scr.part, scr.whole]).toEqual([3, 9]);
    expect([asr.part, asr.whole]).toEqual([3, 9]);
    expect([ner.part, ner.whole]).toEqual([5, 9]);
    expect([firstTry.part, eventual.part]).toEqual([2, 3]);
  });

  it('lets Q.850 decide NER where the vendor sends it', () => {
    expect(figuresOf([refused(0, 486, { q850: 34 })]).ner.part).toBe(0);
    expect(figuresOf([refused(0, 500, { q850: 17 })]).ner.part).toBe(1);
  });

  it('leaves out what we cut or failed, and what never left', () => {
    const rows = [answered(0, 10, { outcome: 'cut' }), answered(0, 10, { outcome: 'harness' }), rowOf('calls', { outcome: 'rejected' })];
    expect(figuresOf(rows).ser).toEqual({ part: 0, whole: 0, value: null, low: null, high: null });
  });
});

describe('outcomes', () => {
  it('counts each call once, the same merged from halves as whole', () => {
    const call = fc.record({
      outcome: fc.constantFrom(...OUTCOMES),
      status: fc.constantFrom(200, 486, 503, null),
      reason: fc.constantFrom('Busy', 'OK', null),
      blame: fc.constantFrom('vendor', 'harness', null),
      invite_ms: fc.integer({ min: T0, max: T0 + 1e5 }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 30 }), fc.nat(30), (calls, cut) => {
        const fold = (part: typeof calls) => {
          const made = new OutcomeFold();
          for (const cells of part) made.add(rowOf('calls', cells));
          return made;
        };
        const halves = fold(calls.slice(0, cut));
        halves.merge(fold(calls.slice(cut)));
        const whole = fold(calls).figures();
        expect(halves.figures()).toEqual(whole);
        expect(Object.values(whole.counts).reduce((a, b) => a + b, 0)).toBe(calls.length);
        expect(whole.byStatus.reduce((sum, { count }) => sum + count, 0)).toBe(calls.length);
      }),
    );
  });

  it('does not grow with what a vendor writes into its reasons', () => {
    const fold = new OutcomeFold();
    for (let i = 0; i < 5000; i++) fold.add(refused(i, 503, { reason: `Busy ${i}` }));
    const { byStatus } = fold.figures();
    expect(byStatus.length).toBeLessThan(600);
    expect(byStatus.reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  });
});
