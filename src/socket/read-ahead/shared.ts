import type { ReadAhead, Reader } from './read-ahead.js';
import { Shares } from './shares.js';

/** The associations of a socket, of which some have unreceived messages. */
export interface Sharers<Of> extends Reader {
  readonly list: readonly Of[];
  /** Bytes that are here of an association, and that nobody has received or waits for. */
  unreceived(association: Of): number;
}

/**
 * That of a one-to-many socket. At the limit its associations share it, until half of it is received: those that have their
 * share aren't read on, and close their receive windows; the others are. What has been left behind by an association that has
 * ended is read in any case: nothing follows it.
 */
export class OneToManyReadAhead<Of extends { readonly id: number }> implements ReadAhead<Of> {
  readonly isPaused = false;
  readonly #limit: number;
  readonly #sharers: Sharers<Of>;
  #bytes = 0;
  #shares: Shares<Of> | undefined;

  constructor(limit: number, sharers: Sharers<Of>) {
    this.#limit = limit;
    this.#sharers = sharers;
  }

  get held(): Uint32Array<ArrayBuffer> | undefined {
    return this.#shares?.held;
  }

  room(begun: number): number {
    const bytes = this.#bytes + begun;
    if (bytes <= this.#limit / 2) this.#shares = undefined;
    if (bytes < this.#limit && this.#shares === undefined) return this.#limit - bytes;
    this.#shares ??= new Shares(this.#limit, this.#sharers);
    return this.#shares.settle();
  }

  add(association: Of, bytes: number): void {
    this.#bytes += bytes;
    this.#shares?.add(association);
  }

  remove(association: Of, bytes: number): void {
    this.#bytes -= bytes;
    if (this.#shares === undefined) return;
    if (this.#bytes <= this.#limit / 2 || this.#shares.mayGoOn(association)) this.#sharers.read();
  }

  wanted(association: Of): void {
    if (this.#shares?.mayGoOn(association)) this.#sharers.read();
  }

  forget(association: Of): void {
    this.#shares?.forget(association);
  }

  lift(): void {}
}
