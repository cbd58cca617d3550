import type { Words } from '../../lib-types.js';
import type { ReadAhead } from './read-ahead.js';
import { type AssociationReader, Shares } from './shares.js';

/**
 * The read-ahead of a one-to-many socket. At the limit the associations get equal shares of it, until half of it has
 * been received. An association that has its share isn't read, so that its receive window closes; the others are. The
 * rest of an association that has ended is read in any case, because nothing follows it.
 */
export class OneToManyReadAhead<Association extends { readonly id: number }> implements ReadAhead<Association> {
  readonly isPaused = false;
  readonly #limit: number;
  readonly #associations: AssociationReader<Association>;
  #bytes = 0;
  #shares: Shares<Association> | undefined;

  constructor(limit: number, associations: AssociationReader<Association>) {
    this.#limit = limit;
    this.#associations = associations;
  }

  get setAside(): Words | undefined {
    return this.#shares?.setAside;
  }

  room(begun: number): number {
    const bytes = this.#bytes + begun;
    if (bytes <= this.#limit / 2) this.#shares = undefined;
    if (bytes < this.#limit && this.#shares === undefined) return this.#limit - bytes;
    this.#shares ??= new Shares(this.#limit, this.#associations);
    return this.#shares.settle();
  }

  add(association: Association, bytes: number): void {
    this.#bytes += bytes;
    this.#shares?.add(association);
  }

  remove(association: Association, bytes: number): void {
    this.#bytes -= bytes;
    if (this.#shares === undefined) return;
    if (this.#bytes <= this.#limit / 2 || this.#shares.mayGoOn(association)) this.#associations.read();
  }

  wanted(association: Association): void {
    if (this.#shares?.mayGoOn(association)) this.#associations.read();
  }

  forget(association: Association): void {
    this.#shares?.forget(association);
  }

  lift(): void {}
}
