/** The size of a buffer that packets share. Node allocates it without filling it with zeros. */
const BUFFER_BYTES = 65_536;
/** A larger message gets a buffer of its own. */
const LARGEST_SHARED_BYTES = 16_384;

/** Copies what has arrived into memory that the receiver owns. Packets share buffers, but no bytes. */
export class ArrivedBytes {
  #buffer: ArrayBuffer = new ArrayBuffer(0);
  #bytes = new Uint8Array(this.#buffer);
  #used = 0;

  /** Copies a message, and divides it into packets of a size; the last one may be smaller. 0 doesn't divide it. */
  copy(message: Uint8Array, segmentBytes: number): Uint8Array[] {
    const [buffer, start] = this.#place(message);
    const size = segmentBytes === 0 ? message.length : segmentBytes;
    const packets: Uint8Array[] = [];
    for (let at = 0; at < message.length; at += size) {
      packets.push(new Uint8Array(buffer, start + at, Math.min(size, message.length - at)));
    }
    return packets;
  }

  #place(message: Uint8Array): [buffer: ArrayBuffer, offset: number] {
    if (message.length > LARGEST_SHARED_BYTES) {
      const own = uninitialized(message.length);
      own.set(message);
      return [own.buffer, 0];
    }
    if (this.#used + message.length > this.#bytes.length) {
      this.#bytes = uninitialized(BUFFER_BYTES);
      this.#buffer = this.#bytes.buffer;
      this.#used = 0;
    }
    const at = this.#used;
    this.#bytes.set(message, at);
    this.#used = (at + message.length + 7) & ~7;
    return [this.#buffer, at];
  }
}

function uninitialized(bytes: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(bytes) as Uint8Array<ArrayBuffer>;
}
