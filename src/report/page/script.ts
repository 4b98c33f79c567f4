/**
 * The page's only script: a cursor and figures under the pointer, the definition behind a footnote's number, and the language remembered in
 * the address. Everything else works without it. It writes text nodes only, never markup.
 */
export const SCRIPT = `(() => {
'use strict';
const root = document.documentElement;
const radios = [...document.querySelectorAll('input.lang')];
const current = () => radios.find((radio) => radio.checked).value;
const follow = () => { root.lang = current(); };
if (location.hash === '#zh' || location.hash === '#en') radios[location.hash === '#zh' ? 1 : 0].checked = true;
for (const radio of radios) radio.addEventListener('change', follow);
follow();

const tip = document.createElement('div');
tip.id = 'tip';
document.querySelector('.page').append(tip);
const make = (name, text) => { const element = document.createElement(name); if (text !== undefined) element.textContent = text; return element; };
const show = (event, ...content) => {
  tip.replaceChildren(...content);
  tip.style.display = 'block';
  const box = tip.getBoundingClientRect();
  const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
  tip.style.left = Math.max(4, left) + 'px';
  tip.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - box.height - 4)) + 'px';
};
const hide = () => { tip.style.display = 'none'; for (const cursor of document.querySelectorAll('.cursor')) cursor.style.display = 'none'; };

const two = (value) => String(value).padStart(2, '0');
const clock = (ms) => {
  const s = Math.round(Math.abs(ms) / 1000), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return (ms < 0 ? '\\u2212' : '') + (h ? h + ':' + two(m) : m) + ':' + two(s % 60);
};
const number = (value, unit) => unit === 'ms'
  ? (value < 1000 ? (value < 100 ? Number(value.toFixed(1)) : Math.round(value)) + ' ms' : (value / 1000).toFixed(value < 10000 ? 2 : 1) + ' s')
  : Number(value.toFixed(unit === 'calls/s' ? 2 : 0)).toLocaleString('en-US');

const charts = [...document.querySelectorAll('[data-chart]')].map((area) => {
  const data = JSON.parse(document.getElementById('data-' + area.dataset.chart).textContent);
  const keys = [...area.closest('figure').querySelectorAll('.key')];
  const cursor = make('div');
  cursor.className = 'cursor';
  area.append(cursor);
  return { area, data, keys, cursor };
});
for (const chart of charts) {
  const { area, data, keys } = chart;
  area.addEventListener('pointermove', (event) => {
    const box = area.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const ms = data.from + share * (data.to - data.from);
    for (const other of charts) { other.cursor.style.left = 100 * share + '%'; other.cursor.style.display = 'block'; }
    const table = make('table');
    data.lines.forEach((line, i) => {
      const value = line.values[Math.floor((ms - line.from) / line.step)];
      const row = make('tr');
      const name = make('td', [...keys[i].querySelectorAll('span')].find((span) => span.lang === current())?.textContent ?? keys[i].textContent);
      row.append(name, make('td', value === null || value === undefined ? '\\u00b7' : number(value, data.unit)));
      table.append(row);
    });
    show(event, make('b', clock(ms)), table);
  });
  area.addEventListener('pointerleave', hide);
}
for (const link of document.querySelectorAll('a.fn')) {
  link.addEventListener('pointerenter', (event) => {
    const entry = document.getElementById(link.getAttribute('href').slice(1));
    if (entry) show(event, ...[...entry.childNodes].map((node) => node.cloneNode(true)));
  });
  link.addEventListener('pointerleave', hide);
}
})();`;
