import { type Address, type Endpoint, familyOf, formatAddress } from '../address.js';
import type { Route, Transport } from '../transport/transport.js';

/**
 * usrsctp's interfaces and routes, told by the transport: each local address is an interface of its own, numbered from
 * 1, and keeps its number while it exists.
 */
export class Interfaces {
  readonly #transport: Transport;
  readonly #numbers = new Map<Address, number>();
  #next = 1;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Compares with what the transport has now. */
  update(): { added: Interface[]; removed: Interface[] } {
    const now = new Set(this.#transport.addresses);
    const removed = [...this.#numbers.keys()]
      .filter((address) => !now.has(address))
      .map((address) => this.#of(address));
    for (const { address } of removed) this.#numbers.delete(address);
    const added = [...now].filter((address) => !this.#numbers.has(address)).map((address) => this.#of(address));
    for (const { address, number } of added) this.#numbers.set(address, number);
    return { added, removed };
  }

  /** The interface that leads to a destination (0: no route), the largest IP packet in bytes, and one to try (0: none). */
  route(destination: Uint8Array): { interface: number; mtu: number; probeMtu: number } {
    const address = formatAddress(destination);
    const route = this.#route(address);
    const number = route && this.#numbers.get(route.source);
    return {
      interface: number ?? 0,
      mtu: route?.mtu ?? this.#transport.mtu,
      probeMtu: route?.probeMtu ?? 0,
    };
  }

  /** The local addresses that a socket bound so has; a socket that isn't bound, or to a wildcard, has all. */
  addresses(bound?: readonly Endpoint[]): readonly Address[] {
    const given = bound?.map(({ address }) => address).filter((address) => address !== '::' && address !== '0.0.0.0');
    const own = this.#transport.addresses;
    return given && given.length > 0 ? given.filter((address) => own.includes(address)) : own;
  }

  /** The addresses of a network interface; undefined: the transport doesn't know about those. */
  named(name: string): readonly Address[] | undefined {
    const { addresses } = this.#transport;
    if (!this.#transport.interfaceOf) return;
    return addresses.filter((address) => this.#transport.interfaceOf?.(address) === name);
  }

  /** The local address that talks to a destination. */
  source(destination: Address): Address | undefined {
    return this.#route(destination)?.source;
  }

  /** Is there a local address that leads to the destination? */
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
