/** usrsctp is given so many small ones at once. */
const WINDOW = 2048;
export const SMALL_BYTES = 64;

/**
 * usrsctp counts the bytes of messages alone, of which small ones have few; each takes some 300 bytes of memory beside.
 * So it is given small ones in windows, and no further one before the last begins to be acknowledged.
 */
export class SmallMessages {
  /** Small messages in this window, and the bytes of all that were sent in it. */
  #count = 0;
  #bytes = 0;

  /** May a small message begin? `sink` knows how many bytes aren't acknowledged. */
  mayBegin(sink: { unacknowledgedBytes(): number }): boolean {
    if (this.#count >= WINDOW) {
      if (sink.unacknowledgedBytes() >= this.#bytes) return false;
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
