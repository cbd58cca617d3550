import type { Clock } from '../clock.js';

/** Has the clock call at the next deadline of C's timers. */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #atMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /**
   * Sees that it rings at a time of the clock, or never when that is negative. A call that comes earlier than that is left
   * as it is: usrsctp restarts a timer with nearly each packet, and a call without a timer due costs less than setting
   * one each time.
   */
  set(deadlineMs: number): void {
    if (deadlineMs >= 0 && deadlineMs >= this.#atMs) return;
    this.cancel();
    if (deadlineMs < 0) return;
    this.#atMs = deadlineMs;
    this.#cancel = this.#clock.schedule(Math.max(0, deadlineMs - this.#clock.now()), () => {
      this.#atMs = Number.POSITIVE_INFINITY;
      this.#cancel = undefined;
      this.#ring();
    });
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
