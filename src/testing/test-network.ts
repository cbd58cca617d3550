import { checkObject } from '../arguments.js';
import { Stack, type StackOptions } from '../index.js';
import type { Host } from '../simulated/host.js';
import { Network, type NetworkOptions } from '../simulated/network.js';
import { drive } from '../simulated/scenario.js';
import { openSockets, takeDown, WatchedClock, type WatchedStack } from './stack-watch.js';

/** How a network for one test is made. */
export interface TestNetworkOptions extends Partial<NetworkOptions> {
  /** Whether sockets that a test leaves open are a failure; `'fail'` by default. */
  readonly leftOpen?: 'fail' | 'close';
}

/** What a stack of a test is made with, beyond what its host gives it. */
export type TestStackOptions = Omit<StackOptions, 'transport' | 'clock' | 'random'>;

/**
 * A network for one test. It makes the stacks, and when it is closed says what they have left behind: sockets and
 * associations that are open, timers that are pending, memory that usrsctp holds.
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

  /** The seed is 1 unless another one is given. */
  constructor(options: TestNetworkOptions = {}) {
    checkObject(options, 'the options', 'TestNetwork');
    const { leftOpen = 'fail', ...others } = options;
    super({ seed: 1, ...others });
    this.#leftOpen = leftOpen;
  }

  /** Starts the stack of a host, with the network's time and randomness. It is closed with the network. */
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
   * Moves time until a test is done, then takes the network down. Rejects with the test's error and the last packets,
   * or else with a {@link LeakError}. `limitMs`: how much time the test may take, 600,000 ms by default.
   */
  async run<Value>(body: (network: this) => Promise<Value>, limitMs?: number): Promise<Value> {
    let value: Value;
    try {
      value = await drive(this, body, limitMs);
    } catch (error) {
      await this.close().catch(() => undefined); // what went wrong first is what matters
      throw error;
    }
    await this.close();
    return value;
  }

  /** Takes every stack down. The first call rejects with a {@link LeakError} when one has left something behind. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.catch(() => undefined);
    this.#closing = this.#close();
    return this.#closing;
  }

  /** Closes as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const found = this.#leftOpen === 'fail' ? this.#watched.flatMap(openSockets) : [];
    for (const watched of this.#watched) found.push(...(await takeDown(watched)));
    if (found.length > 0) throw new LeakError(found, this.story());
  }
}

/** Something was left behind. */
export class LeakError extends Error {
  /** Always `LeakError`. */
  override readonly name = 'LeakError';
  /** A sentence for each thing. */
  readonly leaks: readonly string[];

  constructor(leaks: readonly string[], story: string) {
    super(`the test has left something behind:\n${leaks.map((leak) => `  ${leak}`).join('\n')}\n\n${story}`);
    this.leaks = leaks;
  }
}
