import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
}

/** The rows of the connectx contract: the table of docs/architecture/connectx-rows.md. */
const ROWS: readonly string[] = [
  ...numbered('F', 14),
  ...numbered('S', 20),
  ...numbered('L', 21),
  ...numbered('D', 17),
  ...['EHOSTUNREACH', 'ENETDOWN', 'ECONNRESET', 'EPROTOTYPE'].map((code) => `Darwin ${code}`),
  'budget',
  'sources',
];

/** The row names at the beginning of test names, as in `test('D5, D6: …'` or `['L11: …'` in a table. */
function rowsIn(source: string): string[] {
  const names = source.matchAll(/['"`]((?:(?:[FSLD]\d+|Darwin E[A-Z]+|budget|sources)(?:, )?)+): /g);
  return [...names].flatMap(([, rows = '']) => rows.split(', '));
}

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.ts') && name !== 'rows.test.ts');
const tested = new Set(files.flatMap((name) => rowsIn(readFileSync(join(import.meta.dirname, name), 'utf8'))));

test('every row of the connectx contract has a test with its name', () => {
  expect(ROWS.filter((row) => !tested.has(row))).toEqual([]);
});

test('every row name in a test name exists in the contract', () => {
  expect([...tested].filter((row) => !ROWS.includes(row))).toEqual([]);
});

test('the documents list every row and every error code', () => {
  const read = (name: string) => readFileSync(`docs/${name}.md`, 'utf8');
  const manual = read('connectx') + read('architecture/connectx-rows');
  const codes = readFileSync('src/errors.ts', 'utf8').matchAll(/^ {2}\| '(E[A-Z0-9]+)'/gm);
  const missing = [...ROWS.filter((row) => /^[FSLD]\d/.test(row)), ...[...codes].map(([, code = '']) => code)].filter(
    (word) => !new RegExp(`\\b${word}\\b`).test(manual),
  );
  expect(missing).toEqual([]);
});
