import type { Endpoint } from '../address.js';
import { IPPROTO_SCTP, SCTP_CONNECT_X_DELAYED, SCTP_SENDV_SPA } from '../generated/constants.js';
import { errnoNames, errnoNumbers } from '../generated/errno.js';
import { link_state, sctp_rcvinfo, sctp_recvv_rn, sctp_sendv_spa, sockaddr_storage } from '../generated/layouts.js';
import { type AssociationState, associationState } from './association.js';
import { htonl } from './byteorder.js';
import type { Exports, Handle, Instance } from './instance.js';
import { at, type Memory, NULL, type Pointer } from './memory.js';
import { type SendInfo, writeSendInfo } from './sendinfo.js';
import { packSockaddr, packSockaddrs, unpackSockaddrs } from './sockaddr.js';

export type { SendInfo } from './sendinfo.js';

/** What {@link Calls.recvv} found; one object, overwritten by each call. */
export interface Received {
  /** MSG_NOTIFICATION, MSG_EOR. */
  flags: number;
  associationId: number;
  stream: number;
  ssn: number;
  /** SCTP_UNORDERED. */
  rcvFlags: number;
  ppid: number;
  tsn: number;
  context: number;
}

/** Bytes that one call of recvv can bring; a longer message comes in parts. */
const RECEIVE_BYTES = 256 * 1024;
/** The most that one call of sendv takes. */
export const SEND_BYTES: number = 64 * 1024;
const OPTION_BYTES = 8192;

/** Offsets in the memory for small things. */
const Slots = { from: 0, info: 128, fromLength: 192, infoLength: 196, infoType: 200, flags: 204, out: 208, size: 256 };

const rcv = sctp_rcvinfo.fields;

/** The name of the POSIX error in a negative result, such as `EINVAL`. */
export function errnoName(result: number): string {
  return errnoNames[-result] ?? `errno ${-result}`;
}

/**
 * usrsctp's functions on handles, with its own semantics: non-blocking, a value or a negative errno. Arguments are
 * copied into the module and results out of it; nothing here keeps state but the scratch memory.
 */
export class Calls {
  readonly #instance: Instance;
  readonly #exports: Exports;
  readonly #memory: Memory;
  readonly #data: Pointer; // messages
  readonly #option: Pointer; // addresses and option values
  /** Small structs and out parameters, in `Slots` order. */
  readonly #small: Pointer;
  readonly #hasMore: Pointer;
  #receivedView!: DataView<ArrayBuffer>;
  /** The memory that it is a view of; another one when that has grown. */
  #viewed: Uint8Array | undefined;
  readonly received: Received = {
    flags: 0,
    associationId: 0,
    stream: 0,
    ssn: 0,
    rcvFlags: 0,
    ppid: 0,
    tsn: 0,
    context: 0,
  };

  constructor(instance: Instance) {
    const { exports, memory } = instance;
    this.#instance = instance;
    this.#exports = exports;
    this.#memory = memory;
    this.#data = exports.malloc(RECEIVE_BYTES);
    this.#option = exports.malloc(OPTION_BYTES);
    this.#small = exports.malloc(Slots.size);
    this.#hasMore = at(exports.link_state(), link_state.fields.has_more.offset);
  }

  socket(domain: number, type: number): number {
    return this.#exports.bridge_socket(domain, type, IPPROTO_SCTP);
  }

  close(handle: Handle): number {
    return this.#exports.bridge_close(handle);
  }

  shutdown(handle: Handle, how: number): number {
    return this.#exports.bridge_shutdown(handle, how);
  }

  finish(): number {
    return this.#exports.bridge_finish();
  }

  bind(handle: Handle, endpoint: Endpoint): number {
    const packed = packSockaddr(endpoint);
    return this.#exports.bridge_bind(handle, this.#put(packed), packed.length);
  }

  bindx(handle: Handle, endpoints: readonly Endpoint[], flags: number): number {
    const packed = packSockaddrs(endpoints);
    return this.#withBytes(packed, (pointer) => this.#exports.bridge_bindx(handle, pointer, endpoints.length, flags));
  }

  listen(handle: Handle, backlog: number): number {
    return this.#exports.bridge_listen(handle, backlog);
  }

  accept(handle: Handle): number {
    return this.#exports.bridge_accept(handle, NULL, NULL);
  }

  peeloff(handle: Handle, associationId: number): number {
    return this.#exports.bridge_peeloff(handle, associationId);
  }

