import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = readFileSync('docs/security.md', 'utf8');

test('each test that docs/security.md names exists', () => {
  const names = [...text.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => !existsSync(name))).toEqual([]);
});

test('each row of the threat model says by which test it is shown, or that the protocol allows it', () => {
  const model = text.slice(0, text.indexOf('\n## What associations share'));
  const rows = model.split('\n').filter((line) => /^\| (?!if \||attempt \|)/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  const unproved = rows.filter((row) => {
    const proof = row.split('|').at(-2)!;
    return !/`(?:test|wasm)\//.test(proof) && !/what happens \| – /.test(row) && !row.includes('possible: SCTP');
  });
  expect(unproved).toEqual([]);
});

test('each test that a row of the threat model quotes is in the file that it names', () => {
  const plain = (source: string) => source.replace(/\s+/g, ' ').replaceAll('’', "'");
  const quotes = [
    ...text.slice(0, text.indexOf('\n## What associations share')).matchAll(/`(test\/[\w/.-]+)`: ([^`|]*)/g),
  ];
  const sentences = quotes.flatMap(([, file, list]) => list!.split(';').map((each) => [file!, each.trim()] as const));
  const quoted = sentences.filter(([, sentence]) => sentence !== '');
  expect(quoted.length).toBeGreaterThan(20);
  expect(quoted.filter(([file, sentence]) => !plain(readFileSync(file, 'utf8')).includes(plain(sentence)))).toEqual([]);
});
