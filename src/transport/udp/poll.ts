import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../../clock.js';
import { isDeno } from './deno.js';

/** Whoever answers within so many windows may well do so within one, once nobody has to be woken. */
const NEAR_WINDOWS = 4;
/** After a miss it isn't tried for one window, then 8, then 64; each hit halves that. */
const MISS_FACTOR = 8;
const MOST_WINDOWS = 64;

/**
 * 50 µs are what the documentation of Linux recommends. On a single processor whoever is to answer needs it; in Deno an
 * arrival takes so long that nothing is gained.
 */
export function defaultBusyPollUs(): number {
  return !isDeno && availableParallelism() > 1 ? 50 : 0;
}

/** What a poll is made of, to be replaced in tests. It spends the machine's time, whatever clock the stack has. */
export interface PollParts {
  readonly clock: Clock;
  readonly nextTurn: (callback: () => void) => void;
}

/**
 * Busy polling, as Linux has it for blocking reads (net.core.busy_poll): who awaits an answer that is near stays awake
 * for a window of time. A thread that goes to sleep in the kernel and is woken takes 15 µs of processor time for it, and
 * lets the answer wait as long; with this a round trip over loopback takes 17 µs in place of 60, at half the processor time.
 *
 *     conversation ─ sent ─► awake ─┬─ answered ─► hit
 *                      ▲            └─ window over ─► miss ─► asleep for 1, 8, 64 windows
 *                      └──────────────────────────────────────────┘
 *
 * It bets on conversations only: one packet at a time, each soon after the one before. What is sparse, or comes in
 * batches, sleeps as ever. Three hits save what a miss costs, and so make up for it; where there are fewer, as with a
 * peer on the same processor, it's awake in vain for a 64th of the time at most.
 */
export class BusyPoll {
  readonly #windowMs: number;
  readonly #parts: PollParts;
  #isConversation = false;
  #isAwake = false;
  #isTurning = false;
  #isOver = false;
  #arrivedAtMs = Number.NEGATIVE_INFINITY;
  #endsAtMs = 0;
  #asleepUntilMs = 0;
  #asleepMs = 0;

  /** A window of 0 turns it off. */
  constructor(windowUs: number, parts: PollParts = { clock: systemClock, nextTurn: setImmediate }) {
    this.#windowMs = windowUs / 1e3;
    this.#parts = parts;
  }

  /** Packets were sent, after all that had arrived. */
  sent(): void {
    if (!this.#isConversation) return;
    const now = this.#parts.clock.now();
    if (now < this.#asleepUntilMs) return;
    this.#isAwake = true;
    this.#isOver = false;
    this.#endsAtMs = now + this.#windowMs;
    this.#turn();
  }

  /** A packet has come. True: it was awaited, and nothing else is worth waiting for. */
  answered(): boolean {
    if (!this.#isAwake) return false;
    this.#isAwake = false;
    this.#asleepMs /= 2;
    this.#arrivedAtMs = this.#parts.clock.now();
    return true;
  }

  /** So many packets have come in one turn of the event loop that weren't awaited. */
  arrived(count: number): void {
    if (this.#windowMs === 0) return;
    const now = this.#parts.clock.now();
    this.#isConversation = count === 1 && now - this.#arrivedAtMs < NEAR_WINDOWS * this.#windowMs;
    this.#arrivedAtMs = now;
  }

  close(): void {
    this.#isAwake = false;
    this.#isConversation = false;
  }

  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#parts.nextTurn(this.#turned);
  }

  /** When time is over it looks once more: the process may have been stopped meanwhile. */
  readonly #turned = (): void => {
    this.#isTurning = false;
    if (!this.#isAwake) return;
    if (this.#isOver) return this.#missed();
    this.#isOver = this.#parts.clock.now() >= this.#endsAtMs;
    this.#turn();
  };

  #missed(): void {
    this.#isAwake = false;
    this.#asleepMs = Math.min(Math.max(this.#asleepMs * MISS_FACTOR, this.#windowMs), MOST_WINDOWS * this.#windowMs);
    this.#asleepUntilMs = this.#parts.clock.now() + this.#asleepMs;
  }
}