  /** The new association's id through `id`. */
  connectx(handle: Handle, endpoints: readonly Endpoint[]): { result: number; id: number } {
    const packed = packSockaddrs(endpoints);
    const out = at(this.#small, Slots.out);
    this.#memory.setWord(out, 0);
    const result = this.#withBytes(packed, (pointer) =>
      this.#exports.bridge_connectx(handle, pointer, endpoints.length, out),
    );
    return { result, id: this.#memory.word(out) };
  }

  connect(handle: Handle, endpoint: Endpoint): number {
    const packed = packSockaddr(endpoint);
    return this.#exports.bridge_connect(handle, this.#put(packed), packed.length);
  }

  /** The first half of connectx: the association is made, INIT isn't sent yet (SCTP_CONNECT_X_COMPLETE does that). */
  connectxDelayed(handle: Handle, endpoints: readonly Endpoint[]): { result: number; id: number } {
    const packed = packSockaddrs(endpoints);
    const value = new Uint8Array(4 + packed.length);
    new DataView(value.buffer).setInt32(0, endpoints.length, true);
    value.set(packed, 4);
    const pointer = this.#put(value);
    const { bridge_setsockopt } = this.#exports;
    const result = bridge_setsockopt(handle, IPPROTO_SCTP, SCTP_CONNECT_X_DELAYED, pointer, value.length);
    return { result, id: this.#memory.word(pointer) }; // upstream writes the id over the count
  }

  /** The id of the association that has this address of the peer; 0: none. */
  getassocid(handle: Handle, peer: Endpoint): number {
    return this.#exports.bridge_getassocid(handle, this.#put(packSockaddr(peer)));
  }

  /** The addresses of the peer, or a negative errno. */
  getpaddrs(handle: Handle, associationId: number): Endpoint[] | number {
    return this.#addresses(this.#exports.bridge_getpaddrs(handle, associationId, this.#data, RECEIVE_BYTES));
  }

  /** The local addresses, or a negative errno. */
  getladdrs(handle: Handle, associationId: number): Endpoint[] | number {
    return this.#addresses(this.#exports.bridge_getladdrs(handle, associationId, this.#data, RECEIVE_BYTES));
  }

  /** The port that a socket is bound to, or a negative errno. */
  localPort(handle: Handle): number {
    return this.#exports.bridge_local_port(handle);
  }

  /** Is Association.Max.Retrans limited to the sum of Path.Max.Retrans, as long as it has its default? */
  limitByPaths(isLimited: boolean): void {
    this.#exports.link_limit_by_paths(isLimited ? 1 : 0);
  }

  /** An association and its paths, or a negative errno. */
  association(handle: Handle, associationId: number): AssociationState | number {
    return associationState(this.#instance, handle, associationId, this.#data, RECEIVE_BYTES);
  }

  /** Ends an association with an ABORT that tells a reason of up to 8192 bytes, as many as fit into a packet. */
  abort(handle: Handle, associationId: number, reason: Uint8Array): number {
    return this.#exports.bridge_abort(handle, associationId, this.#put(reason), reason.length);
  }

  /** How many of the bytes were taken, or a negative errno. */
  sendv(handle: Handle, data: Uint8Array, info: SendInfo): number {
    const spa = at(this.#small, Slots.info);
    writeSendInfo(info, this.#memory.view, spa);
    if (data.length > SEND_BYTES) return -errnoNumbers.EMSGSIZE;
    this.#memory.bytes.set(data, this.#data);
    const { size } = sctp_sendv_spa;
    return this.#exports.bridge_sendv(handle, this.#data, data.length, NULL, 0, spa, size, SCTP_SENDV_SPA, 0);
  }

  /** The length of what was received, or a negative errno; the rest is in `received`, the bytes in `receivedBytes`. */
  recvv(handle: Handle): number {
    const { words } = this.#memory;
    const small = this.#small >> 2;
    words[small + (Slots.fromLength >> 2)] = sockaddr_storage.size;
    words[small + (Slots.infoLength >> 2)] = sctp_recvv_rn.size;
    words[small + (Slots.flags >> 2)] = 0;
    const length = this.#exports.bridge_recvv(
      handle,
      this.#data,
      RECEIVE_BYTES,
      at(this.#small, Slots.from),
      at(this.#small, Slots.fromLength),
      at(this.#small, Slots.info),
      at(this.#small, Slots.infoLength),
      at(this.#small, Slots.infoType),
      at(this.#small, Slots.flags),
    );
    if (length >= 0) this.#readReceived();
    return length;
  }

  /**
   * The next calls of recvv find nothing of these associations, until `putBack`; nothing else may be called meanwhile. False:
   * nothing of others can be read.
   */
  setAside(handle: Handle, ids: Uint32Array<ArrayBuffer>): boolean {
    const bytes = new Uint8Array(ids.buffer);
    return this.#withBytes(bytes, (pointer) => this.#exports.bridge_set_aside(handle, pointer, ids.length)) > 0;
  }

  putBack(): void {
    this.#exports.link_put_back();
  }

  /** Has the socket of the last recvv more to read? Another call to find out would be half of those in a set-up. */
  get hasMore(): boolean {
    return this.#memory.word(this.#hasMore) !== 0;
  }

  /** The bytes that the last recvv brought. */
  receivedBytes(length: number): Uint8Array<ArrayBuffer> {
    return this.#memory.copy(this.#data, length);
  }

  /** The same where they lie, at its beginning, and with others behind them: to be read before the next call. */
  get receivedView(): DataView<ArrayBuffer> {
    const { bytes } = this.#memory;
    if (this.#viewed !== bytes) this.#receivedView = new DataView(bytes.buffer, this.#data, RECEIVE_BYTES);
    this.#viewed = bytes;
    return this.#receivedView;
  }

  getEvents(handle: Handle): number {
    return this.#exports.bridge_get_events(handle);
  }

  setsockopt(handle: Handle, level: number, name: number, value: Uint8Array): number {
    return this.#withBytes(value, (pointer) =>
      this.#exports.bridge_setsockopt(handle, level, name, pointer, value.length),
    );
  }

  /** Several options in one call: each a struct link_option with its value, padded to a multiple of 4 bytes. */
  setsockopts(handle: Handle, options: Uint8Array): number {
    return this.#withBytes(options, (pointer) => this.#exports.bridge_setsockopts(handle, pointer, options.length));
  }

  /** The option's value, or a negative errno. `value` is what the call is given: some options read their argument. */
  getsockopt(handle: Handle, level: number, name: number, value: Uint8Array): Uint8Array<ArrayBuffer> | number {
    const length = at(this.#small, Slots.out);
    return this.#withBytes(value, (pointer) => {
      this.#memory.setWord(length, value.length);
      const result = this.#exports.bridge_getsockopt(handle, level, name, pointer, length);
      return result < 0 ? result : this.#memory.copy(pointer, this.#memory.word(length));
    });
  }

  sysctl(index: number): number {
    return this.#exports.bridge_sysctl_get(index) >>> 0;
  }

  setSysctl(index: number, value: number): number {
    return this.#exports.bridge_sysctl_set(index, value);
  }

  #put(bytes: Uint8Array): Pointer {
    this.#memory.bytes.set(bytes, this.#option);
    return this.#option;
  }

  /** Hands bytes of any length to a call. */
  #withBytes<T>(bytes: Uint8Array, call: (pointer: Pointer) => T | number): T | number {
    if (bytes.length <= OPTION_BYTES) return call(this.#put(bytes));
    const pointer = this.#exports.malloc(bytes.length);
    if (pointer === NULL) return -errnoNumbers.ENOBUFS;
    this.#memory.bytes.set(bytes, pointer);
    const result = call(pointer);
    this.#exports.free(pointer);
    return result;
  }

  #addresses(count: number): Endpoint[] | number {
    return count < 0 ? count : unpackSockaddrs(this.#memory.copy(this.#data, count * sockaddr_storage.size), count);
  }

  #readReceived(): void {
    const { view, words } = this.#memory;
    const { received } = this;
    const info = this.#small + Slots.info;
    received.flags = words[(this.#small + Slots.flags) >> 2] ?? 0;
    received.stream = view.getUint16(info + rcv.rcv_sid.offset, true);
    received.ssn = view.getUint16(info + rcv.rcv_ssn.offset, true);
    received.rcvFlags = view.getUint16(info + rcv.rcv_flags.offset, true);
    received.ppid = htonl(view.getUint32(info + rcv.rcv_ppid.offset, true));
    received.tsn = view.getUint32(info + rcv.rcv_tsn.offset, true);
    received.context = view.getUint32(info + rcv.rcv_context.offset, true);
    received.associationId = view.getUint32(info + rcv.rcv_assoc_id.offset, true);
  }
}
