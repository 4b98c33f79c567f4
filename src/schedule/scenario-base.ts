/** What every executor's configuration has, and how k6's header says it. */
import { formatDuration } from '../duration.ts';
import type { ScenarioPlan } from './executor.ts';
import type { Fields } from './fields.ts';
import type { Replay } from './replay.ts';

export interface ScenarioBase {
  name: string;
  exec: string;
  startTimeMs: number;
  gracefulStopMs: number;
  env: Record<string, string>;
  tags: Record<string, string>;
}

/** Chance for the whole run: how arrivals are spaced, and from which seed. */
export interface Spacing {
  arrivals: 'even' | 'poisson';
  seed: number;
  /** A log whose times one scenario takes instead of its own. */
  replay?: Replay | undefined;
}

export function checkBase(name: string, fields: Fields): ScenarioBase {
  return {
    name,
    exec: fields.string('exec', 'default'),
    startTimeMs: fields.duration('startTime', 0),
    gracefulStopMs: fields.duration('gracefulStop', '30s'),
    env: fields.texts('env'),
    tags: fields.texts('tags'),
  };
}

/** The part in brackets: what is special about it, then what is not the default, as k6 prints it. */
export function describe(what: string, base: ScenarioBase, own: string[] = []): string {
  const details = [
    ...own,
    ...(base.exec === 'default' ? [] : [`exec: ${base.exec}`]),
    ...(base.startTimeMs > 0 ? [`startTime: ${formatDuration(base.startTimeMs)}`] : []),
    ...(base.gracefulStopMs > 0 ? [`gracefulStop: ${formatDuration(base.gracefulStopMs)}`] : []),
  ];
  return details.length > 0 ? `${what} (${details.join(', ')})` : what;
}

/** The plan's fields that are the configuration's own. */
export function planBase({
  name,
  exec,
  startTimeMs,
  gracefulStopMs,
  env,
  tags,
}: ScenarioBase): Omit<ScenarioPlan, 'executor' | 'durationMs' | 'drive' | 'description'> {
  return { name, exec, startTimeMs, gracefulStopMs, env, tags };
}

export interface Stage {
  durationMs: number;
  target: number;
}

export function checkStages(fields: Fields): Stage[] {
  const stages = fields.list('stages').map((stage) => {
    const checked = { durationMs: stage.duration('duration'), target: stage.integer('target', 0) };
    stage.end();
    return checked;
  });
  if (stages.length === 0) throw fields.invalid('stages', 'must have at least one stage');
  return stages;
}

export const stagesMs = (stages: Stage[]) => stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
export const overStages = (stages: Stage[]) => `${formatDuration(stagesMs(stages))} over ${stages.length} stages`;
