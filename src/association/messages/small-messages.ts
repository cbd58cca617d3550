/** The most small messages in a window. */
const WINDOW = 2048;
/** A shorter message is small. */
export const SMALL_BYTES = 64;

/**
 * Limits the small messages in usrsctp's send buffer. usrsctp counts only the bytes of the messages, but each takes
 * some 300 bytes of memory more. So small messages are sent in windows, and a window begins only when the peer has
 * begun to acknowledge the one before.
 */
export class SmallMessages {
  /** How many small messages this window has, and the bytes of all messages that were sent in it. */
  #count = 0;
  #bytes = 0;

  /** May a small message be sent now? */
  mayBegin(owner: { unacknowledgedBytes(): number }): boolean {
    if (this.#count >= WINDOW) {
      if (owner.unacknowledgedBytes() >= this.#bytes) return false;
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
