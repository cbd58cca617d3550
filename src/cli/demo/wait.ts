import { systemClock } from '../../index.js';

/** How long the demo waits for anything before it fails. */
export const PATIENCE_MS = 8000;

export const now = (): number => systemClock.now();

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(ms, () => resolve()));
}

/** Waits for a value to be there. */
export async function until<Value>(what: string, value: () => Value | undefined): Promise<Value> {
  for (const end = now() + PATIENCE_MS; now() < end; await pause(2)) {
    const found = value();
    if (found !== undefined) return found;
  }
  throw new Error(`waited ${PATIENCE_MS / 1000} s in vain until ${what}`);
}
