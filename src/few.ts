const NONE: readonly never[] = [];

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
    const entries = this.#entries;
    if (entries === undefined) return NONE;
    return entries instanceof Map ? [...entries.keys()] : [entries[0]];
  }

  values(): readonly V[] {
    const entries = this.#entries;
    if (entries === undefined) return NONE;
    return entries instanceof Map ? [...entries.values()] : [entries[1]];
  }

  [Symbol.iterator](): Iterator<readonly [K, V]> {
    const entries = this.#entries;
    if (entries === undefined) return NONE[Symbol.iterator]();
    return [...(entries instanceof Map ? entries : [entries])][Symbol.iterator]();
  }
}

/** So many are searched one by one. */
const FEW = 8;

/** The same as a Set, also while it has a few: where places come and go, those of a Set are made anew each time. */
export class FewSet<T> {
  /** None, few, never to be changed, or many. */
  #values: undefined | readonly T[] | Set<T>;

  get size(): number {
    if (this.#values === undefined) return 0;
    return this.#values instanceof Set ? this.#values.size : this.#values.length;
  }

  has(value: T): boolean {
    const values = this.#values;
    if (values === undefined) return false;
    return values instanceof Set ? values.has(value) : values.includes(value);
  }

  add(value: T): this {
    const values = this.#values;
    if (values instanceof Set) values.add(value);
    else if (values === undefined) this.#values = [value];
    else if (!values.includes(value)) {
      const more = [...values, value];
      this.#values = more.length > FEW ? new Set(more) : more;
    }
    return this;
  }

  delete(value: T): boolean {
    const values = this.#values;
    if (values === undefined || !this.has(value)) return false;
    if (this.size === 1) this.#values = undefined;
    else if (values instanceof Set) values.delete(value);
    else this.#values = values.filter((each) => each !== value);
    return true;
  }

  clear(): void {
    this.#values = undefined;
  }

  /** Its values as they are now, in the order of their adding. */
  values(): readonly T[] {
    return this.#values instanceof Set ? [...this.#values] : (this.#values ?? NONE);
  }

  [Symbol.iterator](): Iterator<T> {
    return this.values()[Symbol.iterator]();
  }
}
