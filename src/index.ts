/// <reference types="node" preserve="true" />
/** All that a scenario or vendor file imports from 'callsurge'. */
export { type AgentOptions, Call } from './call/call.ts';
export type { CallBack, CallBackOptions } from './call/call-back.ts';
export { caller } from './call/caller.ts';
export { type DialOptions, dial } from './call/dial.ts';
export type { PressOptions } from './call/press.ts';
export type { Attempt, RedialOptions } from './call/redial.ts';
export { sleep } from './call/sleep.ts';
export type { Span } from './call/streams.ts';
export type { Duration } from './duration.ts';
export { type CurveStage, curves } from './scenario/curves.ts';
export { patience, pause, talkTime } from './scenario/draws.ts';
export { check, fail } from './scenario/k6.ts';
export { SharedArray } from './scenario/k6-data.ts';
export { default as exec } from './scenario/k6-execution.ts';
export { Counter, Gauge, Rate, Trend } from './scenario/k6-metrics.ts';
export { replay } from './scenario/replay.ts';
export type { ExpectOptions, FaultAction, FaultStep, ReplayOptions, ScaleAction, ScaleStep, SurgeOptions } from './scenario/surge.ts';
export type { AgentGroup, BrowserAgent, Claims, Contract, DrawSpec, Hook, Secret, Trunk } from './vendor/profile.ts';
export { defineVendor, env, type VendorProfile } from './vendor/profile.ts';
