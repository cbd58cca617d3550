import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { SctpError } from '../src/errors.js';

const read = (file: string) => readFileSync(file, 'utf8');
const document = read('docs/errors.md');
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('generated/'))
  .map((name) => read(join('src', name)));

/** The codes of `ErrorCode`: TypeScript lets no other be thrown. */
const codes = [...(/export type ErrorCode =([^;]*);/.exec(read('src/errors.ts'))?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
  ([, code]) => code,
);
/** The sections of the document, by the code that is their heading. */
const sections = new Map(
  document
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split('\n')[0], section]),
);

test('an error has the details that are known, and no others', () => {
  const details = { syscall: 'connectx', port: 5001 };
  expect(Object.keys(new SctpError('ETIMEDOUT', 'late', details)).sort()).toEqual(['code', 'name', 'port', 'syscall']);
  expect(inspect(new SctpError('ETIMEDOUT', 'late'))).not.toContain('undefined');
});

test('docs/errors.md has a section for every code, in order, and for no other', () => {
  expect(codes.length).toBeGreaterThan(30);
  expect([...sections.keys()]).toEqual(codes);
});

test('every message that docs/errors.md quotes is one of the sources', () => {
  const all = sources.join('\n').replaceAll("\\'", "'");
  const quoted = [...document.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message = '']) => message);
  const messages = quoted.filter((message) => message.includes(' '));
  expect(messages.length).toBeGreaterThan(70);
  expect(messages.filter((message) => !all.includes(message))).toEqual([]);
});

test('every message of the sources is found in docs/errors.md by its code', () => {
  const missing = sources.flatMap((text) => {
    const thrown = text.matchAll(
      /(?:SctpError|failed|error|unreachable)\(\s*'(E[A-Z0-9]+)',\s*(?:'((?:\\'|[^'])*)'|"([^"]*)"|`((?:\\`|[^`])*)`)/g,
    );
    return [...thrown].flatMap(([, code = '', ...texts]) => {
      const message = (texts.find((each) => each !== undefined) ?? '').replaceAll("\\'", "'");
      const words = message.replaceAll(/\$\{[^}]*\}/g, '').match(/[a-z]{2,}/gi) ?? [];
      // EINVAL names the argument, whatever it is; messages of variables only are quoted where these are set.
      if (code === 'EINVAL' || words.length < 3) return [];
      const rows = [...(sections.get(code)?.matchAll(/^\| `([^`]+)` \|/gm) ?? [])].map(([, quoted = '']) => quoted);
      return rows.some((quoted) => message.includes(quoted)) ? [] : `${code} ${message}`;
    });
  });
  expect(missing).toEqual([]);
});

test('every code that the sources pass to an error is documented with causes', () => {
  const thrown = new Set(
    sources.flatMap((text) => [
      ...[...text.matchAll(/(?:SctpError|fail|failed|error|unreachable)\(\s*'(E[A-Z0-9]+)'/g)].map(([, code]) => code),
    ]),
  );
  expect(thrown.size).toBeGreaterThan(20);
  for (const code of thrown) expect(sections.get(code), code).toMatch(/^\| `/m);
});
