import { blue, bold, type Cell, type Column, dim, eventLine, factLines, tableLines } from '../terminal.js';

const INDENT = '   ';
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
  sayAll(factLines(name, ...lines));
}

/** Prints an event with its time. */
export function event(atMs: number, what: string): void {
  say(eventLine(atMs, what));
}

export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
  sayAll(tableLines(columns, rows));
}

export function sayAll(lines: readonly string[]): void {
  for (const line of lines) say(line);
}
