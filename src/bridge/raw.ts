import { type sctpstat, sockaddr_storage } from '../generated/layouts.js';
import { int, withMemory } from './allocate.js';
import type { Exports, Handle, Instance } from './instance.js';
import type { Memory, Pointer } from './memory.js';
import { RawMessages } from './rawmessages.js';
import { stackStatistics } from './statistics.js';
import type { StructValue } from './struct.js';

/**
 * usrsctp's functions with any argument that C can pass: addresses, options and infos are the bytes of their structs.
 * Results are values or a negative errno. {@link Calls} has what the typed API needs, where some arguments are fixed.
 */
export class RawCalls {
  readonly #instance: Instance;
  readonly #exports: Exports;
  readonly #memory: Memory;
  /** usrsctp_sendv() and usrsctp_recvv(). */
  readonly messages: RawMessages;

  constructor(instance: Instance) {
    this.#instance = instance;
    this.#exports = instance.exports;
    this.#memory = instance.memory;
    this.messages = new RawMessages(instance);
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
    return withMemory(this.#instance, (put) => this.#exports.bridge_bind(handle, put(address), address.length));
  }

  bindx(handle: Handle, addresses: Uint8Array, count: number, flags: number): number {
    return withMemory(this.#instance, (put) => this.#exports.bridge_bindx(handle, put(addresses), count, flags));
  }

  listen(handle: Handle, backlog: number): number {
    return this.#exports.bridge_listen(handle, backlog);
  }

  /** The new handle, or a negative errno, and the peer's sockaddr. */
  accept(handle: Handle): { result: number; from: Uint8Array } {
    let from = new Uint8Array();
    const result = withMemory(this.#instance, (put) => {
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
    return withMemory(this.#instance, (put) => this.#exports.bridge_connect(handle, put(address), address.length));
  }

  connectx(handle: Handle, addresses: Uint8Array, count: number): { result: number; id: number } {
    let id = 0;
    const result = withMemory(this.#instance, (put) => {
      const out = put(int(0));
      const connected = this.#exports.bridge_connectx(handle, put(addresses), count, out);
      id = this.#memory.word(out);
      return connected;
    });
    return { result, id };
  }

  getassocid(handle: Handle, address: Uint8Array): number {
    return withMemory(this.#instance, (put) => this.#exports.bridge_getassocid(handle, put(padded(address)))) >>> 0;
  }

  /** The packed sockaddrs of the peer (`paddrs`) or of this end (`laddrs`), and their number. */
  addresses(which: 'paddrs' | 'laddrs', handle: Handle, id: number): { result: number; bytes: Uint8Array } {
    const capacity = 64 * 1024;
    let bytes = new Uint8Array();
    const result = withMemory(this.#instance, (put) => {
      const buffer = put(capacity);
      const count = this.#exports[`bridge_get${which}`](handle, id, buffer, capacity);
      if (count > 0) bytes = this.#memory.copy(buffer, Math.min(capacity, count * sockaddr_storage.size));
      return count;
    });
    return { result, bytes };
  }

  setsockopt(handle: Handle, level: number, name: number, value: Uint8Array): number {
    return withMemory(this.#instance, (put) =>
      this.#exports.bridge_setsockopt(handle, level, name, put(value), value.length),
    );
  }

  /** `value` is the argument, and is overwritten with the option's value. Returns the length of that. */
  getsockopt(handle: Handle, level: number, name: number, value: Uint8Array): number {
    const { bridge_getsockopt } = this.#exports;
    return this.#withOption(value, (pointer, length) => bridge_getsockopt(handle, level, name, pointer, length));
  }

  optInfo(handle: Handle, id: number, name: number, value: Uint8Array): number {
    const { bridge_opt_info } = this.#exports;
    return this.#withOption(value, (pointer, length) => bridge_opt_info(handle, id, name, pointer, length));
  }

  /** The number of the error that SO_ERROR had, or 0; clears it. */
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
    return withMemory(this.#instance, (put) => this.#exports.bridge_crc32c(put(bytes), bytes.length)) >>> 0;
  }

  handleTimers(elapsedMs: number): void {
    this.#exports.bridge_handle_timers(elapsedMs);
  }

  #withOption(value: Uint8Array, call: (pointer: Pointer, length: Pointer) => number): number {
    return withMemory(this.#instance, (put) => {
      const [pointer, length] = [put(value), put(int(value.length))];
      const result = call(pointer, length);
      if (result < 0) return result;
      const answered = Math.min(this.#memory.word(length), value.length);
      value.set(this.#memory.copy(pointer, answered));
      return answered;
    });
  }
}

/** A sockaddr, padded to the size of the largest family: C reads as many bytes as its family has. */
function padded(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(sockaddr_storage.size);
  bytes.set(address);
  return bytes;
}
