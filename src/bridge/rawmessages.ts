import { SCTP_RECVV_NOINFO } from '../generated/constants.js';
import { errnoNumbers } from '../generated/errno.js';
import { sctp_recvv_rn, sockaddr_storage } from '../generated/layouts.js';
import type { Bytes, Words } from '../lib-types.js';
import { withMemory } from './allocate.js';
import type { Exports, Handle, Instance } from './instance.js';
import { at, type Memory, NULL, type Pointer } from './memory.js';

/** What usrsctp_recvv() received. */
export interface RawReceived {
  readonly data: Bytes;
  /** The sender's sockaddr. Don't change it: the next messages of the same sender have the same object. */
  readonly from: Bytes;
  /** The struct sctp_rcvinfo or sctp_recvv_rn that `infotype` names; empty if there is none. */
  readonly info: Bytes;
  readonly infotype: number;
  readonly flags: number;
}

/** Sockaddrs, one after the other. */
export interface PackedSockaddrs {
  readonly addresses: Uint8Array;
  readonly count: number;
}

/**
 * Messages up to this size share scratch memory. If each allocates its own, messages of 64 bytes take 3.5 times as long,
 * and round trips 2.6 times.
 */
const SCRATCH_BYTES = 256 * 1024;
const ENOBUFS = -errnoNumbers.ENOBUFS;
const NOTHING = new Uint8Array(0);
/** Where small structs and out parameters are, in bytes from the end of the message. */
const Slots = { from: 0, info: 128, fromLength: 192, infoLength: 196, infotype: 200, flags: 204, size: 208 };
const INFO_BYTES = Slots.fromLength - Slots.info;
const FROM_WORDS = sockaddr_storage.size >> 2;

/** usrsctp_sendv() and usrsctp_recvv() with any argument that C can pass. */
export class RawMessages {
  readonly #instance: Instance;
  readonly #exports: Exports;
  readonly #memory: Memory;
  #scratch: Pointer = NULL;
  #from: Words = new Uint32Array(FROM_WORDS);
  #sender: Bytes = new Uint8Array(this.#from.buffer);

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#exports = instance.exports;
    this.#memory = instance.memory;
  }

  /** As in C, the id of the association is written into a struct sctp_sndinfo in `info`. */
  sendv(
    handle: Handle,
    data: Uint8Array,
    to: PackedSockaddrs | undefined,
    info: Uint8Array | undefined,
    infotype: number,
    flags: number,
  ): number {
    const { bridge_sendv } = this.#exports;
    const { length } = data;
    const infoLength = info?.length ?? 0;
    if (to === undefined && length <= SCRATCH_BYTES && infoLength <= INFO_BYTES) {
      if (!this.#hasScratch()) return ENOBUFS;
      const infoAt = info === undefined ? NULL : this.#slot(Slots.info);
      this.#memory.bytes.set(data, this.#scratch);
      if (info) this.#memory.bytes.set(info, infoAt);
      const sent = bridge_sendv(handle, this.#scratch, length, NULL, 0, infoAt, infoLength, infotype, flags);
      info?.set(this.#memory.copy(infoAt, infoLength));
      return sent;
    }
    return withMemory(this.#instance, (put) => {
      const addresses = to === undefined ? NULL : put(to.addresses);
      const [message, infoAt] = [put(data), info === undefined ? NULL : put(info)];
      const sent = bridge_sendv(
        handle,
        message,
        length,
        addresses,
        to?.count ?? 0,
        infoAt,
        infoLength,
        infotype,
        flags,
      );
      info?.set(this.#memory.copy(infoAt, infoLength));
      return sent;
    });
  }

  recvv(handle: Handle, length: number, flags: number): RawReceived | number {
    if (!this.#hasScratch()) return ENOBUFS;
    if (length <= SCRATCH_BYTES) return this.#receive(handle, this.#scratch, length, flags);
    let received: RawReceived | number = 0;
    const result = withMemory(this.#instance, (put) => {
      received = this.#receive(handle, put(length), length, flags);
      return 0;
    });
    return result < 0 ? result : received;
  }

  #receive(handle: Handle, buffer: Pointer, length: number, flags: number): RawReceived | number {
    const memory = this.#memory;
    memory.setWord(this.#slot(Slots.from), 0); // no family, in case C doesn't write there
    memory.setWord(this.#slot(Slots.fromLength), sockaddr_storage.size);
    memory.setWord(this.#slot(Slots.infoLength), sctp_recvv_rn.size);
    memory.setWord(this.#slot(Slots.infotype), 0);
    memory.setWord(this.#slot(Slots.flags), flags);
    const got = this.#exports.bridge_recvv(
      handle,
      buffer,
      length,
      this.#slot(Slots.from),
      this.#slot(Slots.fromLength),
      this.#slot(Slots.info),
      this.#slot(Slots.infoLength),
      this.#slot(Slots.infotype),
      this.#slot(Slots.flags),
    );
    if (got < 0) return got;
    // At the end of an association C copies an uninitialized info: that of an earlier message, perhaps of another socket.
    const isEnd = got === 0 && memory.word(this.#slot(Slots.from)) === 0;
    const infotype = isEnd ? SCTP_RECVV_NOINFO : memory.word(this.#slot(Slots.infotype));
    return {
      data: memory.copy(buffer, got),
      from: this.#readSender(),
      info: infotype === SCTP_RECVV_NOINFO ? NOTHING : memory.copy(this.#slot(Slots.info), sctp_recvv_rn.size),
      infotype,
      flags: memory.word(this.#slot(Slots.flags)),
    };
  }

  /**
   * The sender, which is mostly that of the previous message: copying it each time makes messages of 64 bytes take 1.7
   * times as long, and round trips 1.2 times.
   */
  #readSender(): Bytes {
    const { words } = this.#memory;
    const from = this.#slot(Slots.from) >> 2;
    let same = 0;
    while (same < FROM_WORDS && words[from + same] === this.#from[same]) same++;
    if (same < FROM_WORDS) {
      this.#from = words.slice(from, from + FROM_WORDS) as Words;
      this.#sender = new Uint8Array(this.#from.buffer);
    }
    return this.#sender;
  }

  /** Allocates the scratch memory the first time. Returns false if there isn't enough memory. */
  #hasScratch(): boolean {
    if (this.#scratch === NULL) this.#scratch = this.#exports.malloc(SCRATCH_BYTES + Slots.size);
    return this.#scratch !== NULL;
  }

  #slot(offset: number): Pointer {
    return at(this.#scratch, SCRATCH_BYTES + offset);
  }
}
