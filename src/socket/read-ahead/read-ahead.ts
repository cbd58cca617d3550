/** How much a socket has read that nobody has received yet. At a limit it isn't read on, or not all of it. */
export interface ReadAhead<Of> {
  /** Nothing is read, not even that an association has ended. */
  readonly isPaused: boolean;
  /** Ids of associations of which nothing may be read now; undefined: of all it may. */
  readonly held: Uint32Array<ArrayBuffer> | undefined;
  /**
   * Bytes that may be read now; the last message may go beyond. `begun`: bytes of messages that aren't complete, and that
   * nobody waits for.
   */
  room(begun: number): number;
  /** An association has so many bytes more to be received. */
  add(association: Of, bytes: number): void;
  /** So many bytes of an association have been received, or dropped. */
  remove(association: Of, bytes: number): void;
  /** Somebody waits for what isn't read yet. */
  wanted(association: Of): void;
  /** An association has another socket now, or none. */
  forget(association: Of): void;
  /** Reads whatever there is, once. */
  lift(): void;
}

/** Who reads on when there is room again. */
export interface Reader {
  read(): void;
}

/**
 * That of a one-to-one socket. At the limit reading stops: what isn't read stays in usrsctp and closes the receive window. It
 * goes on when half of it is received.
 */
export class OneToOneReadAhead implements ReadAhead<unknown> {
  readonly held = undefined;
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

  /** Asking for it at 0 pauses. */
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
