import { checkDuration, checkObject, checkType } from '../arguments.js';
import type { Clock } from '../clock.js';
import type { ScheduledCall } from './timer-queue.js';

/**
 * A callback returns this if it has woken no code that waits. Virtual time then moves on in the same turn of the event loop,
 * since nothing else has to run first. Heartbeats between two stacks take a fifth less processor time with this than without.
 */
export const NOBODY_WOKEN: unique symbol = Symbol('quiet');

/** The callbacks that are scheduled on a clock. */
export interface Pending {
  /** How many there are. */
  readonly count: number;
  /** When the first one is due, in ms; Infinity if there is none. */
  readonly nextMs: number;
}

/** The time of a simulated network: virtual (`VirtualClock`, the default) or the machine's (`RealTimeClock`). */
export interface NetworkClock extends Clock {
  /** Calls back at a time of this clock, in ms, or as soon as possible if that time has passed. */
  at(timeMs: number, callback: () => unknown): ScheduledCall;
  /** How many callbacks are scheduled, and when the first one is due (in ms; Infinity if there is none). */
  readonly pending: Pending;
  /** Describes the scheduled callbacks, for error messages. */
  describePending(): string;
  /** Resolves when `durationMs` have passed. */
  advance(durationMs: number): Promise<void>;
  /** Resolves when no callback is scheduled any more. Rejects if some still are after `limitMs`. */
  runUntilIdle(limitMs?: number): Promise<void>;
  /** Settles as the promise does. Rejects if that takes more than `limitMs`. */
  runUntil<Value>(promise: PromiseLike<Value>, limitMs?: number): Promise<Value>;
  /** Waits for real work, such as compiling a module. Virtual time stands still meanwhile. */
  standStill<Value>(work: Promise<Value>): Promise<Value>;
}

/** Checks the arguments of `at`. */
export function checkScheduledCall(timeMs: number, callback: () => unknown): void {
  checkType(timeMs, 'number', 'the time', 'at');
  checkType(callback, 'function', 'the callback', 'at');
  if (Number.isNaN(timeMs)) throw new RangeError('at: the time is NaN: give a number of ms');
}

/** Checks the arguments of `runUntil`. */
export function checkWait(promise: PromiseLike<unknown>, limitMs: number): void {
  checkObject(promise, 'the promise', 'runUntil');
  checkType(promise.then, 'function', '`then` of the promise', 'runUntil');
  checkDuration(limitMs, 'the limit', 'runUntil');
}
