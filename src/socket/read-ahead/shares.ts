import type { Words } from '../../lib-types.js';
import type { Reader } from './read-ahead.js';

/** The associations of a socket, of which some have unreceived messages. */
export interface AssociationReader<Association> extends Reader {
  readonly cores: readonly Association[];
  /** How many bytes of an association have been read, and are neither received nor waited for. */
  unreceived(association: Association): number;
}

/**
 * Equal shares of a socket's read-ahead: one for each association that has unreceived messages, and one for the next
 * association that gets some. An association that has its share is set aside until it has half of it.
 */
export class Shares<Association extends { readonly id: number }> {
  readonly #limit: number;
  readonly #all: AssociationReader<Association>;
  /** The associations that have unreceived messages, or had some when `settle` was called last. */
  readonly #sharing: Set<Association>;
  readonly #setAside = new Set<Association>();
  /** The ids of those that are set aside; undefined if they must be listed again. */
  #ids: Words | undefined;

  constructor(limit: number, all: AssociationReader<Association>) {
    this.#limit = limit;
    this.#all = all;
    this.#sharing = new Set(all.cores);
  }

  /** Ids of the associations that are set aside; undefined if there are none. */
  get setAside(): Words | undefined {
    if (this.#setAside.size === 0) return undefined;
    this.#ids ??= Uint32Array.from(this.#setAside, ({ id }) => id);
    return this.#ids;
  }

  /** Decides again which associations are set aside. Returns the share of each. */
  settle(): number {
    for (const each of this.#sharing) if (this.#all.unreceived(each) === 0) this.forget(each);
    const share = this.#share;
    for (const each of this.#sharing) {
      const bytes = this.#all.unreceived(each);
      if (bytes >= share) this.#putAside(each);
      else if (bytes <= share / 2) this.#release(each);
    }
    return share;
  }

  add(association: Association): void {
    this.#sharing.add(association);
  }

  /** Is the association set aside without need? */
  mayGoOn(association: Association): boolean {
    return this.#setAside.has(association) && this.#all.unreceived(association) <= this.#share / 2;
  }

  forget(association: Association): void {
    this.#sharing.delete(association);
    this.#release(association);
  }

  get #share(): number {
    return this.#limit / (this.#sharing.size + 1);
  }

  #putAside(association: Association): void {
    if (this.#setAside.has(association)) return;
    this.#setAside.add(association);
    this.#ids = undefined;
  }

  #release(association: Association): void {
    if (this.#setAside.delete(association)) this.#ids = undefined;
  }
}
