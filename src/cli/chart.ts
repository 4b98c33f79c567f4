/** A small chart for terminals: one column per step, eighths of a block. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * @param values equal steps in time; reduced to `width` columns by their largest value
 * @returns `height` lines with the scale at the left, and a time axis
 */
export function chart(values: readonly number[], options: { width?: number; height?: number; totalLabel: string; unit: string }): string[] {
  const { width = 72, height = 6, totalLabel, unit } = options;
  const length = Math.min(width, values.length);
  const columns = Array.from({ length }, (_, i) => {
    const from = Math.floor((i * values.length) / length);
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / length));
    return Math.max(0, ...values.slice(from, to));
  });
  const top = Math.max(...columns, 0);
  const label = (value: number) =>
    value
      .toPrecision(3)
      .replace(/\.?0+$/, '')
      .padStart(7);
  const lines: string[] = [];
  for (let row = height - 1; row >= 0; row--) {
    const cells = columns.map((value) => {
      const eighths = top === 0 ? 0 : Math.round((value / top) * height * 8) - row * 8;
      return BLOCKS[Math.max(0, Math.min(8, eighths))];
    });
    lines.push(`${row === height - 1 ? label(top) : row === 0 ? label(0) : ' '.repeat(7)} │${cells.join('')}`.trimEnd());
  }
  lines.push(`${' '.repeat(7)} └${'─'.repeat(columns.length)}`);
  lines.push(`${' '.repeat(9)}0s${totalLabel.padStart(Math.max(1, columns.length - 2))}   ${unit}`);
  return lines;
}
