/** The source of time. The library asks its clock only; nothing in it reads the machine's time directly. */
export interface Clock {
  /** Monotonic time in ms, from any origin; fractions are allowed. */
  now(): number;
  /**
   * Calls back once, `delayMs` from now or slightly later. The returned function cancels the call. If `unref` is true,
   * the call alone doesn't keep the process alive, in runtimes that distinguish this; a clock may ignore it.
   */
  schedule(delayMs: number, callback: () => void, unref?: boolean): () => void;
}

/** setTimeout fires at once if its delay doesn't fit in 31 bits. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Taken once, before a test can replace it by a fake one. setTimeout takes at least a millisecond, and setImmediate does not. */
const { setImmediate: immediate } = globalThis as { readonly setImmediate?: typeof setImmediate };

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback, unref) {
    if (delayMs <= 0 && immediate !== undefined) {
      const handle = immediate(callback);
      return () => clearImmediate(handle);
    }
    const timeout = setTimeout(callback, Math.min(Math.ceil(delayMs), LONGEST_TIMEOUT_MS));
    if (unref) (timeout as { unref?(): void }).unref?.();
    return () => clearTimeout(timeout);
  },
};

/**
 * The time in ms since 1970. The system clock counts from the start of the process, which is added here. Any other clock is taken
 * as it is.
 */
export function wallTimeMs(clock: Clock): number {
  return clock === systemClock ? performance.timeOrigin + clock.now() : clock.now();
}

/**
 * Calls back in a new macrotask: a runtime starts one only when no microtask is left, so every chain of `await`s that can go
 * on has done so by then. It measures no time.
 */
export const nextTurn: (callback: () => void) => void = /* @__PURE__ */ chooseNextTurn();

function chooseNextTurn(): (callback: () => void) => void {
  if (immediate !== undefined) return immediate;
  const { MessageChannel, setTimeout, navigator } = globalThis;
  // workerd delivers messages between microtasks
  const isWorkerd = navigator?.userAgent === 'Cloudflare-Workers';
  if (typeof MessageChannel === 'function' && !isWorkerd) return turnByMessage(new MessageChannel());
  return (callback) => void setTimeout(callback, 0);
}

/** Browsers have no setImmediate, and they slow setTimeout down to 4 ms. A message to oneself takes microseconds. */
function turnByMessage({ port1, port2 }: MessageChannel): (callback: () => void) => void {
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(undefined);
  };
}
