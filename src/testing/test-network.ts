import { checkObject } from '../arguments.js';
import { Stack, type StackOptions } from '../index.js';
import type { Host } from '../simulated/host.js';
import { Network, type NetworkOptions } from '../simulated/network.js';
import { drive } from '../simulated/scenario.js';
import { closeAndFindLeaks, openSockets, WatchedClock, type WatchedStack } from './stack-watch.js';

/** Options of a network for one test. */
export interface TestNetworkOptions extends Partial<NetworkOptions> {
  /** Whether sockets that a test leaves open make it fail, or are just closed; `'fail'` by default. */
  readonly leftOpen?: 'fail' | 'close';
}

/** Options of a stack, except those that its host determines. */
export type TestStackOptions = Omit<StackOptions, 'transport' | 'clock' | 'random'>;

/**
 * A network for one test. It creates the stacks, and reports leaks when it is closed: open sockets and associations, pending
 * timers, and memory that usrsctp still holds.
 *
 * ```ts
 * await using network = new TestNetwork({ seed: 7 });
 * const client = await network.stack(network.host('client', ['10.0.1.1']));
 * ```
 */
export class TestNetwork extends Network implements AsyncDisposable {
  readonly #watched: WatchedStack[] = [];
  readonly #leftOpen: 'fail' | 'close';
  #closing: Promise<void> | undefined;

  /** The seed is 1 by default. */
  constructor(options: TestNetworkOptions = {}) {
    checkObject(options, 'the options', 'TestNetwork');
    const { leftOpen = 'fail', ...others } = options;
    super({ seed: 1, ...others });
    this.#leftOpen = leftOpen;
  }

  /** Starts the stack of a host, with the network's clock and randomness. Closing the network closes the stack. */
  async stack(host: Host, options: TestStackOptions = {}): Promise<Stack> {
    checkObject(host, 'the host', 'stack');
    checkObject(options, 'the options', 'stack');
    const clock = new WatchedClock(this.clock);
    const { transport, random, name } = host;
    const stack = await this.standStill(Stack.create({ ...options, transport, random, clock }));
    this.#watched.push({ name, stack, clock, isOff: () => !host.isOn || host.transport !== transport });
    return stack;
  }

  /**
   * Moves time until a test is done, then closes the network. Rejects with the test's error, which includes the last packets, or
   * with a {@link LeakError}. `limitMs` is the most time that the test may take; 600,000 ms by default.
   */
  async run<Value>(body: (network: this) => Promise<Value>, limitMs?: number): Promise<Value> {
    let value: Value;
    try {
      value = await drive(this, body, limitMs);
    } catch (error) {
      await this.close().catch(() => undefined); // the first error is the one to report
      throw error;
    }
    await this.close();
    return value;
  }

  /** Closes every stack. The first call rejects with a {@link LeakError} if there are leaks. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.catch(() => undefined);
    this.#closing = this.#close();
    return this.#closing;
  }

  /** Calls `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const found = this.#leftOpen === 'fail' ? this.#watched.flatMap(openSockets) : [];
    for (const watched of this.#watched) found.push(...(await closeAndFindLeaks(watched)));
    if (found.length > 0) throw new LeakError(found, this.describe());
  }
}

/** A test has left something open. */
export class LeakError extends Error {
  /** Always `LeakError`. */
  override readonly name = 'LeakError';
  /** A sentence for each leak. */
  readonly leaks: readonly string[];

  constructor(leaks: readonly string[], description: string) {
    super(`the test has left something open:\n${leaks.map((leak) => `  ${leak}`).join('\n')}\n\n${description}`);
    this.leaks = leaks;
  }
}
