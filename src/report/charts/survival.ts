/** The Kaplan–Meier curve of the wait: share of callers still waiting after t, with the service level's threshold. */
import { count, percent, plain } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { both } from '../messages/say.ts';
import { percentX, percentY, plot, x, y } from './plot.ts';
import { durationAxis } from './scale.ts';

export function survivalChart(points: readonly { ms: number; share: number }[], thresholdMs: number): Html {
  const axis = durationAxis(Math.max(thresholdMs * 1.1, ...points.map((point) => point.ms)));
  let path = `M0 ${y(1, 1)}`;
  for (const point of points) path += `H${x(point.ms, 0, axis.max)}V${y(point.share, 1)}`;
  const unit = axis.max < 300_000 ? { ms: 1000, symbol: 's' } : { ms: 60_000, symbol: 'min' };
  return html`<figure class="chart" id="chart-survival"><figcaption><span class="title">${both('chart.survival')}</span></figcaption>${plot(
    {
      drawing: html`<path class="line c-queued" d="${path}"/>`,
      overlay: html`<div class="upright" style="left:${percentX(thresholdMs, 0, axis.max)}"><span>T = ${count(thresholdMs / 1000)} s</span></div>`,
      xTicks: axis.ticks.map((ms) => ({ at: percentX(ms, 0, axis.max), label: ms === 0 ? '0' : `${count(ms / unit.ms)} ${unit.symbol}` })),
      yTicks: [0, 0.25, 0.5, 0.75, 1].map((share) => ({ at: percentY(share, 1), label: plain(percent(share)) })),
    },
  )}</figure>`;
}
