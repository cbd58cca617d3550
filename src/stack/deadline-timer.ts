import type { Clock } from '../clock.js';

/** Calls a function at the next deadline of usrsctp's timers. */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #onDeadline: () => void;
  #atMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #isUnref = false;

  readonly #expire = (): void => {
    this.#atMs = Number.POSITIVE_INFINITY;
    this.#cancel = undefined;
    this.#onDeadline();
  };

  constructor(clock: Clock, onDeadline: () => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  /**
   * Sets the deadline, in ms on the clock; a negative one is never. If a call is scheduled for an earlier time, it
   * stays: usrsctp restarts a timer with nearly every packet. An early call without a due timer costs less than scheduling
   * one for each packet, which takes 3 % of a round trip in memory.
   */
  set(deadlineMs: number): void {
    if (deadlineMs >= 0 && deadlineMs >= this.#atMs) return;
    this.cancel();
    if (deadlineMs < 0) return;
    this.#atMs = deadlineMs;
    const delayMs = Math.max(0, deadlineMs - this.#clock.now());
    this.#cancel = this.#clock.schedule(delayMs, this.#expire, this.#isUnref);
  }

  /** Whether it keeps the process alive. */
  setRef(isRef: boolean): void {
    this.#isUnref = !isRef;
    const at = this.#atMs;
    if (at === Number.POSITIVE_INFINITY) return;
    this.cancel();
    this.set(at);
  }

  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
