import type { Route } from './transport.js';

/** Links with IPv6 carry packets of that size, and so do nearly all tunnels below them (RFC 8200 §5). */
const BASE_MTU = 1280;

/** The largest IP packet that Ethernet carries. */
export const ETHERNET_MTU = 1500;

/**
 * The packet sizes of a route that isn't known to carry packets of `most` bytes on its whole way: the stack begins with
 * 1280 bytes, and probes whether `most` bytes, or what is possible of them, arrive (RFC 8899).
 */
export function probedSizes(most: number): Pick<Route, 'mtu' | 'probeMtu'> {
  return most > BASE_MTU ? { mtu: BASE_MTU, probeMtu: most } : { mtu: most };
}
