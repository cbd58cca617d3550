import type { SendInfo } from '../bridge/calls.js';
import { SctpError } from '../errors.js';
import { SCTP_EOR } from '../generated/constants.js';

interface Waiting {
  readonly data: Uint8Array;
  readonly info: SendInfo;
  /** Bytes that usrsctp has taken. */
  offset: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type Send = (data: Uint8Array, info: SendInfo) => number | undefined;

const TAKEN = Promise.resolve();

/**
 * Messages on their way into usrsctp's send buffer, in order. While the buffer has room a message goes through without
 * a promise of its own; else it waits here.
 */
export class Outgoing {
  readonly #send: Send;
  readonly #pieceBytes: number;
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #drained: (() => void)[] = [];

  /**
   * `send` takes what fits, or answers undefined. `pieceBytes`: how much it is given at once; usrsctp refuses more than
   * its send buffer even where it would take a part. `limit`: bytes that may wait here.
   */
  constructor(send: Send, pieceBytes: number, limit: number) {
    this.#send = send;
    this.#pieceBytes = pieceBytes;
    this.#limit = limit;
  }

  /** Resolves when usrsctp has taken the whole message. */
  push(data: Uint8Array, info: SendInfo): Promise<void> {
    let offset = 0;
    if (this.#waiting.length === 0) {
      try {
        offset = this.#sendPieces(data, 0, info);
      } catch (error) {
        return Promise.reject(error);
      }
      if (offset === data.length) return TAKEN;
    }
    const left = data.length - offset;
    if (offset === 0 && this.#bytes + left > this.#limit) {
      return Promise.reject(
        new SctpError('ENOBUFS', `send: ${this.#bytes} bytes wait already: await the promises of send`, {
          syscall: 'send',
        }),
      );
    }
    this.#bytes += left;
    return new Promise((resolve, reject) => this.#waiting.push({ data, info, offset, resolve, reject }));
  }

  /** There may be room now. */
  flush(): void {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      const before = first.offset;
      try {
        first.offset = this.#sendPieces(first.data, before, first.info);
        this.#bytes -= first.offset - before;
        if (first.offset < first.data.length) return;
        this.#waiting.shift();
        first.resolve();
      } catch (error) {
        this.#waiting.shift();
        this.#bytes -= first.data.length - first.offset;
        first.reject(error);
      }
    }
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    return this.#waiting.length === 0 ? TAKEN : new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Nothing can be sent any more. */
  fail(error: unknown): void {
    this.#bytes = 0;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Sends from `offset` on until there is no room; returns how far it came. Only the last piece ends the message. */
  #sendPieces(data: Uint8Array, offset: number, info: SendInfo): number {
    if (data.length - offset <= this.#pieceBytes) {
      return offset + (this.#send(offset === 0 ? data : data.subarray(offset), info) ?? 0);
    }
    const open = { ...info, flags: info.flags & ~SCTP_EOR };
    for (;;) {
      const end = Math.min(offset + this.#pieceBytes, data.length);
      const taken = this.#send(data.subarray(offset, end), end === data.length ? info : open) ?? 0;
      offset += taken;
      if (offset < end || offset === data.length) return offset;
    }
  }
}
