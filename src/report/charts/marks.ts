/**
 * What every time chart shows besides its own lines: the span of time, faults with their outages, scaling, alarms, marks, and the spans in
 * which the instrument was unhealthy. Worked out once a report, so that all charts line up.
 */
import type { RunAnalysis } from '../../analysis/model.ts';
import type { EventKind, EventRow } from '../../record/schema.ts';
import { endOf } from './series.ts';

export interface Mark {
  /** Number of the chip on the charts and of the row in the table. */
  number: number;
  kind: 'fault' | 'scale' | 'alarm' | 'mark' | 'abort' | 'drain' | 'connection';
  name: string;
  /** What happened: start, failed … in the record's own words; texts translate those they know. */
  action: string;
  target: string;
  by: string;
  atMs: number;
  endMs: number | null;
}

export interface Band {
  kind: 'fault' | 'outage' | 'unhealthy' | 'beyond';
  fromMs: number;
  toMs: number;
}

export interface Frame {
  fromMs: number;
  toMs: number;
  /** Zero of the axis: when the load began. */
  zeroMs: number;
  marks: Mark[];
  bands: Band[];
  /** Marks beyond what a chart can carry: they are in events.csv. */
  moreMarks: number;
}

const SHOWN: Partial<Record<EventKind, Mark['kind']>> = { alarm: 'alarm', mark: 'mark', abort: 'abort', drain: 'drain' };
const MOST_MARKS = 60;

export function frameOf(analysis: RunAnalysis, zeroMs: number): Frame {
  const series = Object.values(analysis.concurrency.series);
  const starts = series.map((one) => one.startMs).filter(Number.isFinite);
  const fromMs = starts.length > 0 ? Math.min(...starts) : zeroMs;
  const toMs = Math.max(fromMs + 1000, ...series.map(endOf).filter(Number.isFinite));
  const marks = marksOf(analysis);
  const inside = marks.filter((mark) => mark.atMs >= fromMs - 1 && mark.atMs <= toMs + 1);
  const shown = inside.slice(0, MOST_MARKS).map((mark, i) => ({ ...mark, number: i + 1 }));
  return { fromMs, toMs, zeroMs, marks: shown, bands: bandsOf(analysis, fromMs, toMs), moreMarks: marks.length - shown.length };
}

/** Faults and scaling by their figures (start of effect); everything else, and what has no figure, by its event. */
function marksOf(analysis: RunAnalysis): Mark[] {
  const marks: Omit<Mark, 'number'>[] = [];
  for (const fault of analysis.faults) {
    if (fault.startMs === null) continue;
    marks.push({ kind: 'fault', name: fault.name, action: 'start', target: fault.target, by: '', atMs: fault.startMs, endMs: fault.endMs });
    if (fault.endMs !== null)
      marks.push({ kind: 'fault', name: fault.name, action: 'end', target: fault.target, by: '', atMs: fault.endMs, endMs: null });
  }
  for (const scale of analysis.scaling) {
    if (scale.triggerMs === null) continue;
    marks.push({ kind: 'scale', name: scale.name, action: 'accepted', target: '', by: '', atMs: scale.triggerMs, endMs: null });
    if (scale.scaleUpMs !== null)
      marks.push({
        kind: 'scale',
        name: scale.name,
        action: 'reached',
        target: '',
        by: '',
        atMs: scale.triggerMs + scale.scaleUpMs,
        endMs: null,
      });
  }
  for (const event of analysis.events) {
    const kind = kindOf(event);
    if (!kind || event.t_ms === null) continue;
    if (kind === 'connection') {
      // Who broke it is not known; what was said of it is.
      const said = (event.detail as { message?: unknown } | null)?.message;
      const target = typeof said === 'string' ? said : '';
      marks.push({ kind, name: '', action: event.action ?? '', target, by: '', atMs: event.t_ms, endMs: null });
      continue;
    }
    marks.push({
      kind,
      name: event.name ?? '',
      action: event.action ?? '',
      target: event.target ?? '',
      by: event.by ?? '',
      atMs: event.t_ms,
      endMs: null,
    });
  }
  return marks.sort((a, b) => a.atMs - b.atMs).map((mark, i) => ({ ...mark, number: i + 1 }));
}

/** Faults and scaling that took effect are drawn from their figures; what remains of their events is what did not go as asked. */
const ASIDE = new Set(['failed', 'end-failed', 'ready']);

function kindOf(event: EventRow): Mark['kind'] | null {
  if (event.kind === 'fault' || event.kind === 'scale') return ASIDE.has(event.action ?? '') ? event.kind : null;
  // Of the warnings only this one is an event of the line.
  if (event.kind === 'warning' && event.name === 'connection') return 'connection';
  return SHOWN[event.kind as EventKind] ?? null;
}

function bandsOf(analysis: RunAnalysis, fromMs: number, toMs: number): Band[] {
  const bands: Band[] = analysis.health.unhealthy.map((span) => ({ kind: 'unhealthy', fromMs: span.fromMs, toMs: span.toMs }));
  for (const fault of analysis.faults) {
    if (fault.startMs !== null) bands.push({ kind: 'fault', fromMs: fault.startMs, toMs: fault.endMs ?? toMs });
    for (const outage of fault.firstTry.outages) bands.push({ kind: 'outage', fromMs: outage.startMs, toMs: outage.endMs ?? toMs });
  }
  if (!analysis.validity.complete) bands.push({ kind: 'beyond', fromMs: analysis.validity.lastMs, toMs });
  return bands
    .map((band) => ({ ...band, fromMs: Math.max(fromMs, band.fromMs), toMs: Math.min(toMs, band.toMs) }))
    .filter((band) => band.toMs > band.fromMs);
}
