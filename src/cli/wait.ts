import { systemClock } from '../index.js';

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(ms, resolve));
}

/** Resolves after a time, when the signal is aborted, or when `ended` has resolved. Without a time it waits for the others. */
export async function pauseUnless(
  ms: number | undefined,
  signal: AbortSignal,
  ended: Promise<unknown> = new Promise(() => {}),
): Promise<void> {
  let release = () => {};
  const passed = new Promise<void>((resolve) => {
    const cancel = ms === undefined ? () => {} : systemClock.schedule(ms, resolve);
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) resolve();
    release = () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    };
  });
  await Promise.race([passed, ended]);
  release();
}
