import type { Words } from '../../lib-types.js';
import type { Reader } from './read-ahead.js';

/** The associations of a socket, of which some have unreceived messages. */
export interface Sharers<Association> extends Reader {
  readonly cores: readonly Association[];
  /** How many bytes of an association have been read, and are neither received nor waited for. */
  unreceived(association: Association): number;
}

/**
 * Equal shares of a socket's read-ahead: one for each association that has unreceived messages, and one for the next
 * association that gets some. An association that has its share is held until it has half of it.
 */
export class Shares<Association extends { readonly id: number }> {
  readonly #limit: number;
  readonly #all: Sharers<Association>;
  /** The associations that have unreceived messages, or had some when `settle` was called last. */
  readonly #sharers: Set<Association>;
  readonly #held = new Set<Association>();
  /** The ids of those that are held; undefined if they must be listed again. */
  #ids: Words | undefined;

  constructor(limit: number, all: Sharers<Association>) {
    this.#limit = limit;
    this.#all = all;
    this.#sharers = new Set(all.cores);
  }

  /** Ids of the associations that are held; undefined if there are none. */
  get held(): Words | undefined {
    if (this.#held.size === 0) return undefined;
    this.#ids ??= Uint32Array.from(this.#held, ({ id }) => id);
    return this.#ids;
  }

  /** Decides again which associations are held. Returns the share of each. */
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

  add(association: Association): void {
    this.#sharers.add(association);
  }

  /** Is the association held without need? */
  mayGoOn(association: Association): boolean {
    return this.#held.has(association) && this.#all.unreceived(association) <= this.#share / 2;
  }

  forget(association: Association): void {
    this.#sharers.delete(association);
    this.#release(association);
  }

  get #share(): number {
    return this.#limit / (this.#sharers.size + 1);
  }

  #hold(association: Association): void {
    if (this.#held.has(association)) return;
    this.#held.add(association);
    this.#ids = undefined;
  }

  #release(association: Association): void {
    if (this.#held.delete(association)) this.#ids = undefined;
  }
}
