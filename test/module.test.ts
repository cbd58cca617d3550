import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const bytes = readFileSync('build/wasm/usrsctp.wasm');
const module = new WebAssembly.Module(bytes);

test('the module imports what wasm/imports.txt lists and nothing else', () => {
  const listed = readFileSync('wasm/imports.txt', 'utf8')
    .split('\n')
    .map((line) => line.replace(/ *#.*/, ''))
    .filter((line) => line !== '');
  const imports = WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`);
  expect(imports.sort()).toEqual(listed.sort());
});

test('the release build has no glue of Emscripten and no debugging names', () => {
  expect(WebAssembly.Module.customSections(module, 'name')).toEqual([]);
  expect(readFileSync('dist/index.js', 'utf8')).not.toMatch(/emscripten_(?!notify_memory_growth)|createWasm|Module\[/);
});

test('every export that we call is there', () => {
  const exports = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const source = readFileSync('src/bridge/instance.ts', 'utf8');
  const called = [...source.matchAll(/^ {2}((?:bridge|link)_\w+|malloc|free|_initialize)\(/gm)].map(
    (match) => match[1]!,
  );
  expect(called.length).toBeGreaterThan(30);
  expect(called.filter((name) => !exports.has(name))).toEqual([]);
});
