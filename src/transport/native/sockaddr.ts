import { type Address, addressBytes, formatAddress } from '../../address.js';
import type { Block } from './block.js';
import { AF_INET, AF_INET6, sockaddr_in, sockaddr_in6 } from './linux.js';

/** Room for an address of either family. */
export const SOCKADDR_BYTES = 32;

const MOST_KNOWN = 1024;

/** The `struct sockaddr_in` or `sockaddr_in6` of an address. `scope` is the index of a link-local address's interface. */
export function sockaddrOf(address: Address, port: number, scope = 0): Uint8Array {
  const bytes = addressBytes(address) ?? new Uint8Array(4);
  const isIpv4 = bytes.length === 4;
  const packed = new Uint8Array(isIpv4 ? sockaddr_in.size : sockaddr_in6.size);
  const view = new DataView(packed.buffer);
  view.setUint16(sockaddr_in.sin_family, isIpv4 ? AF_INET : AF_INET6, true);
  view.setUint16(sockaddr_in.sin_port, port);
  packed.set(bytes, isIpv4 ? sockaddr_in.sin_addr : sockaddr_in6.sin6_addr);
  if (!isIpv4) view.setUint32(sockaddr_in6.sin6_scope_id, scope, true);
  return packed;
}

/** The port in a `struct sockaddr_in` or `sockaddr_in6`. */
export function portIn(bytes: Uint8Array, at = 0): number {
  const offset = at + sockaddr_in.sin_port;
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Reads addresses that the kernel has written. It remembers their texts, since most packets come from few peers. */
export class AddressReader {
  readonly #known = new Map<number | string, Address>();

  /** The address of the `struct sockaddr_in` or `sockaddr_in6` at an offset of a block. */
  read(block: Block, at: number): Address {
    const isIpv4 = block.half(at + sockaddr_in.sin_family) === AF_INET;
    const key = isIpv4 ? block.word(at + sockaddr_in.sin_addr) : ipv6Key(block, at + sockaddr_in6.sin6_addr);
    return this.#known.get(key) ?? this.#learn(block, at, isIpv4, key);
  }

  #learn(block: Block, at: number, isIpv4: boolean, key: number | string): Address {
    const start = at + (isIpv4 ? sockaddr_in.sin_addr : sockaddr_in6.sin6_addr);
    const address = formatAddress(block.bytes.subarray(start, start + (isIpv4 ? 4 : 16)));
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(key, address);
    return address;
  }
}

function ipv6Key(block: Block, at: number): string {
  return `${block.word(at)},${block.word(at + 4)},${block.word(at + 8)},${block.word(at + 12)}`;
}
