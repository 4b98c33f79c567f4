/**
 * Asterisk's queue_log, several lines a call: `epoch|uniqueid|queue|agent|event|data…`, in whole seconds (or with a fraction).
 *
 *   ENTERQUEUE    url | caller                  the call
 *   CONNECT       hold s | agent channel | ring answered by an agent
 *   COMPLETE…     hold s | talk s               over, after an agent
 *   ABANDON       position | … | wait s         gave up
 *   EXITWITHTIMEOUT, EXITEMPTY, EXITWITHKEY     left the queue another way: other
 */
import { CallsurgeError } from '../errors.ts';
import type { VendorCall } from '../record/schema.ts';

export function queueLogCalls(text: string, name: string, bad: (problem: CallsurgeError) => void): VendorCall[] {
  const calls = new Map<string, VendorCall>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [at = '', id = '', , agent = '', event = '', ...data] = line.split('|');
    const refuse = (column: string, what: string) =>
      bad(
        new CallsurgeError('log-invalid', what, {
          where: `${name} row ${i + 1}, column "${column}"`,
          todo: 'give Asterisk’s queue_log as it is',
        }),
      );
    if (!/^\d+(\.\d+)?$/.test(at)) {
      refuse('time', 'the line does not begin with seconds since 1970');
      continue;
    }
    const atMs = Math.round(Number(at) * 1000);
    if (event === 'ENTERQUEUE') {
      calls.set(id, entered(i + 1, data[1] ?? '', atMs));
      continue;
    }
    const call = calls.get(id);
    if (!call) continue;
    const seconds = (index: number): number | null => {
      const value = data[index] ?? '';
      if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
      refuse(`data${index + 1}`, `${event} has no number of seconds there`);
      return null;
    };
    if (event === 'CONNECT') Object.assign(call, { outcome: 'answered', agent, agentMs: atMs, waitMs: seconds(0) });
    else if (event === 'COMPLETEAGENT' || event === 'COMPLETECALLER') Object.assign(call, { endMs: atMs, talkMs: seconds(1) });
    else if (event === 'ABANDON') Object.assign(call, { outcome: 'abandoned', endMs: atMs, waitMs: seconds(2) });
    else if (event.startsWith('EXIT')) Object.assign(call, { outcome: 'other', endMs: atMs });
  }
  return [...calls.values()];
}

const entered = (row: number, caller: string, atMs: number): VendorCall => ({
  row,
  sipCallId: '',
  caller,
  startMs: null,
  answerMs: null,
  queueMs: atMs,
  agentMs: null,
  endMs: null,
  waitMs: null,
  talkMs: null,
  billedS: null,
  agent: null,
  recording: null,
  outcome: 'other',
});
