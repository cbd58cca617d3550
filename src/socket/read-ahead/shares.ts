import type { Sharers } from './shared.js';

/**
 * Each association that has unreceived messages may have the same of a socket's read-ahead, and so may the next one that gets
 * some. One that has its share is held, until it has half of it.
 */
export class Shares<Of extends { readonly id: number }> {
  readonly #limit: number;
  readonly #all: Sharers<Of>;
  /** Those that have unreceived messages, or had some when `settle` was called. */
  readonly #sharers: Set<Of>;
  readonly #held = new Set<Of>();
  /** Their ids, unless they have changed. */
  #ids: Uint32Array<ArrayBuffer> | undefined;

  constructor(limit: number, all: Sharers<Of>) {
    this.#limit = limit;
    this.#all = all;
    this.#sharers = new Set(all.list);
  }

  /** Ids of those that are held; undefined: there are none. */
  get held(): Uint32Array<ArrayBuffer> | undefined {
    if (this.#held.size === 0) return undefined;
    this.#ids ??= Uint32Array.from(this.#held, ({ id }) => id);
    return this.#ids;
  }

  /** Says anew who is held; returns the share of each. */
  settle(): number {
    for (const each of this.#sharers) if (this.#all.unreceived(each) === 0) this.forget(each);
    const share = this.#share;
    for (const each of this.#sharers) {
      const bytes = this.#all.unreceived(each);
      if (bytes >= share) this.#hold(each);
      else if (bytes <= share / 2) this.#release(each);
    }
    return share;
  }

  add(association: Of): void {
    this.#sharers.add(association);
  }

  /** It is held, and needn't be any more. */
  mayGoOn(association: Of): boolean {
    return this.#held.has(association) && this.#all.unreceived(association) <= this.#share / 2;
  }

  forget(association: Of): void {
    this.#sharers.delete(association);
    this.#release(association);
  }

  get #share(): number {
    return this.#limit / (this.#sharers.size + 1);
  }

  #hold(association: Of): void {
    if (this.#held.has(association)) return;
    this.#held.add(association);
    this.#ids = undefined;
  }

  #release(association: Of): void {
    if (this.#held.delete(association)) this.#ids = undefined;
  }
}
