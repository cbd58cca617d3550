import { type Address, familyOf, isLoopback } from '../../address.js';
import type { Route } from '../transport.js';

export const ETHERNET_MTU = 1500;
/** The minimum MTU of links that carry IPv6 (RFC 8200 §5). */
const SMALLEST_IPV6_MTU = 1280;
const LARGEST_MTU = 65_535;
/** IPv4 and UDP headers, and the largest datagram of a BSD kernel (sysctl net.inet.udp.maxdgram). */
const BSD_MTU = 20 + 8 + 9216;

/**
 * The packet sizes of a route from a local address. Between loopback addresses no link limits the size, but the peer or a
 * forwarder may not have room for large datagrams, so larger packets are probed. Elsewhere probing is impossible: Node can't set
 * the don't-fragment bit, so a probe would arrive as fragments.
 */
export function packetSizes(source: Address, mtu: number | undefined): Omit<Route, 'source'> {
  if (mtu !== undefined) return { mtu };
  const route = { mtu: familyOf(source) === 'IPv6' ? SMALLEST_IPV6_MTU : ETHERNET_MTU };
  if (!isLoopback(source)) return route;
  return { ...route, probeMtu: /darwin|bsd/.test(process.platform) ? BSD_MTU : LARGEST_MTU };
}
