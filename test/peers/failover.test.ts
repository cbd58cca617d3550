import { afterEach, expect, test } from 'vitest';
import type { Association } from '../../src/index.js';
import { waitedMs } from '../support/transfer.js';
import { cut, HERE, heal } from './network.js';
import { ENDS, endAll, ours, pair } from './ours.js';

const WINDOWS = [[], ['receive-buffer 1024']];
/** A time-out of a second at each end, and what an emulated guest adds. A second time-out of either would be 3 s. */
const LIMIT_MS = 3000;

afterEach(async () => {
  heal();
  await endAll();
});

/** Four associations at once: from either end, with the kernel's usual window, and with one of 1,500 bytes. */
test.each([
  ['both ways', []],
  ['what we send', ['out']],
  ['what the peer sends', ['in']],
] as const)(
  'the default preset, the path in use is cut, %s: no message to a Linux kernel waits longer than two time-outs of a second',
  {
    timeout: 100_000,
  },
  async (_, directions) => {
    const stack = await ours();
    const kinds = ENDS.flatMap((connects) => WINDOWS.map((window) => ({ connects, window })));
    const conversations = await Promise.all(
      kinds.map(async ({ connects, window }) => {
        const { peer, association } = await pair(connects, { stack, commands: [...window, 'echo'] });
        // What it hasn't confirmed it doesn't use; it takes the addresses for confirmed that it connects to.
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
    expect(Math.min(...longest.map((each) => each + busyMs))).toBeGreaterThan(500); // else nothing was cut
  },
);

/** A message every 50 ms, which the other end sends back. */
class Conversation {
  readonly #association: Association;
  readonly #sentAtMs: number[] = [];
  readonly #receiving: Promise<void>;
  #returned = 0;
  #isOver = false;
  /** The longest time from sending a message until it was back. */
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

  /** Waits until everything is back. */
  async end(): Promise<void> {
    this.#isOver = true;
    if (this.#returned < this.#sentAtMs.length) await this.#receiving.catch(() => {}); // what is missing has waited
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
