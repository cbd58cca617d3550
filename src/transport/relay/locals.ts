import { isLoopback } from '../../address.js';
import type { UdpEndpoint } from '../../relay/codec.js';

/** Unspecified and reserved addresses, multicast and broadcast, and link-local ones of IPv6, which need a zone. */
const NOT_PUBLIC = /^(?:0\.|22[4-9]\.|2[3-5]\d\.|::$|ff[\da-f]{2}:|fe[89ab][\da-f]:)/;

/**
 * Whether the addresses that a relay gives can be ours: our peers send to them. Loopback addresses are for tests: only a relay on this
 * machine has them. Private ones are right within a network.
 */
export function areUsable(locals: readonly UdpEndpoint[], url: string): boolean {
  const isHere = isLocalHost(new URL(url).hostname);
  const isUsable = ({ address, port }: UdpEndpoint) =>
    port > 0 && !NOT_PUBLIC.test(address) && (isHere || !isLoopback(address));
  return locals.length > 0 && locals.every(isUsable);
}

function isLocalHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
