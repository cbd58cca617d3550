/** Adds a style to text. Does nothing if colours are off (https://no-color.org) or can't be shown. */
export type Paint = (text: string) => string;

/** A cell of a table: plain or styled text. */
export type Cell = string | { readonly text: string; readonly paint: Paint };

/** A column of a table. */
export type Column = { readonly title: string; readonly align?: 'left' | 'right' };

const { NO_COLOR } = process.env;
const isColoured = process.stdout.isTTY === true && !NO_COLOR;

function paint(start: number, end: number): Paint {
  return (text) => (isColoured ? `\x1b[${start}m${text}\x1b[${end}m` : text);
}

export const bold: Paint = paint(1, 22);
export const dim: Paint = paint(2, 22);
export const red: Paint = paint(31, 39);
export const green: Paint = paint(32, 39);
export const yellow: Paint = paint(33, 39);
export const blue: Paint = paint(34, 39);

const LABEL_COLUMNS = 11;

/** Lines with a label before the first. */
export function factLines(name: string, ...lines: readonly string[]): string[] {
  return lines.map((line, index) => `${dim((index === 0 ? name : '').padEnd(LABEL_COLUMNS))}${line}`);
}

/** The line of an event, with its time. */
export function eventLine(atMs: number, what: string): string {
  return `${bold(`${Math.round(atMs)} ms`.padStart(8))}   ${what}`;
}

/** The lines of a table: titles, a rule and the rows. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => textOf(row[index]).length)),
  );
  const line = (cells: readonly (Cell | undefined)[]) =>
    columns
      .map((column, index) => aligned(cells[index] ?? '', widths[index] ?? 0, column.align))
      .join('   ')
      .trimEnd();
  const titles = line(columns.map(({ title }) => ({ text: title, paint: dim })));
  const rule = dim('─'.repeat(widths.reduce((sum, width) => sum + width + 3, -3)));
  return [titles, rule, ...rows.map(line)];
}

function aligned(cell: Cell, width: number, align: Column['align'] = 'left'): string {
  const text = textOf(cell);
  const space = ' '.repeat(width - text.length);
  const painted = typeof cell === 'string' ? cell : cell.paint(text);
  return align === 'left' ? painted + space : space + painted;
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '');
}
