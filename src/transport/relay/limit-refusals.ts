import type { Address } from '../../address.js';
import { LruMap } from '../../relay/lru-map.js';

const MOST_REMEMBERED = 256;
/** INITs are sent again after 1, 2 and 4 s (RFC 9260 §6.3.3): three may be refused. */
const PATIENCE_MS = 5000;
/** Refusals that are further apart than T1-init's longest time don't belong together. */
const FORGOTTEN_MS = 60_000;

/** Since when a relay's limit has refused packets to an address. */
interface Series {
  readonly sinceMs: number;
  lastMs: number;
}

/**
 * Refusals by a relay's limit, such as that of unanswered INITs, which all clients share. They are usually over when the INIT is
 * sent again, so they aren't reported before they have lasted.
 */
export class LimitRefusals {
  readonly #series = new LruMap<Address, Series>(MOST_REMEMBERED);

  /** Notes a refusal. Returns whether the limit has refused the address for so long that it is to be reported. */
  add(address: Address, nowMs: number): boolean {
    const known = this.#series.get(address);
    if (known === undefined || nowMs - known.lastMs > FORGOTTEN_MS) {
      this.#series.set(address, { sinceMs: nowMs, lastMs: nowMs });
      return false;
    }
    known.lastMs = nowMs;
    return nowMs - known.sinceMs >= PATIENCE_MS;
  }
}
