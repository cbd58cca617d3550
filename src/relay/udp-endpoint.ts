import type { Address } from '../address.js';

/** The source or destination of UDP datagrams. */
export interface UdpEndpoint {
  /** The IP address. */
  readonly address: Address;
  /** UDP port, 1 to 65535. */
  readonly port: number;
}
