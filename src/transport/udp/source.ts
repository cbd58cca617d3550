import { type Address, addressBytes, familyOf, isLoopback } from '../../address.js';
import type { LocalNetwork } from './interfaces.js';

/** What the choice of a source address is made from. */
export interface Surroundings {
  /** Our addresses, in the order of preference. */
  readonly addresses: readonly Address[];
  readonly networks: readonly LocalNetwork[];
  /** Where this peer's packets last arrived. */
  readonly learned?: Address | undefined;
}

/**
 * The source that we can tell without the kernel: the destination itself when it's ours, else our address in the
 * smallest network that holds the destination too, else the one where the peer's packets arrive. That one also wins
 * among equals.
 */
export function knownSource(destination: Address, { addresses, networks, learned }: Surroundings): Address | undefined {
  if (addresses.includes(destination)) return destination;
  const usable = usableSources(destination, addresses);
  let nearest: Address[] = [];
  let longest = 0;
  for (const address of usable) {
    const bits = sharedPrefixBits(address, destination, networks);
    if (bits > longest) nearest = [];
    if (bits > 0 && bits >= longest) nearest.push(address);
    longest = Math.max(longest, bits);
  }
  const preferred = nearest.length > 0 ? nearest : usable;
  if (learned !== undefined && preferred.includes(learned)) return learned;
  return nearest[0];
}

/** Our addresses of the destination's family; those of the loopback net talk to nobody else. Loopback comes first to itself. */
export function usableSources(destination: Address, addresses: readonly Address[]): Address[] {
  const family = familyOf(destination);
  const kin = addresses.filter((address) => familyOf(address) === family);
  const loopback = isLoopback(destination) ? kin.filter(isLoopback) : [];
  return [...loopback, ...kin.filter((address) => !isLoopback(address))];
}

/** The prefix length of the smallest of the networks that holds both addresses; 0 when none does. */
function sharedPrefixBits(a: Address, b: Address, networks: readonly LocalNetwork[]): number {
  const equal = equalBits(a, b);
  let longest = 0;
  for (const { address, prefixBits } of networks) {
    if (prefixBits <= longest || prefixBits > equal || familyOf(address) !== familyOf(a)) continue;
    if (equalBits(address, a) >= prefixBits) longest = prefixBits;
  }
  return longest;
}

/** How many leading bits two addresses of one family have in common. */
function equalBits(a: Address, b: Address): number {
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
