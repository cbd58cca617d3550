import { checkDuration, checkFiniteDuration, checkObject, checkType } from '../arguments.js';
import { type Clock, systemClock } from '../clock.js';
import { checkScheduledCall, checkWait, type NetworkClock, type Pending } from './network-clock.js';
import { type ScheduledCall, TimerQueue } from './timer-queue.js';

/** The default limit of waiting, in ms. */
const DEFAULT_LIMIT_MS = 60_000;

/**
 * The machine's time for a simulated network, counted from 0. It is for programs in other processes, which don't follow a
 * virtual clock. Callbacks come in the order of their times, but up to some ms late. A seed still determines which packets
 * are lost, but no longer when.
 */
export class RealTimeClock implements NetworkClock {
  readonly #timers = new TimerQueue();
  readonly #clock: Clock;
  readonly #startMs: number;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  #idle: (() => void)[] = [];

  constructor(clock: Clock = systemClock) {
    checkObject(clock, 'the clock', 'RealTimeClock');
    checkType(clock.now, 'function', 'now of the clock', 'RealTimeClock');
    checkType(clock.schedule, 'function', 'schedule of the clock', 'RealTimeClock');
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  now(): number {
    return this.#clock.now() - this.#startMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    checkType(delayMs, 'number', 'the delay', 'schedule');
    const entry = this.at(this.now() + Math.max(0, delayMs), callback);
    return () => {
      this.#timers.remove(entry);
      this.#arm();
    };
  }

  at(timeMs: number, callback: () => unknown): ScheduledCall {
    checkScheduledCall(timeMs, callback);
    const entry = this.#timers.add(timeMs, callback);
    this.#arm();
    return entry;
  }

  get pending(): Pending {
    return { count: this.#timers.size, nextMs: this.#timers.nextMs };
  }

  describePending(): string {
    const { count, nextMs } = this.pending;
    return count === 0 ? 'nothing is scheduled' : `${count} scheduled, the next at ${nextMs.toFixed(3)} ms`;
  }

  async advance(durationMs: number): Promise<void> {
    checkFiniteDuration(durationMs, 'the duration', 'advance');
    return new Promise((resolve) => void this.#clock.schedule(durationMs, resolve));
  }

  async runUntilIdle(limitMs: number = DEFAULT_LIMIT_MS): Promise<void> {
    checkDuration(limitMs, 'the limit', 'runUntilIdle');
    if (this.#timers.size === 0) return;
    return this.runUntil(new Promise<void>((resolve) => this.#idle.push(resolve)), limitMs);
  }

  async runUntil<Value>(promise: PromiseLike<Value>, limitMs: number = DEFAULT_LIMIT_MS): Promise<Value> {
    checkWait(promise, limitMs);
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`not done after ${limitMs} ms: ${this.describePending()}`));
      const cancel = this.#clock.schedule(limitMs, late);
      promise.then(resolve, reject).then(cancel);
    });
  }

  standStill<Value>(work: Promise<Value>): Promise<Value> {
    return work;
  }

  /** Keeps one timer of the machine, for the first callback that is due. */
  #arm(): void {
    const { nextMs } = this.#timers;
    if (this.#timer?.dueMs === nextMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (nextMs !== Number.POSITIVE_INFINITY) {
      this.#timer = { dueMs: nextMs, cancel: this.#clock.schedule(nextMs - this.now(), () => this.#callDue()) };
    } else for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** An error of a callback becomes an uncaught exception. The other callbacks are called nevertheless. */
  #callDue(): void {
    this.#timer = undefined;
    try {
      const now = this.now();
      for (let entry = this.#timers.take(now); entry !== undefined; entry = this.#timers.take(now)) entry.callback();
    } finally {
      this.#arm();
    }
  }
}
