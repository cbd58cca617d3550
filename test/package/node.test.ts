import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import * as layouts from '../../src/generated/layouts.js';

const loads: Record<string, string[]> = JSON.parse(readFileSync('build/bundle.json', 'utf8'));
const LONGEST_TEXT = 200_000;

test('what Node loads has no WebAssembly as text, and is two files', () => {
  const files = loads['dist/index.node.js']!;
  expect(files.filter((file) => readFileSync(file).length > LONGEST_TEXT)).toEqual([]);
  expect(files).toHaveLength(2);
  expect(loads['dist/index.js']!.filter((file) => readFileSync(file).length > LONGEST_TEXT)).toHaveLength(1);
});

test.each(['index.node.js', 'slim.js', 'simulated.js'])(
  'the classes of %s have the names that they are exported by',
  async (file) => {
    const exports: Record<string, unknown> = await import(pathToFileURL(resolve('dist', file)).href);
    const classes = Object.entries(exports).filter(
      ([name, value]) => /^[A-Z][a-z]/.test(name) && typeof value === 'function',
    );
    expect(classes.map(([, value]) => (value as { name: string }).name)).toEqual(classes.map(([name]) => name));
    expect(classes.length).toBeGreaterThan(2);
  },
);

const LATER = { noDelay: true, initiated: 1, paths: 1, error: 'EINVAL' };

test('a first association in Node is without what it has no need of, which comes later', () => {
  const { first, whenImported, compiled, later, required } = cold('dist');
  expect(first).toEqual({ required: [], builtin: [] });
  expect({ whenImported, compiled }).toEqual({ whenImported: 1, compiled: 1 }); // beside the import, and then no more
  expect(later).toEqual(LATER);
  expect(required).toEqual([expect.stringMatching(/^later-\w+\.cjs$/)]);
});

test('in Node, where what comes later is no file, as in bundles, it is imported', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    cpSync('dist', folder, { recursive: true, filter: (path) => !/later-\w+\.cjs$/.test(path) });
    expect(cold(folder)).toMatchObject({ later: LATER, required: [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(['absent', 'of another build'])('in Node, where the file is %s, the text is loaded', async (how) => {
  const folder = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    cpSync('dist', folder, { recursive: true });
    rmSync(join(folder, 'usrsctp.wasm'));
    if (how !== 'absent') cpSync('dist/index.js', join(folder, 'usrsctp.wasm'));
    const { usrsctp_init } = await import(pathToFileURL(join(folder, 'raw.node.js')).href);
    const usrsctp = await usrsctp_init();
    expect(usrsctp.usrsctp_finish()).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('structs that are read from text are what the compiler said', async () => {
  const structs: typeof layouts = await import(pathToFileURL(resolve('dist/structs.js')).href);
  expect(Object.keys(structs).sort()).toEqual(Object.keys(layouts).sort());
  for (const [name, layout] of Object.entries(layouts)) {
    expect({ ...structs[name as keyof typeof layouts] }).toEqual(layout);
  }
});

/** What `cold.fixture.mjs` tells of the package in a folder. */
function cold(folder: string) {
  return JSON.parse(execFileSync(process.execPath, ['test/package/cold.fixture.mjs', folder], { encoding: 'utf8' }));
}
