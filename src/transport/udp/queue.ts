/** First in, first out, up to a bound. */
export class BoundedQueue<T> {
  readonly #most: number;
  #items: (T | undefined)[] = [];
  #head = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** False when the queue is full: the item isn't in it. */
  push(item: T): boolean {
    if (this.length >= this.#most) return false;
    if (this.#head >= this.#most) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#items.push(item);
    return true;
  }

  take(): T | undefined {
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    if (this.#head < this.#items.length) this.#head++;
    if (this.#head === this.#items.length) this.clear();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
