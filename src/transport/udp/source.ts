import { type Address, familyOf, isLinkLocalIpv6, isLoopback } from '../../address.js';
import type { LocalNetwork } from './interfaces.js';
import { equalBits } from './prefix.js';

/** What a source address is chosen from. */
export interface SourceCandidates {
  /** The local addresses, in order of preference. */
  readonly addresses: readonly Address[];
  readonly networks: readonly LocalNetwork[];
  /** The local address at which this peer's packets last arrived. */
  readonly learned?: Address | undefined;
}

/**
 * The source address that can be chosen without asking the kernel: the destination itself if it is local, else the local
 * address in the smallest network that also contains the destination, else the address at which the peer's packets arrive. Of
 * several equally good addresses the latter wins.
 */
export function knownSource(
  destination: Address,
  { addresses, networks, learned }: SourceCandidates,
): Address | undefined {
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

/**
 * The local addresses of the destination's family. Loopback addresses are for loopback destinations only, and come first there.
 * Link-local addresses of IPv6 are for link-local destinations only, and no others are.
 */
export function usableSources(destination: Address, addresses: readonly Address[]): Address[] {
  const family = familyOf(destination);
  const isLinkLocal = isLinkLocalIpv6(destination);
  const ofFamily = addresses.filter(
    (address) => familyOf(address) === family && isLinkLocalIpv6(address) === isLinkLocal,
  );
  const loopback = isLoopback(destination) ? ofFamily.filter(isLoopback) : [];
  return [...loopback, ...ofFamily.filter((address) => !isLoopback(address))];
}

/** The prefix length of the smallest network that contains both addresses; 0 if none does. */
function sharedPrefixBits(a: Address, b: Address, networks: readonly LocalNetwork[]): number {
  const equal = equalBits(a, b);
  let longest = 0;
  for (const { address, prefixBits } of networks) {
    if (prefixBits <= longest || prefixBits > equal || familyOf(address) !== familyOf(a)) continue;
    if (equalBits(address, a) >= prefixBits) longest = prefixBits;
  }
  return longest;
}
