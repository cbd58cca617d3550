import type { Words } from '../../lib-types.js';

/** Limits how much a socket reads ahead, that is, before someone receives it. */
export interface ReadAhead<Association> {
  /** Is nothing read, not even the end of an association? */
  readonly isPaused: boolean;
  /** Ids of the associations that are set aside: nothing may be read from them now; undefined if there are none. */
  readonly setAside: Words | undefined;
  /**
   * How many bytes may be read now; the last message may exceed it. `begun`: how many bytes of incomplete messages have
   * been read for which nobody waits.
   */
  room(begun: number): number;
  /** Bytes of an association have been read. */
  add(association: Association, bytes: number): void;
  /** Bytes of an association have been received or dropped. */
  remove(association: Association, bytes: number): void;
  /** Someone waits for a message that hasn't been read yet. */
  wanted(association: Association): void;
  /** An association has ended, or belongs to another socket. */
  forget(association: Association): void;
  /** Reads everything there is, once, without a limit. */
  lift(): void;
}

/** Reads on when there is room again. */
export interface Reader {
  read(): void;
}

/**
 * The read-ahead of a one-to-one socket. Reading stops at the limit, so that messages stay in usrsctp and close the
 * receive window. It goes on when half of the read-ahead has been received.
 */
export class OneToOneReadAhead implements ReadAhead<unknown> {
  readonly setAside = undefined;
  readonly #limit: number;
  readonly #reader: Reader;
  #bytes = 0;
  #isPaused = false;
  #isLifted = false;

  constructor(limit: number, reader: Reader) {
    this.#limit = limit;
    this.#reader = reader;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Reading is paused if there is no room. */
  room(begun: number): number {
    const room = this.#isLifted ? Number.POSITIVE_INFINITY : this.#limit - this.#bytes - begun;
    this.#isPaused = room <= 0;
    return Math.max(0, room);
  }

  add(_: unknown, bytes: number): void {
    this.#bytes += bytes;
  }

  remove(_: unknown, bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes <= this.#limit / 2) this.wanted();
  }

  wanted(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#reader.read();
  }

  forget(): void {}

  lift(): void {
    this.#isLifted = true;
    this.#isPaused = false;
    this.#reader.read();
    this.#isLifted = false;
  }
}
