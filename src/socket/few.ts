/**
 * A Map that is small while it has no entry, or one. An empty Map takes some 200 bytes, and of the dozen that an
 * association and its socket need nearly all stay so.
 */
export class FewMap<K, V> {
  /** None, the only one, or all. */
  #entries: undefined | readonly [K, V] | Map<K, V>;

  get size(): number {
    if (this.#entries === undefined) return 0;
    return this.#entries instanceof Map ? this.#entries.size : 1;
  }

  get(key: K): V | undefined {
    const entries = this.#entries;
    if (entries === undefined) return undefined;
    if (entries instanceof Map) return entries.get(key);
    return entries[0] === key ? entries[1] : undefined;
  }

  has(key: K): boolean {
    const entries = this.#entries;
    if (entries === undefined) return false;
    return entries instanceof Map ? entries.has(key) : entries[0] === key;
  }

  set(key: K, value: V): void {
    const entries = this.#entries;
    if (entries instanceof Map) entries.set(key, value);
    else if (entries === undefined || entries[0] === key) this.#entries = [key, value];
    else this.#entries = new Map([entries, [key, value]]);
  }

  delete(key: K): boolean {
    const entries = this.#entries;
    if (!this.has(key)) return false;
    if (entries instanceof Map && entries.size > 1) entries.delete(key);
    else this.#entries = undefined;
    return true;
  }

  clear(): void {
    this.#entries = undefined;
  }

  /** The keys, values and entries as they are now, in the order of their setting. */
  keys(): readonly K[] {
    return Array.from(this.#all(), ([key]) => key);
  }

  values(): readonly V[] {
    return Array.from(this.#all(), ([, value]) => value);
  }

  #all(): Iterable<readonly [K, V]> {
    if (this.#entries === undefined) return [];
    return this.#entries instanceof Map ? this.#entries : [this.#entries];
  }

  [Symbol.iterator](): Iterator<readonly [K, V]> {
    return [...this.#all()][Symbol.iterator]();
  }
}

/** The same as a Set. */
export class FewSet<T> {
  readonly #map = new FewMap<T, true>();

  get size(): number {
    return this.#map.size;
  }

  has(value: T): boolean {
    return this.#map.has(value);
  }

  add(value: T): this {
    this.#map.set(value, true);
    return this;
  }

  delete(value: T): boolean {
    return this.#map.delete(value);
  }

  clear(): void {
    this.#map.clear();
  }

  /** Its values as they are now. */
  [Symbol.iterator](): Iterator<T> {
    return this.#map.keys()[Symbol.iterator]();
  }
}
