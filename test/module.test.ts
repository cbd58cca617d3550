import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { usrsctpModule } from '../src/bridge/module.js';

const bytes = readFileSync('build/wasm/usrsctp.wasm');
const module = new WebAssembly.Module(bytes);

test('the module imports exactly what wasm/imports.txt lists', () => {
  const listed = readFileSync('wasm/imports.txt', 'utf8')
    .split('\n')
    .map((line) => line.replace(/ *#.*/, ''))
    .filter((line) => line !== '');
  const imports = WebAssembly.Module.imports(module).map((entry) => `${entry.module}.${entry.name}`);
  expect(imports.sort()).toEqual(listed.sort());
});

test('the release build contains neither Emscripten’s glue code nor debugging names', () => {
  expect(WebAssembly.Module.customSections(module, 'name')).toEqual([]);
  expect(readFileSync('dist/index.js', 'utf8')).not.toMatch(/emscripten_(?!notify_memory_growth)|createWasm|Module\[/);
});

test('the module has every export that we call', () => {
  const exports = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  const source = readFileSync('src/bridge/instance.ts', 'utf8');
  const called = [...source.matchAll(/^ {2}((?:bridge|link)_\w+|malloc|free|_initialize)\(/gm)].map(
    (match) => match[1]!,
  );
  expect(called.length).toBeGreaterThan(30);
  expect(called.filter((name) => !exports.has(name))).toEqual([]);
});

test('a process that only waits for the module stays alive until the module is compiled', async () => {
  const setting = vi.spyOn(globalThis, 'setTimeout');
  const clearing = vi.spyOn(globalThis, 'clearTimeout');
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const running = () => {
    const cleared = clearing.mock.calls.map(([timer]) => timer);
    return setting.mock.results.filter(({ value }) => value.hasRef() && !cleared.includes(value)).length;
  };
  const compiling = usrsctpModule(Uint8Array.from(bytes));
  await Promise.resolve();
  expect(running()).toBe(1);
  await compiling;
  expect(running()).toBe(0);
  await expect(usrsctpModule(new Uint8Array(8))).rejects.toMatchObject({ code: 'EINVAL' });
  expect(running()).toBe(0);
});
