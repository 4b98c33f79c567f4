/**
 * Calls of ours from behind a NAT: symmetric mapping, a mapping that is soon forgotten, a forwarded port, and a router that rewrites what we say.
 * Real packets through the kernel's own NAT, in network namespaces that exist for this file alone.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../sip/support.ts';
import { ALG_PORT, CALLER, FORWARDED_PORT, MAPPING_S, NAT_OUTSIDE, Namespaces, PLAIN_PORT, type Where } from './namespaces.ts';

const made = Namespaces.make();
const required = process.env.CALLSURGE_REQUIRE_LAB === '1';
if (typeof made === 'string' && !required)
  console.error(`skipped: tests behind NAT (${made}); CALLSURGE_REQUIRE_LAB=1 makes that a failure`);

/** Longer than the NAT remembers. */
const QUIET_MS = MAPPING_S * 1000 + 2500;
const HOLD_MS = QUIET_MS + 1500;

describe.skipIf(typeof made === 'string' && !required)('behind NAT', () => {
  const lines: Record<string, unknown>[] = [];
  const of = (name: string) => lines.filter((line) => line.name === name);
  const has = (wanted: (line: Record<string, unknown>) => boolean, count: number) =>
    until(() => lines.filter(wanted).length >= count, `${count} lines; so far ${JSON.stringify(lines)}`, 15_000);
  const invite = (name: string) => of(name).find((line) => line.invite)?.invite as Record<string, unknown>;
  const result = (name: string) => of(name).find((line) => line.ended);

  beforeAll(async () => {
    if (typeof made === 'string') throw new Error(`CALLSURGE_REQUIRE_LAB=1, and no namespaces: ${made}`);
    const start = (where: Where, script: string, options: object) => made.start(where, script, options, (line) => lines.push(line));
    const byeTo = { 'forwarded-port': 'contact' };
    const byeAfterMs = { symmetric: 400, forgotten: QUIET_MS, 'kept-alive': QUIET_MS, 'forwarded-port': QUIET_MS, rewritten: 400 };
    start('vendor', 'vendor.ts', { port: PLAIN_PORT, byeAfterMs, byeTo });
    start('vendor', 'vendor.ts', { port: ALG_PORT, byeAfterMs, byeTo });
    start('nat', 'alg.ts', {});
    await has((line) => line.ready === true, 3);
    const call = (name: string, i: number, more: object = {}) =>
      start('caller', 'caller.ts', {
        name,
        port: PLAIN_PORT,
        ownPort: 6000 + i,
        holdMs: HOLD_MS,
        rtp: [7000 + i * 10, 7009 + i * 10],
        ...more,
      });
    call('symmetric', 0);
    call('forgotten', 1);
    call('kept-alive', 2, { keepAliveMs: (MAPPING_S * 1000) / 2 });
    call('forwarded-port', 3, { ownPort: FORWARDED_PORT, external: NAT_OUTSIDE });
    call('rewritten', 4, { port: ALG_PORT });
    await has((line) => line.ended !== undefined, 5);
  }, 40_000);
  afterAll(() => typeof made !== 'string' && made.remove());

  it('is found through a symmetric mapping: answers by rport, RTP by its source, a BYE while the mapping lives', () => {
    expect(invite('symmetric')).toMatchObject({ seen: NAT_OUTSIDE, contact: CALLER });
    expect(invite('symmetric').via).toMatch(/;rport/);
    expect(result('symmetric')).toMatchObject({ ended: 'by vendor' });
    expect(result('symmetric')!.rtp).toBeGreaterThan(5);
    expect(of('symmetric')).toContainEqual({ name: 'symmetric', byeAnswered: 200 });
  });

  it('is out of reach once the mapping is forgotten, and ends the call itself over a new one', () => {
    expect(of('forgotten').some((line) => line.byeAnswered)).toBe(false);
    expect(result('forgotten')).toMatchObject({ ended: 'by us', bye: 200 });
    expect(of('forgotten')).toContainEqual({ name: 'forgotten', byeReceived: true });
  });

  it('stays within reach by keep-alives', () => {
    expect(result('kept-alive')).toMatchObject({ ended: 'by vendor' });
    expect(of('kept-alive')).toContainEqual({ name: 'kept-alive', byeAnswered: 200 });
  });

  it('is reached at its external address where the port is forwarded', () => {
    expect(invite('forwarded-port')).toMatchObject({ contact: NAT_OUTSIDE, sdp: NAT_OUTSIDE });
    expect(result('forwarded-port')).toMatchObject({ ended: 'by vendor' });
  });

  it('does not mind a router that rewrites Via, Contact and SDP', () => {
    expect(invite('rewritten')).toMatchObject({ seen: NAT_OUTSIDE, contact: NAT_OUTSIDE, sdp: NAT_OUTSIDE, length: true });
    expect(result('rewritten')).toMatchObject({ ended: 'by vendor' });
    expect(result('rewritten')!.rtp).toBeGreaterThan(5);
    expect(lines.filter((line) => line.problem)).toEqual([]);
  });
});
