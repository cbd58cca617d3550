import { type Address, addressBytes, canonicalAddress, familyOf } from '../address.js';
import { checkType } from '../arguments.js';
import { SctpError } from '../errors.js';

/** A local address and its subnet. */
export interface Subnet {
  readonly address: Address;
  readonly prefixLength: number;
}

/** Parses `10.0.1.1/24`. The default prefix length is 24 for IPv4 and 64 for IPv6. */
export function parseSubnet(text: string): Subnet {
  checkType(text, 'string', 'an address', 'host');
  const [name = '', length, ...rest] = text.split('/');
  const address = canonicalAddress(name, 'host');
  const isIpv4 = familyOf(address) === 'IPv4';
  const prefixLength = length === undefined ? (isIpv4 ? 24 : 64) : Number(length);
  const isValid = length === undefined || (/^\d{1,3}$/.test(length) && prefixLength <= (isIpv4 ? 32 : 128));
  if (rest.length > 0 || !isValid) {
    throw new SctpError('EINVAL', `'${text}' has an invalid prefix length: write 10.0.1.1/24, for example`, {
      syscall: 'host',
    });
  }
  return { address, prefixLength };
}

/** The subnet to reach a destination from: the one that contains it (the longest prefix wins), else the first of its family. */
export function closestSubnet(subnets: readonly Subnet[], destination: Address): Subnet | undefined {
  const ofFamily = subnets.filter(({ address }) => familyOf(address) === familyOf(destination));
  if (ofFamily.length < 2) return ofFamily[0];
  let closest: Subnet | undefined;
  for (const subnet of ofFamily) {
    const isInside = commonBits(subnet.address, destination) >= subnet.prefixLength;
    if (isInside && subnet.prefixLength > (closest?.prefixLength ?? -1)) closest = subnet;
  }
  return closest ?? ofFamily[0];
}

function commonBits(a: Address, b: Address): number {
  const left = addressBytes(a) ?? [];
  const right = addressBytes(b) ?? [];
  for (const [index, byte] of left.entries()) {
    const difference = byte ^ (right[index] ?? 0);
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return left.length * 8;
}
