import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sysctls } from '../src/generated/sysctls.js';
import { options } from '../src/socket/options/options.js';
import { COUNTERS } from '../src/socket/statistics.js';

interface Coverage {
  markdown: string;
  missing: string[];
}

const read = (file: string) => readFileSync(file, 'utf8');
const script = `${process.cwd()}/scripts/coverage.mjs`;

/** Only tests of the API count: the one here drives nothing. */
const tests = Object.fromEntries(
  readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(raw|socket)\/.*\.test\.ts$/.test(name))
    .sort()
    .map((name) => [`test/${name}`, read(`test/${name}`)]),
);

test('every function, option, notification and sysctl of usrsctp has a name here and a test that drives it', async () => {
  const { coverage } = (await import(/* @vite-ignore */ script)) as { coverage(input: object): Coverage };
  const { markdown, missing } = coverage({
    header: read('usrsctp/source/usrsctplib/usrsctp.h'),
    options: Object.fromEntries(Object.entries(options).map(([name, row]) => [row.constant, { ...row, name }])),
    sysctls,
    counters: COUNTERS,
    tests,
  });
  expect(missing).toEqual([]);
  expect(markdown).toMatch(/## Functions: 39\n/);
  expect(markdown).toMatch(/## Notifications: 14\n/);
  expect(markdown).toMatch(/## Sysctls: 70\n/);
  expect(markdown).toMatch(/## Counters: 113\n/);
  await expect(markdown).toMatchFileSnapshot('../docs/api-coverage.md');
});
