import { type Address, familyOf, isLoopback } from '../../address.js';
import type { Route } from '../transport.js';

export const ETHERNET_MTU = 1500;
/** What each link that carries IPv6 takes (RFC 8200 §5). */
const SMALLEST_IPV6_MTU = 1280;
const LARGEST_MTU = 65_535;
/** IPv4, UDP and the largest datagram of a BSD (sysctl net.inet.udp.maxdgram). */
const BSD_MTU = 20 + 8 + 9216;

/**
 * The packet sizes of a route from this address. Between loopback addresses there is no link to be too small; but the
 * peer may have no room for large datagrams, or be a forwarder that has none: it's tried. Elsewhere it can't be: Node
 * can't forbid the kernel to fragment, so large packets would arrive, in pieces.
 */
export function packetSizes(source: Address, mtu: number | undefined): Omit<Route, 'source'> {
  if (mtu !== undefined) return { mtu };
  const route = { mtu: familyOf(source) === 'IPv6' ? SMALLEST_IPV6_MTU : ETHERNET_MTU };
  if (!isLoopback(source)) return route;
  return { ...route, probeMtu: /darwin|bsd/.test(process.platform) ? BSD_MTU : LARGEST_MTU };
}
