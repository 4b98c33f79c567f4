/**
 * The timers of RFC 3261 17 and appendix A over UDP, and what SIP.js makes of them.
 *
 *   A  INVITE again at T1, doubling           ours     G  INVITE's final response again, ≤ T2   ours (server-memory.ts)
 *   B  INVITE transaction 64·T1               ours     H  wait for its ACK 64·T1                SIP.js, ours ends G
 *   D  repeated final response → ACK, 64·T1   ours     I  absorb ACKs                           ours (SIP.js: 0)
 *   E  request again at T1, doubling to T2    ours     J  repeated request → response, 64·T1    ours (SIP.js: 0)
 *   F  non-INVITE transaction 64·T1           ours     K  absorb responses                      ours (SIP.js: 0)
 *   L  2xx again until its ACK, RFC 6026      SIP.js   M  repeated 2xx → ACK, RFC 6026          ours
 *
 * A, B, E, F: client-request.ts, client-invite.ts; D, M: wire.ts, reception.ts. A re-INVITE of ours is SIP.js's transaction: A is exchange.ts, B and M
 * SIP.js's.
 */
import { Timers } from 'sip.js/lib/core/timers.js';

export interface SipTimers {
  /** Round-trip estimate, ms. Default 500. */
  t1: number;
  /** Longest interval of non-INVITE requests and responses, ms. Default 4000. */
  t2: number;
  /** Timers B, D, F, H, J, L and M, ms. Default 64·T1. */
  timeoutMs: number;
  /** One second of Session-Expires (RFC 4028), ms. Default 1000; less only in tests: no session may be shorter than 90 of them. */
  secondMs: number;
}

/** SIP.js keeps its timers in one object of the process: stacks with other timers than the default must not share it with stacks that matter. */
export function settleTimers(asked: Partial<SipTimers> = {}): SipTimers {
  const t1 = asked.t1 ?? 500;
  const t2 = asked.t2 ?? 4000;
  const timeoutMs = asked.timeoutMs ?? 64 * t1;
  Object.assign(Timers, { T1: t1, T2: t2 });
  for (const name of ['B', 'F', 'H', 'L', 'M', 'N'] as const) Timers[`TIMER_${name}`] = timeoutMs;
  for (const name of ['D', 'I', 'J', 'K'] as const) Timers[`TIMER_${name}`] = 0;
  return { t1, t2, timeoutMs, secondMs: asked.secondMs ?? 1000 };
}
