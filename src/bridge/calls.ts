import type { Endpoint } from '../address.js';
import { IPPROTO_SCTP, SCTP_CONNECT_X_DELAYED, SCTP_SENDV_SPA } from '../generated/constants.js';
import { errnoNames, errnoNumbers } from '../generated/errno.js';
import {
  link_association_state,
  link_state,
  sctp_rcvinfo,
  sctp_recvv_rn,
  sctp_sendv_spa,
  sockaddr_storage,
} from '../generated/layouts.js';
import type { Bytes, View, Words } from '../lib-types.js';
import type { Share } from '../share.js';
import { type AssociationState, associationState } from './association.js';
import { htonl } from './byteorder.js';
import type { Exports, Handle, Instance } from './instance.js';
import { at, type Memory, NULL, type Pointer } from './memory.js';
import { type SendInfo, writeSendInfo } from './sendinfo.js';
import { packSockaddr, packSockaddrs, unpackSockaddrs } from './sockaddr.js';

export type { SendInfo } from './sendinfo.js';

/** What {@link Calls.recvv} received, but for the bytes. */
export interface Received {
  /** MSG_NOTIFICATION and MSG_EOR. */
  readonly flags: number;
  readonly associationId: number;
  readonly stream: number;
  readonly ssn: number;
  /** SCTP_UNORDERED. */
  readonly rcvFlags: number;
  readonly ppid: number;
  readonly tsn: number;
  readonly context: number;
}

/** How much one call of recvv receives at most. A longer message comes in parts. */
const RECEIVE_BYTES = 256 * 1024;
/** How much one call of sendv takes at most. */
export const SEND_BYTES: number = 64 * 1024;
const OPTION_BYTES = 8192;
/** 65,536 bits, one for each port. */
const PORT_WORDS = 65_536 / 32;

/** Where small structs and out parameters are, in bytes from `#small`. */
const Slots = { from: 0, info: 128, fromLength: 192, infoLength: 196, infoType: 200, flags: 204, out: 208, size: 256 };

const rcv = sctp_rcvinfo.fields;

/** The name of the POSIX error that a negative result stands for, such as `EINVAL`. */
export function errnoName(result: number): string {
  return errnoNames[-result] ?? `errno ${-result}`;
}

/** See Limits in src/options/limits.ts. */
export interface PeerLimits {
  readonly associations: number;
  readonly associationsPerAddress: number;
  readonly peerAddresses: number;
}

/**
 * usrsctp's functions on handles, with usrsctp's semantics: they never block, and return a value or a negative errno.
 * Arguments are copied into the module and results out of it. The only state is scratch memory.
 */
export class Calls {
  readonly #instance: Instance;
  readonly #exports: Exports;
  readonly #memory: Memory;
  /** Scratch memory for messages. */
  readonly #data: Pointer;
  /** Scratch memory for addresses and option values. */
  readonly #option: Pointer;
  /** Scratch memory for small structs and out parameters, see `Slots`. */
  readonly #small: Pointer;
  readonly #hasMore: Pointer;
  readonly #onBind: ((port: number) => void) | undefined;
  #received: View | undefined;

  /** `onBind` is called with the port of each socket that is bound. */
  constructor(instance: Instance, onBind?: (port: number) => void) {
    this.#onBind = onBind;
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
    return this.#bound(handle, this.#exports.bridge_bind(handle, this.#put(packed), packed.length));
  }

  bindx(handle: Handle, endpoints: readonly Endpoint[], flags: number): number {
    const packed = packSockaddrs(endpoints);
    const bindx = (pointer: Pointer) => this.#exports.bridge_bindx(handle, pointer, endpoints.length, flags);
    return this.#bound(handle, this.#withBytes(packed, bindx));
  }

  listen(handle: Handle, backlog: number): number {
    return this.#bound(handle, this.#exports.bridge_listen(handle, backlog));
  }

