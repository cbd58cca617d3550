import type { Address } from '../address.js';
import type { Clock } from '../clock.js';
import type { RelayLimits } from './limits.js';
import { LruMap } from './lru-map.js';
import { TokenBucket } from './token-bucket.js';

/** The tokens that an INIT to a destination costs; a smaller budget is used up by one. Other packets cost 1. */
export const INIT_COST = 4;

const MAX_ADDRESSES = 16_384;
/**
 * A client sends an INIT again after a second or more (RTO.Initial, RFC 9260 §16): then the one that waits is too old.
 */
const MAX_WAIT_MS = 1000;
const TICK_MS = 100;

interface Waiting {
  readonly client: object;
  readonly sinceMs: number;
  settle(isAllowed: boolean): void;
}

/**
 * Limits the unanswered packets to each address, over all clients and sessions together: many of them must not be able
 * to send more than one. INITs beyond the limit wait for a while: if the address answers others, it is their turn. One
 * of each client waits, and the client that has waited for longest is next, so that each one gets a share.
 */
export class UnansweredLimit {
  readonly #burst: number;
  readonly #clock: Clock;
  readonly #buckets = new LruMap<Address, TokenBucket>(MAX_ADDRESSES);
  readonly #waiting = new Map<Address, Waiting[]>();
  #isScheduled = false;

  constructor({ unansweredInits }: RelayLimits, clock: Clock) {
    this.#burst = unansweredInits * INIT_COST;
    this.#clock = clock;
  }

  take(address: Address, cost: number, nowMs: number): boolean {
    return !this.#waiting.has(address) && this.#bucket(address, nowMs).take(cost, nowMs);
  }

  /**
   * Calls `settle` when a client's INIT may be sent, or when it has waited too long. Returns false if another INIT of
   * the client waits already.
   */
  wait(address: Address, client: object, settle: (isAllowed: boolean) => void): boolean {
    const waiting = this.#waiting.get(address) ?? [];
    if (waiting.some((each) => each.client === client)) return false;
    waiting.push({ client, sinceMs: this.#clock.now(), settle });
    this.#waiting.set(address, waiting);
    this.#schedule();
    return true;
  }

  answered(address: Address): void {
    this.#buckets.get(address)?.give(INIT_COST);
    if (this.#waiting.has(address)) this.#serve(address, this.#clock.now());
  }

  #serve(address: Address, nowMs: number): void {
    const waiting = this.#waiting.get(address) ?? [];
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const isLate = nowMs - first.sinceMs >= MAX_WAIT_MS;
      if (!isLate && !this.#bucket(address, nowMs).take(INIT_COST, nowMs)) return;
      waiting.shift();
      if (waiting.length === 0) this.#waiting.delete(address);
      first.settle(!isLate);
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.schedule(TICK_MS, () => {
      this.#isScheduled = false;
      for (const address of [...this.#waiting.keys()]) this.#serve(address, this.#clock.now());
      if (this.#waiting.size > 0) this.#schedule();
    });
  }

  #bucket(address: Address, nowMs: number): TokenBucket {
    const known = this.#buckets.get(address);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(this.#burst, this.#burst / 10, nowMs);
    this.#buckets.set(address, bucket);
    return bucket;
  }
}
