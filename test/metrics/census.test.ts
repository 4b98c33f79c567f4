import { describe, expect, it } from 'vitest';
import { Census } from '../../src/metrics/census.ts';

describe('census', () => {
  it('follows a call through its states', () => {
    const census = new Census();
    const seen = (['setup', 'ringing', 'ivr', 'queued', 'talking', 'releasing', 'ended'] as const).map((state) => {
      census.move('a', state);
      const { occupied, answered, queued, talking } = census.figures();
      return [occupied, answered, queued, talking].join('');
    });
    expect(seen).toEqual(['1000', '1000', '1100', '1110', '1101', '1000', '0000']);
    expect(census.figures().peaks).toEqual({ occupied: 1, answered: 1, queued: 1, talking: 1 });
  });

  it('knows a caller who queues in early media as not answered', () => {
    const census = new Census();
    census.move('a', 'early');
    census.move('a', 'queued');
    expect(census.figures()).toMatchObject({ occupied: 1, answered: 0, queued: 1 });
    census.move('a', 'queued', true);
    expect(census.figures()).toMatchObject({ occupied: 1, answered: 1, queued: 1 });
  });

  it('adds other parts', () => {
    const [a, b] = [new Census(), new Census()];
    a.move('1', 'talking');
    b.move('2', 'queued', true);
    a.merge(b);
    expect(a.figures()).toMatchObject({ occupied: 2, answered: 2, queued: 1, talking: 1 });
  });

  it('does not mind the end of a call it never saw', () => {
    const census = new Census();
    census.move('x', 'ended');
    expect(census.figures().occupied).toBe(0);
  });
});
