/** A bounded map: when it is full, a new entry replaces the least recently used one. */
export class LruMap<Key, Value> {
  readonly #capacity: number;
  /** The least recently used entry comes first: Map keeps the order of insertion. */
  readonly #map = new Map<Key, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#map.size;
  }

  /** Returns the value and marks it as the most recently used one. */
  get(key: Key): Value | undefined {
    const value = this.#map.get(key);
    if (value === undefined) return undefined;
    this.#map.delete(key);
    this.#map.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#map.delete(key);
    if (this.#map.size >= this.#capacity) {
      for (const leastRecent of this.#map.keys()) {
        this.#map.delete(leastRecent);
        break;
      }
    }
    this.#map.set(key, value);
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
