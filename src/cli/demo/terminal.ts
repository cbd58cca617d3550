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

const INDENT = '   ';
const LABEL_COLUMNS = 11;
const RULE_COLUMNS = 96;

/** Prints a line, indented below its heading. */
export function say(text: string = ''): void {
  process.stdout.write(text === '' ? '\n' : `${INDENT}${text}\n`);
}

export function title(text: string, remark: string): void {
  process.stdout.write(`\n${bold(text)}  ${dim(remark)}\n`);
}

export function heading(number: number, text: string): void {
  const rule = '─'.repeat(RULE_COLUMNS - text.length - 4);
  process.stdout.write(`\n${bold(blue(String(number)))}  ${bold(text)} ${dim(rule)}\n\n`);
}

/** Prints lines with a label before the first. */
export function fact(name: string, ...lines: readonly string[]): void {
  for (const [index, line] of lines.entries()) say(`${dim((index === 0 ? name : '').padEnd(LABEL_COLUMNS))}${line}`);
}

/** Prints an event with its time. */
export function event(atMs: number, what: string): void {
  say(`${bold(`${Math.round(atMs)} ms`.padStart(8))}   ${what}`);
}

export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => textOf(row[index]).length)),
  );
  const line = (cells: readonly (Cell | undefined)[]) =>
    columns.map((column, index) => aligned(cells[index] ?? '', widths[index] ?? 0, column.align)).join('   ');
  say(line(columns.map(({ title }) => ({ text: title, paint: dim }))).trimEnd());
  say(dim('─'.repeat(widths.reduce((sum, width) => sum + width + 3, -3))));
  for (const row of rows) say(line(row).trimEnd());
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
