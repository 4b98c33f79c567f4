/**
 * Tells a caller that its agent is on the line. Caller and agent often sit in different workers, so the interface stands here and the broker
 * in engine/. Callers and agents only report what they see; matching, and the choice among methods, is the broker's (metrics.md, correlation).
 */
import type { CorrelationMethod } from '../record/schema.ts';

/** What a caller leg can be recognised by at an agent. */
export interface CallerKeys {
  call: string;
  /** Caller number presented: unique among the calls open at a time. */
  caller: string;
  /** User-to-User content (RFC 7433), if the scenario sent one. */
  uui?: string;
}

/** What an agent leg shows of its caller. All numbers and texts that may carry a key, best first: From, P-Asserted-Identity, User-to-User, X-headers. */
export interface AgentLeg {
  agent: string;
  leg: string;
  candidates: string[];
  at: number;
}

export interface AgentOnLine {
  agent: string;
  method: CorrelationMethod;
  at: number;
}

export interface CallerWatch {
  /** The call is over; nothing more is reported. */
  release(): void;
}

export interface Correlator {
  /** A caller dialled. The callbacks come in the order of the events, whatever worker they come from. */
  caller(
    keys: CallerKeys,
    on: { agent(seen: AgentOnLine): void; agentEnded(seen: { agent: string; at: number; by: 'agent' | 'vendor' }): void },
  ): CallerWatch;
  offered(leg: AgentLeg): void;
  answered(leg: AgentLeg): void;
  /** `by`: agent = our agent hung up first. */
  ended(leg: { agent: string; leg: string; at: number; by: 'agent' | 'vendor' }): void;
  /** Which caller a leg was matched to, once known (for the agent's row). */
  matched(leg: string): { call: string; method: CorrelationMethod } | undefined;
}

const NOBODY: CallerWatch = { release: () => undefined };

/** Where no agent is ours: nobody is asked, nobody answers. */
export const NO_AGENTS: Correlator = {
  caller: () => NOBODY,
  offered: () => undefined,
  answered: () => undefined,
  ended: () => undefined,
  matched: () => undefined,
};
