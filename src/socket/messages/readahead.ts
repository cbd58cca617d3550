/**
 * How much a socket has read that nobody has received yet. At the limit reading stops: what isn't read stays in
 * usrsctp and closes the receive window. It goes on when half of it is received.
 */
export class ReadAhead {
  readonly #limit: number;
  readonly #reader: { read(): void };
  #bytes = 0;
  #isPaused = false;
  #isLifted = false;

  /** `reader`: who reads on when there is room again. */
  constructor(limit: number, reader: { read(): void }) {
    this.#limit = limit;
    this.#reader = reader;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Bytes that may be read now; the last message may go beyond. Asking for it at 0 pauses. `begun`: bytes of messages
   * that aren't complete, and that nobody waits for.
   */
  room(begun: number): number {
    const room = this.#isLifted ? Number.POSITIVE_INFINITY : this.#limit - this.#bytes - begun;
    this.#isPaused = room <= 0;
    return Math.max(0, room);
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    if (!this.#isPaused || this.#bytes > this.#limit / 2) return;
    this.#isPaused = false;
    this.#reader.read();
  }

  /** Somebody waits for what isn't read yet. */
  wanted(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#reader.read();
  }

  /** Reads whatever there is, once. */
  lift(): void {
    this.#isLifted = true;
    this.#isPaused = false;
    this.#reader.read();
    this.#isLifted = false;
  }
}
