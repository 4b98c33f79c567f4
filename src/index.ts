/** All that a scenario or vendor file imports from 'callsurge'. */
export type { Duration } from './duration.ts';
export type { FaultStep, ScaleStep, SurgeOptions } from './scenario/surge.ts';
export { defineVendor, env, type VendorProfile } from './vendor/profile.ts';
