/** What the report's head says about the run: read with care from run.json, whose vendor part is somebody's profile. */
import type { RunAnalysis } from '../analysis/model.ts';
import { isTimeZone } from './format.ts';

export interface Subject {
  vendor: string;
  /** Title of the scenario, else its file. */
  title: string;
  /** File and folder of the scenario: where it lies on somebody's machine is nobody's business. */
  scenarioFile: string;
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
  const scenarioFile = meta.scenario.file.split(/[\\/]/).slice(-2).join('/');
  return {
    title: meta.scenario.title || scenarioFile,
    scenarioFile,
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
