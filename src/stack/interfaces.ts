import { type Address, addressBytes, type Endpoint, familyOf } from '../address.js';
import type { Instance } from '../bridge/instance.js';
import type { Pointer } from '../bridge/memory.js';
import type { PacketTooBig, Route, Transport } from '../transport/transport.js';

/**
 * The interfaces and routes of usrsctp, which come from the transport. Each local address is an interface of its own,
 * with a number from 1, which it keeps as long as it exists.
 */
export class Interfaces {
  readonly #transport: Transport;
  readonly #numbers = new Map<Address, number>();
  #next = 1;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Compares the interfaces with the transport's addresses, and takes over the changes. */
  update(back: readonly Address[] = []): Changes {
    const now = new Set(this.#transport.addresses);
    const removed = [...this.#numbers.keys()]
      .filter((address) => !now.has(address))
      .map((address) => this.#of(address));
    for (const { address } of removed) this.#numbers.delete(address);
    const added = [...now].filter((address) => !this.#numbers.has(address)).map((address) => this.#of(address));
    for (const { address, number } of added) this.#numbers.set(address, number);
    const returned = back.filter((address) => now.has(address)).map((address) => this.#of(address));
    return { added, removed, returned: [...added, ...returned.filter(({ address }) => !isIn(added, address))] };
  }

  /**
   * The interface for a destination (0: no route), the largest IP packet in bytes, and a larger size to probe (0:
   * none).
   */
  route(destination: Address): { interface: number; mtu: number; probeMtu: number } {
    const route = this.#route(destination);
    const number = route && this.#numbers.get(route.source);
    return {
      interface: number ?? 0,
      mtu: route?.mtu ?? this.#transport.mtu,
      probeMtu: route?.probeMtu ?? 0,
    };
  }

  /** The local addresses of a socket with this binding: all of them without a binding, or with a wildcard address. */
  addresses(bound?: readonly Endpoint[]): readonly Address[] {
    const given = bound?.map(({ address }) => address).filter((address) => address !== '::' && address !== '0.0.0.0');
    const own = this.#transport.addresses;
    return given && given.length > 0 ? given.filter((address) => own.includes(address)) : own;
  }

  /** The addresses of a network interface; undefined if the transport doesn't know network interfaces. */
  named(name: string): readonly Address[] | undefined {
    const { addresses } = this.#transport;
    if (!this.#transport.interfaceOf) return;
    return addresses.filter((address) => this.#transport.interfaceOf?.(address) === name);
  }

  /** The local address from which packets go to a destination. */
  source(destination: Address): Address | undefined {
    return this.#route(destination)?.source;
  }

  /** Is there a route to the destination? */
  reaches(destination: Address): boolean {
    const source = this.source(destination);
    return source !== undefined && this.#numbers.has(source);
  }

  #route(destination: Address): Route | undefined {
    if (this.#transport.route) return this.#transport.route(destination);
    const source = this.#transport.addresses.find((local) => familyOf(local) === familyOf(destination));
    return source === undefined ? undefined : { source };
  }

  #of(address: Address): Interface {
    return { address, number: this.#numbers.get(address) ?? this.#next++ };
  }
}

export interface Interface {
  readonly address: Address;
  readonly number: number;
}

/** The interfaces that were added and removed, and those whose link is back, including those that were added. */
export interface Changes {
  readonly added: readonly Interface[];
  readonly removed: readonly Interface[];
  readonly returned: readonly Interface[];
}

function isIn(interfaces: readonly Interface[], address: Address): boolean {
  return interfaces.some((each) => each.address === address);
}

/** Tells usrsctp of the changes, and that routes may have changed. `room` is memory for one address. */
export function tellChanges(
  { exports, memory }: Instance,
  room: Pointer,
  { added, removed, returned }: Changes,
  dynamic: boolean,
): void {
  const put = (address: Address) => {
    memory.bytes.set(addressBytes(address) ?? [], room);
    return familyOf(address) === 'IPv4' ? 4 : 6;
  };
  for (const { address, number } of removed) exports.link_remove_address(room, put(address), number);
  for (const { address, number } of added) exports.link_add_address(room, put(address), number, dynamic ? 1 : 0);
  exports.link_reroute();
  if (!dynamic) return;
  for (const { address, number } of returned) exports.link_returned(room, put(address), number);
}

/** The common header of an SCTP packet (RFC 9260 §3.1). */
const HEADER_BYTES = 12;
const ADDRESS_BYTES = 16;

/** Tells usrsctp that a packet was too large. `room` is memory for two addresses and a common header. */
export function tellTooBig({ exports, memory }: Instance, room: Pointer, report: PacketTooBig): void {
  const { source, destination, mtu, bytes } = report;
  const [from, to] = [addressBytes(source), addressBytes(destination)];
  if (!from || to?.length !== from.length || bytes.length < HEADER_BYTES) return;
  const header = (room + 2 * ADDRESS_BYTES) as Pointer;
  memory.bytes.set(from, room);
  memory.bytes.set(to, room + ADDRESS_BYTES);
  memory.bytes.set(bytes.subarray(0, HEADER_BYTES), header);
  exports.link_packet_too_big(room, familyOf(destination) === 'IPv4' ? 4 : 6, header, mtu);
}
