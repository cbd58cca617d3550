import { defineConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

/** The tests against peers in a guest: scripts/tests.sh runs them in a network namespace of their own, one file after the other. */
export default defineConfig({
  ...shared,
  root: `${import.meta.dirname}/../..`,
  test: {
    ...shared.test,
    include: ['test/peers/**/*.test.ts'],
    exclude: [],
    testTimeout: 120_000,
    globalSetup: 'test/peers/boot.ts',
    maxWorkers: 1,
  },
});
