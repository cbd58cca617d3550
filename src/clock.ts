/** Where time comes from. Everything in the library asks a clock; nothing reads another one. */
export interface Clock {
  /** Monotonic time in ms, from any origin; fractions are allowed. */
  now(): number;
  /** Calls back once, `delayMs` from now or a little later. The returned function cancels that. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** setTimeout fires at once when its delay doesn't fit in 31 bits. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Where there is one: setTimeout takes a millisecond at least. */
const nextTurn: typeof setImmediate | undefined = globalThis.setImmediate;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback) {
    if (delayMs <= 0 && nextTurn !== undefined) {
      const turn = nextTurn(callback);
      return () => clearImmediate(turn);
    }
    const timeout = setTimeout(callback, Math.min(Math.ceil(delayMs), LONGEST_TIMEOUT_MS));
    return () => clearTimeout(timeout);
  },
};

/** What a clock shows, in ms since 1970: the machine's counts from the start of the process, any other from its own origin. */
export function wallTimeMs(clock: Clock): number {
  return clock === systemClock ? performance.timeOrigin + clock.now() : clock.now();
}
