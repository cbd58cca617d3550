import type { Address } from '../address.js';

/** The source or destination of UDP datagrams. */
export interface UdpEndpoint {
  /** The IP address. */
  readonly address: Address;
  /** UDP port, 1 to 65535. */
  readonly port: number;
}

/** IPv4 and UDP headers: they count in rates, because small packets aren't cheap. */
export const OVERHEAD_BYTES = 28;
const HEADER_BYTES = { IPv4: 28, IPv6: 48 } as const;

/** The size of the IP packet that carries a datagram. */
export function packetBytes({ address }: UdpEndpoint, bytes: Uint8Array): number {
  return bytes.length + (address.includes(':') ? HEADER_BYTES.IPv6 : HEADER_BYTES.IPv4);
}
