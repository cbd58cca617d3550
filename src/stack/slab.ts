import type { Memory, Pointer } from '../bridge/memory.js';

/** How large a slab is, but for what doesn't fit. */
const SLAB_BYTES = 64 * 1024;
/** Less is copied word by word: the view that `set` wants takes as long as 500 bytes. */
const SHORT_BYTES = 512;

/**
 * Copies bytes into large buffers, one behind the other and none twice. A buffer of its own for each batch of packets,
 * made, zeroed and collected, took a tenth of the time of 1 KB messages.
 */
export class Slab {
  #bytes = new Uint8Array(0);
  #words = new Uint32Array(0);
  /** Where the copies are now. */
  buffer: ArrayBuffer = this.#bytes.buffer;
  #used = 0;

  /** Where in the buffer the copy begins. Start and length are multiples of 4. */
  copy(memory: Memory, start: Pointer, length: number): number {
    if (this.#used + length > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(length, SLAB_BYTES));
      this.buffer = this.#bytes.buffer;
      this.#words = new Uint32Array(this.buffer);
      this.#used = 0;
    }
    const offset = this.#used;
    this.#used += length;
    if (length > SHORT_BYTES) this.#bytes.set(memory.bytes.subarray(start, start + length), offset);
    else this.#copyWords(memory.words, start >> 2, offset >> 2, length >> 2);
    return offset;
  }

  #copyWords(from: Uint32Array, start: number, offset: number, length: number): void {
    const words = this.#words;
    for (let i = 0; i < length; i++) words[offset + i] = from[start + i] as number;
  }
}
