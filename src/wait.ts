import { checkOptions, shown } from './arguments.js';
import type { Clock } from './clock.js';
import { SctpError } from './errors.js';
import type { Names } from './nearest-name.js';

/** How long to wait. */
export interface WaitOptions {
  /** Ends the wait when it is aborted: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Ends the wait after this time, in ms: the promise rejects with ETIMEDOUT. */
  readonly timeoutMs?: number;
}

export const WAIT_OPTIONS: Names<WaitOptions> = { signal: true, timeoutMs: true };

/** What hasn't happened in time, by the call. */
const LATE: Readonly<Record<string, string>> = {
  receive: 'no message came',
  accept: 'no peer has connected',
  close: "the peer hasn't finished the shutdown, so the association was aborted:",
  resetStreams: "the peer hasn't answered the request, which may still be performed,",
  resetAssociation: "the peer hasn't answered the request, which may still be performed,",
  addStreams: "the peer hasn't answered the request, which may still be performed,",
};

/** Checks the options that a caller gave. `names`: those of all its options. */
export function checkWaitOptions(options: WaitOptions, syscall: string, names: object = WAIT_OPTIONS): void {
  checkOptions(options, names, syscall);
  const { signal, timeoutMs } = options;
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    throw new SctpError('EINVAL', `timeoutMs must be a number of ms, 0 or more, not ${shown(timeoutMs)}`, { syscall });
  }
  if (signal !== undefined && !isAbortSignal(signal)) throw new TypeError('signal must be an AbortSignal');
}

/**
 * A promise that is settled from outside, or ends the wait as the options say: then it calls `giveUp` with the reason
 * and rejects with the error that `giveUp` returns, or with the reason.
 */
export class Waiter<T> {
  readonly promise: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  #release: (() => void)[] | undefined;
  #settled = false;

  constructor(clock: Clock, options: WaitOptions, syscall: string, giveUp: (reason: unknown) => unknown) {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (options.signal || options.timeoutMs !== undefined) this.#limit(clock, options, syscall, giveUp);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Returns false if it was settled before; someone else may have the value then. */
  resolve(value: T): boolean {
    if (!this.#settle()) return false;
    this.#resolve(value);
    return true;
  }

  reject(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
  }

  #limit(
    clock: Clock,
    { signal, timeoutMs }: WaitOptions,
    syscall: string,
    giveUp: (reason: unknown) => unknown,
  ): void {
    const release: (() => void)[] = [];
    this.#release = release;
    const stop = (reason: unknown) => {
      if (!this.#settled) this.reject(giveUp(reason) ?? reason);
    };
    if (signal) {
      const onAbort = () => stop(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      release.push(() => signal.removeEventListener('abort', onAbort));
      if (signal.aborted) onAbort();
    }
    if (timeoutMs === undefined || !Number.isFinite(timeoutMs) || this.#settled) return;
    const what = LATE[syscall] ?? 'not done';
    const late = () => stop(new SctpError('ETIMEDOUT', `${syscall}: ${what} within ${timeoutMs} ms`, { syscall }));
    release.push(clock.schedule(timeoutMs, late));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    for (const release of this.#release ?? []) release();
    return true;
  }
}

/** Checks the methods that are used, because a signal may come from another realm or a library. */
function isAbortSignal(signal: unknown): boolean {
  const { aborted, throwIfAborted, addEventListener, removeEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  const calls = [throwIfAborted, addEventListener, removeEventListener];
  return typeof aborted === 'boolean' && calls.every((call) => typeof call === 'function');
}
