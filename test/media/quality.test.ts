import { expect, test } from 'vitest';
import { IMPAIRMENT } from '../../src/analysis/quality.ts';
import { CODEC_IMPAIRMENT, delayImpairment, effectiveImpairment, estimateQuality, mosOf } from '../../src/media/quality.ts';

test.each([
  ['G.711 with PLC', 0, 4.41],
  ['G.711 with PLC', 1, 4.33],
  ['G.711 with PLC', 3, 4.13],
  ['G.711 with PLC', 5, 3.92],
  ['G.711', 0, 4.41],
  ['G.711', 1, 3.83],
  ['G.711', 3, 2.79],
  ['G.711', 5, 2.17],
] as const)('%s at %i %% loss: MOS %f', (codec, lossPercent, mos) => {
  expect(estimateQuality({ codec, lossPercent, delayMs: 0 }).mos).toBeCloseTo(mos, 2);
});

test.each([
  [0, 0],
  [100, 0],
  [150, 0.164],
  [200, 3.044],
  [300, 14.761],
  [400, 24.07],
])('Idd at %i ms is %f', (delay, idd) => {
  expect(delayImpairment(delay)).toBeCloseTo(idd, 3);
});

test('MOS stays between 1 and 4.5, and rises with R', () => {
  expect([mosOf(-20), mosOf(0), mosOf(100), mosOf(130)]).toEqual([1, 1, 4.5, 4.5]);
  for (let r = 7; r < 100; r++) expect(mosOf(r)).toBeGreaterThanOrEqual(mosOf(r - 1));
});

test('bursts make the same loss worse; loss is taken within 0 to 100 %', () => {
  expect(effectiveImpairment('G.711', 3, 2)).toBeGreaterThan(effectiveImpairment('G.711', 3));
  expect(effectiveImpairment('G.711', -5)).toBe(0);
  expect(effectiveImpairment('G.729A', 1000)).toBe(effectiveImpairment('G.729A', 100));
});

test('says what it rests on', () => {
  const { label, ie, bpl } = estimateQuality({ codec: 'G.729A', lossPercent: 0, delayMs: 149.6 });
  expect([ie, bpl]).toEqual([11, 19]);
  expect(label).toBe('estimated (planning model G.107; G.729A, Ie 11, Bpl 19, delay 150 ms)');
});

test('the report names what the estimates of calls are made with', () => {
  const { ie, bpl } = CODEC_IMPAIRMENT['G.711 with PLC'];
  expect(IMPAIRMENT).toBe(`G.711 with PLC: Ie ${ie}, Bpl ${bpl}`);
});
