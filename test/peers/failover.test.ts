import { afterEach, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { waitedMs } from '../support/transfer.js';
import { cut, HERE, heal } from './network.js';
import { ENDS, endAll, ours, pair } from './ours.js';

const WINDOWS = [[], ['receive-buffer 1024']];
/** A timeout of a second at each end, plus the delay of an emulated guest. A second timeout of either end would take 3 s. */
const LIMIT_MS = 3000;

afterEach(async () => {
  heal();
  await endAll();
});

/** Four associations at once: set up by either end, with the kernel's default window and with one of 1,500 bytes. */
test.each([
  ['in both directions', []],
  ['for our packets', ['out']],
  ['for the peer’s packets', ['in']],
] as const)(
  'with the default preset and the path in use cut %s, no message to a Linux kernel waits longer than two timeouts of a second',
  {
    timeout: 100_000,
  },
  async (_, directions) => {
    // With the 1,280 bytes that a path begins with, a peer with a window of 1,500 bytes sometimes costs a second timeout.
    const stack = await ours();
    const kinds = ENDS.flatMap((connects) => WINDOWS.map((window) => ({ connects, window })));
    const conversations = await Promise.all(
      kinds.map(async ({ connects, window }) => {
        const { peer, association } = await pair(connects, { stack, commands: [...window, 'echo'] });
        // The kernel doesn't use unconfirmed paths; the addresses that it connects to are confirmed.
        if (connects === 'we') await peer.printed(new RegExp(`^path ${HERE[1]} confirmed$`, 'm'));
        return new Conversation(association);
      }),
    );
    await Promise.all(conversations.map((conversation) => conversation.lasting(300)));
    const waited = waitedMs();
    cut(1, ...directions);
    await Promise.all(conversations.map((conversation) => conversation.lasting(3000)));
    await Promise.all(conversations.map((conversation) => conversation.end()));
    const busyMs = waitedMs() - waited;
    const longest = conversations.map(({ longestMs }) => Math.round(longestMs - busyMs));
    expect(
      longest.filter((each) => each > LIMIT_MS),
      `of ${longest.join(', ')} ms`,
    ).toEqual([]);
    expect(Math.min(...longest.map((each) => each + busyMs))).toBeGreaterThan(500); // otherwise the path was not cut
  },
);

/** Sends a message every 50 ms, which the other end returns. */
class Conversation {
  readonly #association: Association;
  readonly #sentAtMs: number[] = [];
  readonly #receiving: Promise<void>;
  #returned = 0;
  #isOver = false;
  /** The longest time from sending a message until its return. */
  longestMs = 0;

  constructor(association: Association) {
    this.#association = association;
    this.#receiving = this.#receive();
  }

  async lasting(durationMs: number): Promise<void> {
    for (const end = performance.now() + durationMs; performance.now() < end; ) {
      this.#sentAtMs.push(performance.now());
      await this.#association.send(`message ${this.#sentAtMs.length}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Waits until all messages have returned. */
  async end(): Promise<void> {
    this.#isOver = true;
    if (this.#returned < this.#sentAtMs.length) await this.#receiving.catch(() => {}); // missing messages count below
    this.longestMs = Math.max(
      this.longestMs,
      ...this.#sentAtMs.slice(this.#returned).map((at) => performance.now() - at),
    );
  }

  async #receive(): Promise<void> {
    while (!this.#isOver || this.#returned < this.#sentAtMs.length) {
      await this.#association.receive({ timeoutMs: 10_000 });
      this.longestMs = Math.max(this.longestMs, performance.now() - this.#sentAtMs[this.#returned++]!);
    }
  }
}
