import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test('in Node, where what comes later is no file, as in bundles, it is imported', () =>
  withCopy((folder) => {
    for (const name of readdirSync(folder)) if (/^later-\w+\.cjs$/.test(name)) rmSync(join(folder, name));
    expect(cold(folder)).toMatchObject({ later: LATER, required: [] });
  }));

test('V8 takes the code that is kept for it, and compiles where there is none, or another’s', () =>
  withCopy((folder) => {
    const cache = join(folder, 'index.node.cache');
    expect(cold(folder)).toMatchObject({ kept: [true], later: LATER });
    writeFileSync(cache, readFileSync(cache).subarray(0, 1000));
    expect(cold(folder)).toMatchObject({ kept: [false], later: LATER });
    writeFileSync(cache, 'of another build');
    expect(cold(folder)).toMatchObject({ kept: [false], later: LATER });
    rmSync(cache);
    expect(cold(folder)).toMatchObject({ kept: [false], later: LATER });
  }));

test('the index for Node is read as it is where Node lends no modules, and in another realm', () => {
  const url = JSON.stringify(pathToFileURL('dist/index.node.js').href);
  const without = `delete process.getBuiltinModule; const { Stack } = await import(${url}); console.log(Stack.name)`;
  expect(run('--input-type=module', '-e', without)).toBe('Stack\n');
});

test('source maps tell where in the sources of the index for Node an error comes from', () => {
  const url = JSON.stringify(pathToFileURL('dist/index.node.js').href);
  const failing = `const { Stack } = await import(${url}); console.log((await Stack.create({}).catch((e) => e)).stack)`;
  const [, path, line] = /(src\/socket\/stack\.ts):(\d+)/.exec(
    run('--enable-source-maps', '--input-type=module', '-e', failing),
  )!;
  expect(readFileSync(path!, 'utf8').split('\n')[Number(line) - 1]).toContain('throw new TypeError(');
});

test.each(['absent', 'of another build'])('in Node, where the file is %s, the text is loaded', async (how) => {
  await withCopy(async (folder) => {
    rmSync(join(folder, 'usrsctp.wasm'));
    if (how !== 'absent') cpSync('dist/index.js', join(folder, 'usrsctp.wasm'));
    const { usrsctp_init } = await import(pathToFileURL(join(folder, 'raw.node.js')).href);
    const usrsctp = await usrsctp_init();
    expect(usrsctp.usrsctp_finish()).toBe(0);
  });
});

test('structs that are read from text are what the compiler said', async () => {
  const structs: typeof layouts = await import(pathToFileURL(resolve('dist/structs.js')).href);
  expect(Object.keys(structs).sort()).toEqual(Object.keys(layouts).sort());
  for (const [name, layout] of Object.entries(layouts)) {
    expect({ ...structs[name as keyof typeof layouts] }).toEqual(layout);
  }
});

/** What `cold.fixture.mjs` tells of the package in a folder. */
const cold = (folder: string) => JSON.parse(run('test/package/cold.fixture.mjs', folder));

const run = (...args: string[]) => execFileSync(process.execPath, args, { encoding: 'utf8' });

/** A copy of the package, for a test to spoil. */
async function withCopy(test: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dist-'));
  try {
    cpSync('dist', folder, { recursive: true });
    await test(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
