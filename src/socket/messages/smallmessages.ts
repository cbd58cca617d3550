/** usrsctp is given so many small ones at once. */
const WINDOW = 2048;
const SMALL_BYTES = 64;

/**
 * usrsctp counts the bytes of messages alone, of which small ones have few; each takes some 300 bytes of memory beside.
 * So it is given small ones in windows, and no further one before the last begins to be acknowledged.
 */
export class SmallMessages {
  readonly #unacknowledgedBytes: () => number;
  /** Small messages in this window, and the bytes of all that were sent in it. */
  #count = 0;
  #bytes = 0;

  /** `unacknowledgedBytes`: of those that were sent. */
  constructor(unacknowledgedBytes: () => number) {
    this.#unacknowledgedBytes = unacknowledgedBytes;
  }

  /** May a message of so many bytes begin? */
  mayBegin(bytes: number): boolean {
    if (bytes >= SMALL_BYTES) return true;
    if (this.#count >= WINDOW) {
      if (this.#unacknowledgedBytes() >= this.#bytes) return false;
      this.#count = 0;
      this.#bytes = 0;
    }
    this.#count++;
    return true;
  }

  sent(bytes: number): void {
    this.#bytes += bytes;
  }
}
