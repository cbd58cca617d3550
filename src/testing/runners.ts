import { checkObject, checkType } from '../arguments.js';
import { TestNetwork, type TestNetworkOptions } from './test-network.js';

/** How a test runs. */
export interface RunOptions extends TestNetworkOptions {
  /** How much time the test may take, virtual time where time is virtual, in ms; 600,000 by default. */
  readonly limitMs?: number;
}

/**
 * A test on a network of its own, for any runner. Time moves by itself until the test is done; then the network is
 * closed, and what was left behind fails the test.
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

/** The part of a runner that `useNetwork` needs: vitest, node:test, jest, mocha, Bun and Deno's std have it. */
export interface Hooks {
  /** Has a function called after each test. */
  afterEach(hook: () => Promise<void>): unknown;
}

/**
 * For runners with hooks: a network for each test, made when the test first asks for it, and taken down after it.
 * A test moves the time by `run`, `runUntil` or `advance`.
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
  // Both runners read the names of the fixtures that this one needs from the pattern: none.
  // biome-ignore lint/correctness/noEmptyPattern: see above
  return async ({}, use) => {
    const network = new TestNetwork(options);
    await use(network);
    await network.close();
  };
}

/** What {@link networkFixture} makes. */
export type NetworkFixture = (fixtures: object, use: (network: TestNetwork) => Promise<void>) => Promise<void>;
