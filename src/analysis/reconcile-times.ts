/** One call's times as each side tells them: its wait, its talk and what of it is billed. ms but for what is billed. */
import type { VendorCall, VendorClass } from '../record/schema.ts';

export interface Billing {
  /** Each call is rounded up to a multiple of this. */
  everyS: number;
  /** From the 200, or from the agent. */
  of: 'answered' | 'talk';
}

export interface OurCall {
  call: string;
  sipCallId: string;
  caller: string;
  inviteMs: number;
  answerMs: number | null;
  entryMs: number | null;
  agentMs: number | null;
  exitMs: number | null;
  endMs: number | null;
  agent: string | null;
  outcome: VendorClass;
  /** In the queue's formulas. */
  counts: boolean;
}

export const minus = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b);
const atLeastZero = (value: number | null) => (value === null ? null : Math.max(0, value));
export const ourWait = ({ entryMs, exitMs }: OurCall) => atLeastZero(minus(exitMs, entryMs));
export const ourTalk = ({ agentMs, endMs }: OurCall) => atLeastZero(minus(endMs, agentMs));
/** A report without the time of an agent (Asterisk's CDR) tells no wait of those who were answered. */
export const vendorWait = (row: VendorCall) =>
  row.waitMs ?? atLeastZero(minus(row.outcome === 'answered' ? row.agentMs : row.endMs, row.queueMs ?? row.startMs));
export const vendorTalk = (row: VendorCall) => row.talkMs ?? atLeastZero(minus(row.endMs, row.agentMs));
export const ourBillable = (call: OurCall, { of }: Billing) =>
  of === 'talk' ? ourTalk(call) : atLeastZero(minus(call.endMs, call.answerMs));
export const vendorBillable = (row: VendorCall, { of }: Billing) =>
  of === 'talk' ? (row.outcome === 'answered' ? vendorTalk(row) : null) : atLeastZero(minus(row.endMs, row.answerMs));

/** Seconds billed for one call: its time rounded up. Nothing for a call that took no time. */
export function billedS(ms: number | null, { everyS }: Billing): number | null {
  return ms === null ? null : Math.max(0, Math.ceil(ms / 1000 / everyS - 1e-9)) * everyS;
}
