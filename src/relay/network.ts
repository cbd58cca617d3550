import { type Address, addressBytes, formatAddress } from '../address.js';

/** An address block: all addresses of one family whose first bits are the same. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly prefixBits: number;
}

/** `192.0.2.0/24`, `2001:db8::/32` or a single address, canonical or not. `undefined` when it is none. */
export function parseNetwork(text: string): Network | undefined {
  const [, base = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = addressBytes(base);
  if (bytes === undefined) return undefined;
  const most = bytes.length * 8;
  const prefixBits = prefix === undefined ? most : Number(prefix);
  if (prefixBits > most) return undefined;
  return mapped({ bytes, prefixBits });
}

/** Whether an address, in whatever form, lies in a network. */
export function contains({ bytes, prefixBits }: Network, address: Uint8Array): boolean {
  if (bytes.length !== address.length) return false;
  for (let bit = 0; bit < prefixBits; bit += 8) {
    const mask = prefixBits - bit >= 8 ? 0xff : 0xff & (0xff << (8 - (prefixBits - bit)));
    if ((((bytes[bit >> 3] ?? 0) ^ (address[bit >> 3] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

/** The bytes of an address; an IPv4-mapped one is the IPv4 address that the system would send to. */
export function plainBytes(address: Address): Uint8Array | undefined {
  const bytes = addressBytes(address);
  return bytes && (addressBytes(formatAddress(bytes)) ?? bytes);
}

/** A network of mapped addresses is one of IPv4. */
function mapped(network: Network): Network {
  if (network.bytes.length === 4 || network.prefixBits < 96) return network;
  const plain = addressBytes(formatAddress(network.bytes));
  return plain?.length === 4 ? { bytes: plain, prefixBits: network.prefixBits - 96 } : network;
}
