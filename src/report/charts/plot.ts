/**
 * A chart that needs no script and no size: the lines are an SVG stretched over the plot (strokes keep their width), every text is HTML placed
 * in percent, so that letters stay letters on a telephone, on paper and at any zoom. Paths are exact steps: value i covers its whole step.
 */
import type { Series } from '../../analysis/model.ts';
import { type Html, html, type Part } from '../markup.ts';

/** Size of the SVG's own coordinates; one unit is 1/1000 of the width or of the height. */
const UNITS = 1000;

export const x = (ms: number, fromMs: number, toMs: number): number => round(((ms - fromMs) / (toMs - fromMs)) * UNITS);
export const y = (value: number, max: number): number => round(UNITS - (value / max) * UNITS);
export const percentX = (ms: number, fromMs: number, toMs: number): string => `${round((100 * (ms - fromMs)) / (toMs - fromMs), 3)}%`;
export const percentY = (value: number, max: number): string => `${round(100 - (100 * value) / max, 3)}%`;

function round(value: number, decimals = 1): number {
  const factor = 10 ** decimals;
  return Number.isFinite(value) ? Math.round(value * factor) / factor : 0;
}

/** The line of a series as steps; a null is a gap. */
export function stepPath(series: Series, fromMs: number, toMs: number, max: number): string {
  let path = '';
  let open = false;
  series.values.forEach((value, i) => {
    if (value === null) {
      open = false;
      return;
    }
    const left = x(series.startMs + i * series.stepMs, fromMs, toMs);
    const right = x(series.startMs + (i + 1) * series.stepMs, fromMs, toMs);
    const height = y(value, max);
    path += open ? `V${height}H${right}` : `M${left} ${height}H${right}`;
    open = true;
  });
  return path;
}

/** The area between a base (default zero) and base + series, as steps. */
export function stepArea(series: Series, fromMs: number, toMs: number, max: number, base?: readonly number[]): string {
  let path = '';
  for (let i = 0; i < series.values.length; i++) {
    if (!series.values[i]) continue;
    const first = i;
    let top = '';
    let bottom = '';
    for (; i < series.values.length && series.values[i]; i++) {
      const right = x(series.startMs + (i + 1) * series.stepMs, fromMs, toMs);
      const left = x(series.startMs + i * series.stepMs, fromMs, toMs);
      const floor = base?.[i] ?? 0;
      top += `V${y(floor + series.values[i]!, max)}H${right}`;
      bottom = `V${y(floor, max)}H${left}${bottom}`;
    }
    path += `M${x(series.startMs + first * series.stepMs, fromMs, toMs)} ${y(base?.[first] ?? 0, max)}${top}${bottom}Z`;
  }
  return path;
}

export interface PlotParts {
  className?: string;
  /** Inside the SVG, in its coordinates. */
  drawing: Part;
  /** HTML over the plot, placed in percent. */
  overlay?: Part;
  xTicks: { at: string; label: Part }[];
  yTicks: { at: string; label: Part }[];
  /** Script's data, for the tooltip. */
  data?: Part;
}

export function plot({ className = '', drawing, overlay, xTicks, yTicks, data }: PlotParts): Html {
  return html`<div class="plot ${className}"><div class="field"${data ? html` data-chart="${data}"` : null}>
<div class="grid">${yTicks.map((tick) => html`<i style="top:${tick.at}"></i>`)}</div>
<svg viewBox="0 0 ${UNITS} ${UNITS}" preserveAspectRatio="none" aria-hidden="true">${drawing}</svg>${overlay}
<div class="yt">${yTicks.map((tick) => html`<b style="top:${tick.at}">${tick.label}</b>`)}</div>
<div class="xt">${xTicks.map((tick) => html`<b style="left:${tick.at}">${tick.label}</b>`)}</div></div></div>`;
}
