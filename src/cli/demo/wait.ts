import { systemClock } from '../../index.js';
import { pause } from '../wait.js';

/** How long the demo waits for anything before it fails. */
export const LIMIT_MS = 8000;

export const now = (): number => systemClock.now();

/** Polls until there is a value. */
export async function until<Value>(what: string, value: () => Value | undefined): Promise<Value> {
  for (const end = now() + LIMIT_MS; now() < end; await pause(2)) {
    const found = value();
    if (found !== undefined) return found;
  }
  throw new Error(`not within ${LIMIT_MS / 1000} s: ${what}`);
}
