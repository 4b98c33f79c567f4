/** What the report's head says about the run: read with care from run.json, whose vendor part is somebody's profile. */
import type { RunAnalysis } from '../analysis/model.ts';
import { isTimeZone } from './format.ts';

export interface Subject {
  vendor: string;
  /** Shared, dedicated …: null where the profile does not say. */
  trial: string | null;
  contact: string | null;
  /** IANA name: the contract's, else the machine's. */
  timeZone: string;
  /** When the load began: zero of the charts. */
  zeroMs: number;
  lengthMs: number;
}

export function subjectOf(analysis: RunAnalysis, timeZone?: string): Subject {
  const { meta, validity } = analysis;
  const vendor = field(meta.vendor, 'title') ?? field(meta.vendor, 'name');
  const zone = [timeZone, field(meta.vendor, 'contract', 'timezone')].find(isTimeZone);
  return {
    vendor: typeof vendor === 'string' && vendor !== '' ? vendor : '?',
    trial: textOf(field(meta.vendor, 'trial', 'type')),
    contact: textOf(field(meta.vendor, 'contract', 'contact', 'name')),
    timeZone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    zeroMs: meta.loadStartMs ?? meta.startMs,
    lengthMs: Math.max(0, (meta.end?.endMs ?? validity.lastMs) - meta.startMs),
  };
}

function field(value: unknown, ...path: string[]): unknown {
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
