import { checkObject, checkType } from '../arguments.js';
import { TestNetwork, type TestNetworkOptions } from './test-network.js';

/** Options of a test. */
export interface RunOptions extends TestNetworkOptions {
  /** The most time that the test may take on the network's clock, in ms; 600,000 by default. */
  readonly limitMs?: number;
}

/**
 * A test on a new network, for any runner. Time moves by itself until the test is done. Then the network is closed, and the
 * test fails if it has left anything open.
 *
 * ```ts
 * test('a peer answers', withNetwork({ seed: 7 }, async (network) => { … }));
 * ```
 */
export function withNetwork(given: RunOptions, body: (network: TestNetwork) => Promise<unknown>): () => Promise<void> {
  checkObject(given, 'the options', 'withNetwork');
  checkType(body, 'function', 'the body', 'withNetwork');
  const { limitMs, ...options } = given;
  return async () => void (await new TestNetwork(options).run(body, limitMs));
}

/** The function of a test runner that `useNetwork` needs. vitest, node:test, jest, mocha, Bun and Deno's std have it. */
export interface Hooks {
  /** Registers a function to be called after each test. */
  afterEach(hook: () => Promise<void>): unknown;
}

/**
 * For runners with hooks: one network per test, created when the test first asks for it and closed after the test. The test
 * moves the time with `run`, `runUntil` or `advance`.
 *
 * ```ts
 * const network = useNetwork({ afterEach }, { seed: 7 });
 * test('a peer answers', () => network().run(async (network) => { … }));
 * ```
 */
export function useNetwork(hooks: Hooks, options: TestNetworkOptions = {}): () => TestNetwork {
  checkObject(hooks, 'the hooks', 'useNetwork');
  checkType(hooks.afterEach, 'function', 'afterEach', 'useNetwork');
  checkObject(options, 'the options', 'useNetwork');
  let current: TestNetwork | undefined;
  hooks.afterEach(async () => {
    const network = current;
    current = undefined;
    await network?.close();
  });
  return () => {
    current ??= new TestNetwork(options);
    return current;
  };
}

/**
 * A fixture for vitest's `test.extend`, or Playwright's.
 *
 * ```ts
 * const test = base.extend<{ network: TestNetwork }>({ network: networkFixture({ seed: 7 }) });
 * test('a peer answers', ({ network }) => network.run(async () => { … }));
 * ```
 */
export function networkFixture(options: TestNetworkOptions = {}): NetworkFixture {
  checkObject(options, 'the options', 'networkFixture');
  // Both runners read the names of the fixtures that this one needs from the pattern. It needs none.
  // biome-ignore lint/correctness/noEmptyPattern: see above
  return async ({}, use) => {
    const network = new TestNetwork(options);
    await use(network);
    await network.close();
  };
}

/** The result of {@link networkFixture}. */
export type NetworkFixture = (fixtures: object, use: (network: TestNetwork) => Promise<void>) => Promise<void>;
