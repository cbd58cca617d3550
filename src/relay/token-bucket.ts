/** A token bucket: it holds up to `capacity` tokens, and gains `perSecond` of them. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #updatedAtMs: number;

  constructor(capacity: number, perSecond: number, nowMs: number) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
    this.#updatedAtMs = nowMs;
  }

  /** Takes tokens; takes none and returns false if there are too few. */
  take(tokens: number, nowMs: number): boolean {
    this.#gain(nowMs);
    if (tokens > this.#tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Takes tokens even if there are too few. Returns how long it takes until none is owed, in ms. */
  spend(tokens: number, nowMs: number): number {
    this.#gain(nowMs);
    this.#tokens -= tokens;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Returns tokens to the bucket. */
  give(tokens: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + tokens);
  }

  #gain(nowMs: number): void {
    const gained = (Math.max(0, nowMs - this.#updatedAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained);
    this.#updatedAtMs = nowMs;
  }
}
