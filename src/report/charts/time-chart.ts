/** Lines or stacked areas over the time of the run, with the frame's marks and shaded spans, a legend, and the claim as a line. */
import type { Series } from '../../analysis/model.ts';
import { count, elapsed } from '../format.ts';
import { type Html, html, jsonBlock, type Part } from '../markup.ts';
import { both, bothOr } from '../messages/say.ts';
import type { Band, Frame, Mark } from './marks.ts';
import { percentX, percentY, plot, stepArea, stepPath, x } from './plot.ts';
import { durationAxis, timeTicks, valueAxis } from './scale.ts';
import { isEmpty, largest } from './series.ts';

export interface Line {
  /** Class of the colour: c-answered … (style.ts). */
  colour: string;
  name: Html | string;
  series: Series;
  /** line (default), area under a line, or dashed. */
  draw?: 'line' | 'area' | 'dashed';
}

export interface TimeChart {
  id: string;
  title: Html;
  unit: 'calls' | 'calls/s' | 'ms';
  lines: Line[];
  /** Each line stands on the one before. */
  stacked?: boolean;
  /** A promised or agreed value, drawn across. */
  reference?: { value: number; label: Html };
  tall?: boolean;
}

export function timeChart(chart: TimeChart, frame: Frame): Html {
  const { fromMs, toMs, zeroMs } = frame;
  const stack = chart.stacked ? stackOf(chart.lines) : null;
  const top = Math.max(
    stack ? Math.max(0, ...stack.tops) : largest(...chart.lines.map((line) => line.series)),
    chart.reference?.value ?? 0,
  );
  const nothing = chart.lines.every((line) => isEmpty(line.series));
  const axis = chart.unit === 'ms' ? durationAxis(top * 1.02) : valueAxis(top * 1.02, chart.unit === 'calls');
  const areas = chart.lines.map((line, i) => {
    const { series, colour } = line;
    if (stack) return html`<path class="stack ${colour}" d="${stepArea(series, fromMs, toMs, axis.max, stack.bases[i])}"/>`;
    const area = line.draw === 'area' ? html`<path class="under ${colour}" d="${stepArea(series, fromMs, toMs, axis.max)}"/>` : null;
    return html`${area}<path class="line ${line.draw === 'dashed' ? 'dashed' : ''} ${colour}" d="${stepPath(series, fromMs, toMs, axis.max)}"/>`;
  });
  const label = (tick: number) => (chart.unit === 'ms' ? axisDuration(tick, axis.max) : count(tick));
  return html`<figure class="chart" id="chart-${chart.id}"><figcaption><span class="title">${chart.title}</span>${legend(chart, frame)}</figcaption>
${plot({
  className: chart.tall ? 'tall' : '',
  drawing: html`${frame.bands.map((band) => bandOf(band, frame))}${areas}`,
  overlay: html`${reference(chart, axis.max)}${marksOver(frame)}${nothing ? html`<p class="empty">${both('chart.empty')}</p>` : null}`,
  xTicks: timeTicks(fromMs, toMs, zeroMs).map((ms) => ({ at: percentX(ms, fromMs, toMs), label: elapsed(ms - zeroMs) })),
  yTicks: axis.ticks.map((tick) => ({ at: percentY(tick, axis.max), label: label(tick) })),
  data: chart.id,
})}${dataOf(chart, frame)}</figure>`;
}

function reference(chart: TimeChart, max: number): Part {
  if (!chart.reference) return null;
  return html`<div class="reference" style="top:${percentY(chart.reference.value, max)}"><span>${chart.reference.label}</span></div>`;
}

function bandOf(band: Band, { fromMs, toMs }: Frame): Html {
  const left = x(band.fromMs, fromMs, toMs);
  const width = Math.max(1, x(band.toMs, fromMs, toMs) - left);
  // The outage is a strip along the bottom, so that it can be told from the fault that caused it.
  return band.kind === 'outage'
    ? html`<rect class="b-outage" x="${left}" y="978" width="${width}" height="22"/>`
    : html`<rect class="b-${band.kind}" x="${left}" y="0" width="${width}" height="1000"/>`;
}

/** Lines with numbered chips above the plot; chips that would cover each other go one row up. */
function marksOver(frame: Frame): Html {
  const lastAt: number[] = [];
  return html`<div class="marks">${frame.marks.map((mark) => {
    const at = (mark.atMs - frame.fromMs) / (frame.toMs - frame.fromMs);
    const free = lastAt.findIndex((last) => at - last > 0.026);
    const row = free >= 0 ? free : lastAt.length < 3 ? lastAt.length : 0;
    lastAt[row] = at;
    return html`<a class="mark m-${mark.kind} row${row}" href="#mark-${mark.number}" style="left:${percentX(mark.atMs, frame.fromMs, frame.toMs)}" title="${titleOf(mark, frame)}"><i>${mark.number}</i></a>`;
  })}</div>`;
}

const titleOf = (mark: Mark, frame: Frame) =>
  `${mark.number} · ${elapsed(mark.atMs - frame.zeroMs)} · ${[mark.kind, mark.name, mark.action].filter(Boolean).join(' ')}`;

function legend(chart: TimeChart, frame: Frame): Html {
  const bands = [...new Set(frame.bands.map((band) => band.kind))];
  return html`<span class="legend">${chart.lines.map(
    (line) =>
      html`<span class="key"><i class="swatch ${chart.stacked ? 'stack' : (line.draw ?? 'line')} ${line.colour}"></i>${line.name}</span>`,
  )}<span class="keys">${bands.map((kind) => html`<span class="key"><i class="swatch b-${kind}"></i>${bothOr(kind === 'beyond' ? 'chart.record-end' : `chart.${kind}`, kind)}</span>`)}</span></span>`;
}

/** Bases and tops of a stack: lines of unlike length stand on what is there. */
function stackOf(lines: readonly Line[]): { bases: number[][]; tops: number[] } {
  const length = Math.max(0, ...lines.map((line) => line.series.values.length));
  const tops = new Array<number>(length).fill(0);
  const bases = lines.map((line) => {
    const base = [...tops];
    line.series.values.forEach((value, i) => {
      tops[i]! += value ?? 0;
    });
    return base;
  });
  return { bases, tops };
}

/** Axis labels in one unit all the way up: 0, 5 s, 10 s rather than 500 ms, 1.00 s. */
function axisDuration(ms: number, max: number): string {
  if (ms === 0) return '0';
  if (max < 1000) return `${count(ms)} ms`;
  if (max < 300_000) return `${count(ms / 1000)} s`;
  return max < 10_800_000 ? `${count(ms / 60_000)} min` : `${count(ms / 3_600_000)} h`;
}

/** What the tooltip shows. Names stay in the page (the legend), so that they are in the reader's language. */
function dataOf(chart: TimeChart, frame: Frame): Html {
  const lines = chart.lines.map(({ series }) => ({
    from: Math.round(series.startMs - frame.zeroMs),
    step: series.stepMs,
    values: series.values.map((value) => (value === null ? null : Number(value.toPrecision(5)))),
  }));
  const data = { unit: chart.unit, from: frame.fromMs - frame.zeroMs, to: frame.toMs - frame.zeroMs, lines };
  return html`<script type="application/json" id="data-${chart.id}">${jsonBlock(data)}</script>`;
}
