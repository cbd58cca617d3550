import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../../clock.js';
import { isDeno } from './deno.js';

/** A peer that answers within this many windows is likely to answer within one if no thread has to be woken. */
const NEAR_WINDOWS = 4;
/** After a miss there is no polling for one window, after further ones for 8 and 64. Each hit halves that. */
const MISS_FACTOR = 8;
const MOST_WINDOWS = 64;

/**
 * The documentation of Linux recommends 50 µs. With a single processor, polling would keep the peer from running. In Deno a
 * datagram takes so long to arrive that polling gains nothing.
 */
export function defaultBusyPollUs(): number {
  return !isDeno && availableParallelism() > 1 ? 50 : 0;
}

/** What polling uses, to be replaced in tests. It measures the machine's time, whatever clock the stack has. */
export interface PollParts {
  readonly clock: Clock;
  readonly nextTurn: (callback: () => void) => void;
}

/**
 * Busy polling, as Linux has for blocking reads (net.core.busy_poll): after sending, the event loop keeps turning for a window
 * of time instead of sleeping in the kernel. To sleep and be woken costs a thread 15 µs of processor time, and delays the answer
 * as much. With polling a round trip over loopback takes 17 µs instead of 60, at half the processor time.
 *
 *     conversation ─ sent ─► polling ─┬─ answered ─► hit
 *                      ▲              └─ window over ─► miss ─► no polling for 1, 8, 64 windows
 *                      └───────────────────────────────────────────────┘
 *
 * It polls in conversations only: one packet at a time, each soon after the one before. Three hits save as much time as one miss
 * costs. If there are fewer, as with a peer on the same processor, it polls in vain for at most a 64th of the time.
 */
export class BusyPoll {
  readonly #windowMs: number;
  readonly #parts: PollParts;
  #isConversation = false;
  #isPolling = false;
  #isTurning = false;
  #isOver = false;
  #arrivedAtMs = Number.NEGATIVE_INFINITY;
  #endsAtMs = 0;
  #pausedUntilMs = 0;
  #pauseMs = 0;

  /** A window of 0 turns polling off. */
  constructor(windowUs: number, parts: PollParts = { clock: systemClock, nextTurn: setImmediate }) {
    this.#windowMs = windowUs / 1e3;
    this.#parts = parts;
  }

  /** Packets were sent, after all packets that had arrived were processed. */
  sent(): void {
    if (!this.#isConversation) return;
    const now = this.#parts.clock.now();
    if (now < this.#pausedUntilMs) return;
    this.#isPolling = true;
    this.#isOver = false;
    this.#endsAtMs = now + this.#windowMs;
    this.#turn();
  }

  /** A packet has arrived. Returns true if it was polled for: it should be delivered at once. */
  answered(): boolean {
    if (!this.#isPolling) return false;
    this.#isPolling = false;
    this.#pauseMs /= 2;
    this.#arrivedAtMs = this.#parts.clock.now();
    return true;
  }

  /** Packets have arrived in one turn of the event loop without polling. */
  arrived(count: number): void {
    if (this.#windowMs === 0) return;
    const now = this.#parts.clock.now();
    this.#isConversation = count === 1 && now - this.#arrivedAtMs < NEAR_WINDOWS * this.#windowMs;
    this.#arrivedAtMs = now;
  }

  close(): void {
    this.#isPolling = false;
    this.#isConversation = false;
  }

  #turn(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    this.#parts.nextTurn(this.#turned);
  }

  /** After the window it polls once more, since the process may have been suspended meanwhile. */
  readonly #turned = (): void => {
    this.#isTurning = false;
    if (!this.#isPolling) return;
    if (this.#isOver) return this.#missed();
    this.#isOver = this.#parts.clock.now() >= this.#endsAtMs;
    this.#turn();
  };

  #missed(): void {
    this.#isPolling = false;
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * MISS_FACTOR, this.#windowMs), MOST_WINDOWS * this.#windowMs);
    this.#pausedUntilMs = this.#parts.clock.now() + this.#pauseMs;
  }
}
