import { errnoNumbers } from '../generated/errno.js';
import { sctp_recvv_rn, type sctpstat, sockaddr_storage } from '../generated/layouts.js';
import type { Exports, Handle, Instance } from './instance.js';
import { type Memory, NULL, type Pointer } from './memory.js';
import { stackStatistics } from './statistics.js';
import type { StructValue } from './struct.js';

/** What usrsctp_recvv found. */
export interface RawReceived {
  readonly data: Uint8Array<ArrayBuffer>;
  /** A sockaddr. */
  readonly from: Uint8Array<ArrayBuffer>;
  /** A struct sctp_rcvinfo or sctp_recvv_rn, as `infotype` says. */
  readonly info: Uint8Array<ArrayBuffer>;
  readonly infotype: number;
  readonly flags: number;
}

type Allocate = (content: Uint8Array | number) => Pointer;

const NO_MEMORY: unique symbol = Symbol('no memory');

/**
 * usrsctp's functions with all that C can give them: any option, any info, any address as the bytes of its struct.
 * Results are values or a negative errno. {@link Calls} has the ones that must be fast.
 */
export class RawCalls {
  readonly #instance: Instance;
  readonly #exports: Exports;
  readonly #memory: Memory;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#exports = instance.exports;
    this.#memory = instance.memory;
  }

  socket(domain: number, type: number, protocol: number): number {
    return this.#exports.bridge_socket(domain, type, protocol);
  }

  close(handle: Handle): number {
    return this.#exports.bridge_close(handle);
  }

  shutdown(handle: Handle, how: number): number {
    return this.#exports.bridge_shutdown(handle, how);
  }

  bind(handle: Handle, address: Uint8Array): number {
    return this.#with((put) => this.#exports.bridge_bind(handle, put(address), address.length));
  }

  bindx(handle: Handle, addresses: Uint8Array, count: number, flags: number): number {
    return this.#with((put) => this.#exports.bridge_bindx(handle, put(addresses), count, flags));
  }

  listen(handle: Handle, backlog: number): number {
    return this.#exports.bridge_listen(handle, backlog);
  }

  /** The new handle, and the peer's sockaddr. */
  accept(handle: Handle): { result: number; from: Uint8Array } {
    let from = new Uint8Array();
    const result = this.#with((put) => {
      const [address, length] = [put(sockaddr_storage.size), put(int(sockaddr_storage.size))];
      const accepted = this.#exports.bridge_accept(handle, address, length);
      if (accepted >= 0) from = this.#memory.copy(address, sockaddr_storage.size);
      return accepted;
    });
    return { result, from };
  }

  peeloff(handle: Handle, id: number): number {
    return this.#exports.bridge_peeloff(handle, id);
  }

  connect(handle: Handle, address: Uint8Array): number {
    return this.#with((put) => this.#exports.bridge_connect(handle, put(address), address.length));
  }

  connectx(handle: Handle, addresses: Uint8Array, count: number): { result: number; id: number } {
    let id = 0;
    const result = this.#with((put) => {
      const out = put(int(0));
      const connected = this.#exports.bridge_connectx(handle, put(addresses), count, out);
      id = this.#memory.word(out);
      return connected;
    });
    return { result, id };
  }

  getassocid(handle: Handle, address: Uint8Array): number {
    return this.#with((put) => this.#exports.bridge_getassocid(handle, put(padded(address)))) >>> 0;
  }

  /** The packed sockaddrs of the peer (`paddrs`) or here (`laddrs`), and how many. */
  addresses(which: 'paddrs' | 'laddrs', handle: Handle, id: number): { result: number; bytes: Uint8Array } {
    const capacity = 64 * 1024;
    let bytes = new Uint8Array();
    const result = this.#with((put) => {
      const buffer = put(capacity);
      const count = this.#exports[`bridge_get${which}`](handle, id, buffer, capacity);
      if (count > 0) bytes = this.#memory.copy(buffer, Math.min(capacity, count * sockaddr_storage.size));
      return count;
    });
    return { result, bytes };
  }

  /** Like usrsctp_sendv. The association's id, which C writes into a struct sctp_sndinfo, is written into `info`. */
  sendv(
    handle: Handle,
    data: Uint8Array,
    to: { addresses: Uint8Array; count: number } | undefined,
    info: Uint8Array | undefined,
    infotype: number,
    flags: number,
  ): number {
    return this.#with((put) => {
      const address = to ? put(to.addresses) : NULL;
      const [message, infoAt] = [put(data), info ? put(info) : NULL];
      const { bridge_sendv } = this.#exports;
      const [count, infoLength] = [to?.count ?? 0, info?.length ?? 0];
      const sent = bridge_sendv(handle, message, data.length, address, count, infoAt, infoLength, infotype, flags);
      info?.set(this.#memory.copy(infoAt, infoLength));
      return sent;
    });
  }

  recvv(handle: Handle, length: number, flags: number): RawReceived | number {
    let received: RawReceived | undefined;
    const result = this.#with((put) => {
      const [data, from, info] = [put(length), put(sockaddr_storage.size), put(sctp_recvv_rn.size)];
      const [fromLength, infoLength] = [put(int(sockaddr_storage.size)), put(int(sctp_recvv_rn.size))];
      const [infotype, flagsAt] = [put(int(0)), put(int(flags))];
      const { bridge_recvv } = this.#exports;
      const got = bridge_recvv(handle, data, length, from, fromLength, info, infoLength, infotype, flagsAt);
      if (got < 0) return got;
      const memory = this.#memory;
      received = {
        data: memory.copy(data, got),
        from: memory.copy(from, sockaddr_storage.size),
        info: memory.copy(info, sctp_recvv_rn.size),
        infotype: memory.word(infotype),
        flags: memory.word(flagsAt),
      };
      return got;
    });
    return received ?? result;
  }

  setsockopt(handle: Handle, level: number, name: number, value: Uint8Array): number {
    return this.#with((put) => this.#exports.bridge_setsockopt(handle, level, name, put(value), value.length));
  }

  /** Gives an option its argument, and `value` what the option answers; the result is its length. */
  getsockopt(handle: Handle, level: number, name: number, value: Uint8Array): number {
    const { bridge_getsockopt } = this.#exports;
    return this.#withOption(value, (pointer, length) => bridge_getsockopt(handle, level, name, pointer, length));
  }

  optInfo(handle: Handle, id: number, name: number, value: Uint8Array): number {
    const { bridge_opt_info } = this.#exports;
    return this.#withOption(value, (pointer, length) => bridge_opt_info(handle, id, name, pointer, length));
  }

  /** The errno number that SO_ERROR had; it has none then. */
  takeError(handle: Handle): number {
    return this.#exports.bridge_take_error(handle);
  }

  getEvents(handle: Handle): number {
    return this.#exports.bridge_get_events(handle);
  }

  sendRoom(handle: Handle): number {
    return this.#exports.bridge_send_room(handle);
  }

  getNonBlocking(handle: Handle): number {
    return this.#exports.bridge_get_non_blocking(handle);
  }

  statistics(): StructValue<typeof sctpstat> {
    return stackStatistics(this.#instance);
  }

  sysctl(index: number): number {
    return this.#exports.bridge_sysctl_get(index) >>> 0;
  }

  setSysctl(index: number, value: number): number {
    return this.#exports.bridge_sysctl_set(index, value);
  }

  registerAddress(address: number): void {
    this.#exports.bridge_register_address(address);
  }

  deregisterAddress(address: number): void {
    this.#exports.bridge_deregister_address(address);
  }

  crc32cOffload(on: boolean): void {
    this.#exports.bridge_crc32c_offload(on ? 1 : 0);
  }

  crc32c(bytes: Uint8Array): number {
    return this.#with((put) => this.#exports.bridge_crc32c(put(bytes), bytes.length)) >>> 0;
  }

  handleTimers(elapsedMs: number): void {
    this.#exports.bridge_handle_timers(elapsedMs);
  }

  #withOption(value: Uint8Array, call: (pointer: Pointer, length: Pointer) => number): number {
    return this.#with((put) => {
      const [pointer, length] = [put(value), put(int(value.length))];
      const result = call(pointer, length);
      if (result < 0) return result;
      const answered = Math.min(this.#memory.word(length), value.length);
      value.set(this.#memory.copy(pointer, answered));
      return answered;
    });
  }

  /** Runs a call whose arguments `put` allocates, zeroed or with their content, and frees them after it. */
  #with(call: (put: Allocate) => number): number {
    const allocated: Pointer[] = [];
    const put: Allocate = (content) => {
      const length = typeof content === 'number' ? content : content.length;
      const pointer = this.#exports.malloc(Math.max(length, 1));
      if (pointer === NULL) throw NO_MEMORY;
      allocated.push(pointer);
      if (typeof content === 'number') this.#memory.bytes.fill(0, pointer, pointer + length);
      else this.#memory.bytes.set(content, pointer);
      return pointer;
    };
    try {
      return call(put);
    } catch (error) {
      if (error === NO_MEMORY) return -errnoNumbers.ENOBUFS;
      throw error;
    } finally {
      for (const pointer of allocated) this.#exports.free(pointer);
    }
  }
}

/** A C int. */
export function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** A sockaddr with room for one of any family: C looks at the family, and copies as much as that one has. */
function padded(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(sockaddr_storage.size);
  bytes.set(address);
  return bytes;
}
