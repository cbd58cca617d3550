import { type Address, isLoopback } from '../../address.js';
import { ETHERNET_MTU, probedSizes } from '../path-mtu.js';
import type { Route } from '../transport.js';

const LARGEST_MTU = 65_535;
/** IPv4 and UDP headers, and the largest datagram of a BSD kernel (sysctl net.inet.udp.maxdgram). */
const BSD_MTU = 20 + 8 + 9216;

/**
 * The packet sizes of a route from a local address. Between loopback addresses no link limits the size, but the peer or a
 * forwarder may not have room for large datagrams. Elsewhere Node can't ask for the MTU of a link, nor set the don't-fragment
 * bit. A probe of 1500 bytes may therefore arrive as fragments; then data does, too.
 */
export function packetSizes(source: Address, mtu: number | undefined): Omit<Route, 'source'> {
  if (mtu !== undefined) return { mtu };
  if (!isLoopback(source)) return probedSizes(ETHERNET_MTU);
  return probedSizes(/darwin|bsd/.test(process.platform) ? BSD_MTU : LARGEST_MTU);
}
