import { checkDuration, checkObject, checkType } from '../arguments.js';
import type { Clock } from '../clock.js';
import type { Appointment } from './timer-queue.js';

/**
 * What a callback returns that has woken nobody: no code that waits has anything to do now, so that virtual time can go on
 * without asking.
 */
export const NOBODY_WOKEN: unique symbol = Symbol('quiet');

/** How many callbacks are waiting. */
export interface Pending {
  /** How many. */
  readonly count: number;
  /** When the first is due, in ms; Infinity: never. */
  readonly nextMs: number;
}

/** The time of a network: virtual (`VirtualClock`, the default) or that of the machine (`RealTimeClock`). */
export interface NetworkClock extends Clock {
  /** Calls back at a time of this clock, in ms; as soon as possible when that is past. */
  at(timeMs: number, callback: () => unknown): Appointment;
  /** How many callbacks are waiting, and when the first is due (ms; Infinity: never). */
  readonly pending: Pending;
  /** What is waiting, in words. */
  describePending(): string;
  /** Resolves when `durationMs` have passed. */
  advance(durationMs: number): Promise<void>;
  /** Resolves when nothing is scheduled any more; rejects when that isn't so after `limitMs`. */
  runUntilIdle(limitMs?: number): Promise<void>;
  /** Settles as the promise does; rejects when that takes more than `limitMs`. */
  runUntil<Value>(promise: PromiseLike<Value>, limitMs?: number): Promise<Value>;
  /** Does real work, such as the compilation of a module, without time passing where time is virtual. */
  standStill<Value>(work: Promise<Value>): Promise<Value>;
}

/** Checks what is to be called, and when. */
export function checkAppointment(timeMs: number, callback: () => unknown): void {
  checkType(timeMs, 'number', 'the time', 'at');
  checkType(callback, 'function', 'the callback', 'at');
  if (Number.isNaN(timeMs)) throw new RangeError('a time was NaN: give ms');
}

/** Checks what is waited for, and how long. */
export function checkWait(promise: PromiseLike<unknown>, limitMs: number): void {
  checkObject(promise, 'what is waited for', 'runUntil');
  checkType(promise.then, 'function', 'the `then` of what is waited for', 'runUntil');
  checkDuration(limitMs, 'the limit', 'runUntil');
}