  accept(handle: Handle): number {
    return this.#exports.bridge_accept(handle, NULL, NULL);
  }

  peeloff(handle: Handle, associationId: number): number {
    return this.#exports.bridge_peeloff(handle, associationId);
  }

  /** Begins an association with a peer that has several addresses. `id` is the association's. */
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

  /** The first half of connectx: makes the association, but doesn't send INIT (SCTP_CONNECT_X_COMPLETE does). */
  connectxDelayed(handle: Handle, endpoints: readonly Endpoint[]): { result: number; id: number } {
    const packed = packSockaddrs(endpoints);
    const value = new Uint8Array(4 + packed.length);
    new DataView(value.buffer).setInt32(0, endpoints.length, true);
    value.set(packed, 4);
    const pointer = this.#put(value);
    const { bridge_setsockopt } = this.#exports;
    const result = bridge_setsockopt(handle, IPPROTO_SCTP, SCTP_CONNECT_X_DELAYED, pointer, value.length);
    return { result, id: this.#memory.word(pointer) }; // usrsctp writes the id over the count
  }

  /** The id of the association with the peer that has this address, or 0 if there is none. */
  getassocid(handle: Handle, peer: Endpoint): number {
    return this.#exports.bridge_getassocid(handle, this.#put(packSockaddr(peer)));
  }

  /** The peer's addresses, or a negative errno. */
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

  /** The ports that sockets and associations use. `room` is memory for 65,536 bits. */
  ports(room: Pointer): ReadonlySet<number> {
    this.#exports.bridge_ports(room);
    const ports = new Set<number>();
    const { words } = this.#memory;
    for (let index = 0; index < PORT_WORDS; index++) {
      const word = words[(room >> 2) + index] ?? 0;
      for (let bit = 0; word !== 0 && bit < 32; bit++) if ((word >>> bit) & 1) ports.add(32 * index + bit);
    }
    return ports;
  }

  /** Limits Association.Max.Retrans to the sum of all Path.Max.Retrans, as long as it has its default; or doesn't. */
  limitByPaths(isLimited: boolean): void {
    this.#exports.link_limit_by_paths(isLimited ? 1 : 0);
  }

  /** Limits the associations, those that peers set up from one address, and the addresses of a peer. */
  limitPeers(limits: PeerLimits): void {
    this.#exports.link_limit_associations(limits.associations, limits.associationsPerAddress);
    this.#exports.link_limit_addresses(limits.peerAddresses);
  }

  /** Limits the verification tags that the stack chooses to a share. Must precede all associations. */
  share({ index, of }: Share): void {
    this.#exports.link_share(index, of);
  }

  /** How many associations there are, including those that are being set up or freed. */
  associationCount(): number {
    return this.#exports.link_association_count();
  }

  /** The state of an association and its paths, or a negative errno. */
  association(handle: Handle, associationId: number): AssociationState | number {
    return associationState(this.#instance, handle, associationId, this.#data, RECEIVE_BYTES);
  }

  /** Whether usrsctp knows an association: asks for its state without its paths and addresses. */
  knows(handle: Handle, associationId: number): boolean {
    return this.#exports.bridge_association(handle, associationId, this.#data, link_association_state.size) >= 0;
  }

  /** Ends an association by an ABORT with a reason of up to 8192 bytes, of which as many are sent as fit into a packet. */
  abort(handle: Handle, associationId: number, reason: Uint8Array): number {
    return this.#exports.bridge_abort(handle, associationId, this.#put(reason), reason.length);
  }

  /** The number of bytes that were taken, or a negative errno. */
  sendv(handle: Handle, data: Uint8Array, info: SendInfo): number {
    const spa = at(this.#small, Slots.info);
    writeSendInfo(info, this.#memory.view, spa);
    if (data.length > SEND_BYTES) return -errnoNumbers.EMSGSIZE;
    this.#memory.bytes.set(data, this.#data);
    const { size } = sctp_sendv_spa;
    return this.#exports.bridge_sendv(handle, this.#data, data.length, NULL, 0, spa, size, SCTP_SENDV_SPA, 0);
  }

  /** The number of bytes received, or a negative errno. `receivedBytes` has the bytes, `received` everything else. */
  recvv(handle: Handle): number {
    const { words } = this.#memory;
    const small = this.#small >> 2;
    words[small + (Slots.fromLength >> 2)] = sockaddr_storage.size;
    words[small + (Slots.infoLength >> 2)] = sctp_recvv_rn.size;
    words[small + (Slots.flags >> 2)] = 0;
    return this.#exports.bridge_recvv(
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
  }

  /**
   * Hides what these associations have received from recvv until `putBack` is called; nothing but recvv may be called
   * meanwhile. Returns false if there is nothing to read of other associations.
   */
  setAside(handle: Handle, ids: Words): boolean {
    const bytes = new Uint8Array(ids.buffer);
    return this.#withBytes(bytes, (pointer) => this.#exports.bridge_set_aside(handle, pointer, ids.length)) > 0;
  }

  /** Ends what `setAside` began. */
  putBack(): void {
    this.#exports.link_put_back();
  }

  /** Whether the socket of the last recvv has more to read: asking recvv again makes a set-up up to 9 % slower. */
  get hasMore(): boolean {
    return this.#memory.word(this.#hasMore) !== 0;
  }

  /** What the last recvv received. Valid until the next call. */
  get received(): Received {
    const { view } = this.#memory;
    const info = this.#small + Slots.info;
    return {
      flags: this.#memory.word(at(this.#small, Slots.flags)),
      associationId: view.getUint32(info + rcv.rcv_assoc_id.offset, true),
      stream: view.getUint16(info + rcv.rcv_sid.offset, true),
      ssn: view.getUint16(info + rcv.rcv_ssn.offset, true),
      rcvFlags: view.getUint16(info + rcv.rcv_flags.offset, true),
      ppid: htonl(view.getUint32(info + rcv.rcv_ppid.offset, true)),
      tsn: view.getUint32(info + rcv.rcv_tsn.offset, true),
      context: view.getUint32(info + rcv.rcv_context.offset, true),
    };
  }

  /** The bytes that the last recvv received. */
  receivedBytes(length: number): Bytes {
    return this.#memory.copy(this.#data, length);
  }

  /** A view of the module's memory that begins with these bytes; it is longer than they are. Valid until the next call. */
  get receivedView(): View {
    const { buffer } = this.#memory.bytes;
    if (this.#received?.buffer !== buffer) this.#received = new DataView(buffer, this.#data, RECEIVE_BYTES);
    return this.#received;
  }

  getEvents(handle: Handle): number {
    return this.#exports.bridge_get_events(handle);
  }

  setsockopt(handle: Handle, level: number, name: number, value: Uint8Array): number {
    return this.#withBytes(value, (pointer) =>
      this.#exports.bridge_setsockopt(handle, level, name, pointer, value.length),
    );
  }

  /** Sets several options at once: each is a struct link_option and its value, padded to a multiple of 4 bytes. */
  setsockopts(handle: Handle, options: Uint8Array): number {
    return this.#withBytes(options, (pointer) => this.#exports.bridge_setsockopts(handle, pointer, options.length));
  }

  /** The option's value, or a negative errno. `value` is the argument, which some options read. */
  getsockopt(handle: Handle, level: number, name: number, value: Uint8Array): Bytes | number {
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

  #bound(handle: Handle, result: number): number {
    if (result >= 0) this.#onBind?.(this.localPort(handle));
    return result;
  }

  #put(bytes: Uint8Array): Pointer {
    this.#memory.bytes.set(bytes, this.#option);
    return this.#option;
  }

  /** Passes bytes of any length to a call. */
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
}
