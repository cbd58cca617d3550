import { type Address, addressBytes, familyOf, formatAddress } from '../../address.js';

/** A network in CIDR notation, such as `192.0.2.0/24`. */
export interface Prefix {
  readonly address: Address;
  readonly bits: number;
}

/** Parses a network, or a single address; `undefined` if the text is neither. Bits after the prefix are ignored. */
export function parsePrefix(text: string): Prefix | undefined {
  const [, start = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = addressBytes(start);
  if (bytes === undefined) return undefined;
  const address = formatAddress(bytes);
  const most = familyOf(address) === 'IPv4' ? 32 : 128;
  // IPv4-mapped IPv6 addresses (::ffff:192.0.2.0/120) become IPv4.
  const bits = length === undefined ? most : Number(length) - (8 * bytes.length - most);
  return bits >= 0 && bits <= most ? { address, bits } : undefined;
}

export function isWithin(address: Address, prefix: Prefix): boolean {
  return familyOf(address) === familyOf(prefix.address) && equalBits(address, prefix.address) >= prefix.bits;
}

/** How many leading bits two addresses of one family share. */
export function equalBits(a: Address, b: Address): number {
  const left = addressBytes(a) ?? [];
  const right = addressBytes(b) ?? [];
  let bits = 0;
  for (const [index, byte] of left.entries()) {
    const difference = byte ^ (right[index] ?? 0);
    bits += Math.min(8, Math.clz32(difference) - 24);
    if (difference !== 0) break;
  }
  return bits;
}
