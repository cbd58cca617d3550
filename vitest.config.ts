import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';

/** `import wasm from './x.wasm'` gives a function that gives its bytes, as it does in the bundles. */
const wasmBytes: Plugin = {
  name: 'wasm-bytes',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('.wasm')) return null;
    return `import { readFileSync } from 'node:fs';
const bytes = new Uint8Array(readFileSync(${JSON.stringify(id)}));
export default (given) => given ?? bytes;`;
  },
};

export default defineConfig({
  plugins: [wasmBytes],
  // the examples that run in a test's own process use the sources, not dist/
  resolve: { alias: { 'usrsctp-wasm/raw': fileURLToPath(new URL('src/raw.ts', import.meta.url)) } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**'], // they have a network namespace and a configuration of their own
    testTimeout: 60_000,
    hookTimeout: 60_000, // bundling programs and making namespaces takes its time on a busy machine
    maxWorkers: 2,
  },
});
