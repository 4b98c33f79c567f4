/** What the analysis says of the queue beyond its waits: order, offers, idle time, slices, and theory beside measurement. */
import type { Ratio, Spread } from './model.ts';

/** Callers passed over while they waited (order.ts). */
export interface OrderFigures {
  /** Callers overtaken at least once, of all who could have been. */
  overtaken: Ratio;
  /** Pairs of the overtaken and who overtook. */
  pairs: number;
  /** Most that passed one caller. */
  most: number;
  /** The first of them: call, the first that passed it, when, and by how many it was passed. */
  examples: { call: string; by: string; atMs: number; callers: number }[];
}

/** Offers that should not have been, and how evenly the others went (offers.ts). Whole 0: not measured. */
export interface OfferFigures {
  ghosts: Ratio;
  lingering: Ratio;
  duplicates: Ratio;
  misrouted: Ratio;
  longestIdle: Ratio;
  /** How much longer somebody else of the same skills had been idle, ms. */
  idleDeviation: Spread;
  callsPerAgent: Spread;
  /** The first of each kind, in order of time. `call` null: nobody of ours. */
  examples: OfferExample[];
}

export interface OfferExample {
  kind: 'ghost' | 'lingering' | 'duplicate' | 'misrouted';
  call: string | null;
  caller: string;
  agent: string;
  atMs: number;
}

export interface IdleFigures {
  /** Time in which an agent was idle although somebody waited whom it could serve; in seconds, and in seconds times such agents. */
  seconds: number;
  agentSeconds: number;
  longestMs: number;
  graceMs: number;
  /** The first stretches, and the agents who sat idle in them. */
  spans: { fromMs: number; toMs: number; agents: string[] }[];
}

/** What came of promises to call back (call-backs.ts). */
export interface CallBackFigures {
  /** Called, of those who asked. */
  made: Ratio;
  answered: Ratio;
  /** Of the vendor's calls to numbers of ours, those that somebody waited for. */
  matched: Ratio;
  timeMs: Spread;
}

export interface AgentGroupFigures {
  /** `support+vip`. */
  skills: string;
  /** Those that were offered anything. */
  agents: number;
  offered: number;
  answered: number;
  missed: number;
  rejected: number;
  /** Time spent ringing, and from answer to the end of wrap-up. */
  ringMs: number;
  busyMs: number;
}

/** The queue's main figures for one key (slices.ts). */
export interface QueueSlice {
  key: string;
  asked: number;
  answered: number;
  abandoned: number;
  blocked: number;
  /** An≤T/(An+Ab). */
  serviceLevel: Ratio;
  abandonment: Ratio;
  asaMs: number | null;
  p95Ms: number | null;
  longestMs: number | null;
}

export interface RoutingFigures {
  fifo: OrderFigures;
  priority: OrderFigures;
  /** The first one, among callers whom the same node answered; null where the record shows one node at most. */
  fifoSameSite: OrderFigures | null;
  offers: OfferFigures;
  /** Null without agents of ours. */
  idle: IdleFigures | null;
  groups: AgentGroupFigures[];
  bySkill: QueueSlice[];
  byClass: QueueSlice[];
  /** Key: start of the minute, Clock ms, ascending. */
  byMinute: QueueSlice[];
}

/** What a queue of the same load should do, beside what it did (modelling.ts). */
export interface ModelledSpan {
  which: 'whole' | 'peak';
  fromMs: number;
  toMs: number;
  calls: number;
  perSecond: number;
  handlingMs: number;
  /** From agents' rows (answer to end of wrap-up), or only from talk time. */
  handlingFrom: 'agents' | 'talk';
  /** Total wait over those who gave up; null: nobody did. */
  patienceMs: number | null;
  agents: number;
  measured: ModelRow;
  /** Null where no steady state exists: more work than agents. */
  erlangC: ModelRow | null;
  erlangA: ModelRow | null;
}

export interface ModelRow {
  waiting: number | null;
  meanWaitMs: number | null;
  asaMs: number | null;
  serviceLevel: number | null;
  abandonment: number | null;
  occupancy: number | null;
}

export interface WhatIf {
  agents: number;
  expected: ModelRow;
}

/** Each skill alone, over the stretch of the last of `spans`. */
export interface SkillModels {
  /** Agents of several of these skills, shared out among them by the work of each. */
  shared: number;
  spans: (ModelledSpan & { skill: string; needed: number | null })[];
}

export interface ModelFigures {
  spans: ModelledSpan[];
  /** Null or absent: one skill, or not known. */
  bySkill?: SkillModels | null;
  thresholdMs: number;
  /** The level that `needed` is for: the claim's, else 80 %. */
  level: number;
  /** At the peak's load, by Erlang A. */
  needed: number | null;
  whatIf: WhatIf[];
}
