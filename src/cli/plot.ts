/** How a plot is drawn. */
export interface PlotOptions {
  /** How many lines the highest column takes. */
  readonly height: number;
  /** How many columns there are at most. More values are averaged in groups. */
  readonly width: number;
  /** Formats a value of the axis. */
  readonly label: (value: number) => string;
}

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The lines of a plot: a column for each value, from 0 to the highest one, with an axis on the left. */
export function plotLines(values: readonly number[], { height, width, label }: PlotOptions): string[] {
  const columns = grouped(values, width);
  const top = niceCeiling(Math.max(...columns, 0));
  const labels = Array.from({ length: height }, (_, row) =>
    row % 2 === 0 ? label((top * (height - row)) / height) : '',
  );
  const indent = Math.max(label(0).length, ...labels.map(({ length }) => length));
  const rows = labels.map((text, row) => {
    const floor = height - 1 - row;
    const cells = columns.map((value) => block((value / top) * height - floor));
    return `${text.padStart(indent)} ┤${cells.join('')}`.trimEnd();
  });
  return [...rows, `${label(0).padStart(indent)} └${'─'.repeat(columns.length)}`];
}

/** The means of equal groups of values, so that there are no more than `count`. */
function grouped(values: readonly number[], count: number): number[] {
  const size = Math.max(1, Math.ceil(values.length / count));
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) => {
    const group = values.slice(index * size, (index + 1) * size);
    return group.reduce((sum, value) => sum + value, 0) / group.length;
  });
}

function block(fill: number): string {
  return BLOCKS[Math.round(8 * Math.min(1, Math.max(0, fill)))] ?? ' ';
}

/** The next number of 1, 2, 2.5, 5 or 10 times a power of ten; 1 for 0. */
function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}
