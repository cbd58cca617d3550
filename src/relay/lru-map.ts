/** A map that forgets what it was longest without when it is full. */
export class LruMap<Key, Value> {
  readonly #most: number;
  readonly #map = new Map<Key, Value>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#map.size;
  }

  /** The value, which thereby is the last to be forgotten. */
  use(key: Key): Value | undefined {
    const value = this.#map.get(key);
    if (value === undefined) return undefined;
    this.#map.delete(key);
    this.#map.set(key, value);
    return value;
  }

  /** Sets a value; returns what had to be forgotten for it. */
  set(key: Key, value: Value): Value | undefined {
    this.#map.delete(key);
    let forgotten: Value | undefined;
    if (this.#map.size >= this.#most) {
      for (const [oldest, old] of this.#map) {
        this.#map.delete(oldest);
        forgotten = old;
        break;
      }
    }
    this.#map.set(key, value);
    return forgotten;
  }

  delete(key: Key): void {
    this.#map.delete(key);
  }

  values(): IterableIterator<Value> {
    return this.#map.values();
  }

  keys(): IterableIterator<Key> {
    return this.#map.keys();
  }
}
