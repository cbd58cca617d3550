import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Tests that run in this process use the sources, not dist/.
  resolve: { alias: { '#wasm': here('test/support/wasm.ts'), 'usrsctp-wasm/raw': here('src/raw.ts') } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/peers/**'], // they have a network namespace and a configuration of their own
    testTimeout: 60_000,
    hookTimeout: 60_000, // bundling programs and making namespaces takes its time on a busy machine
    maxWorkers: 2,
  },
});
