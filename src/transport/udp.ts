import type { Address } from '../address.js';
import type { Route, Transport } from './transport.js';
import { packetSizes } from './udp/mtu.js';
import { parseOptions, type UdpOptions } from './udp/options.js';
import { dgramSockets } from './udp/socket.js';
import { SocketTransport } from './udp/socket-transport.js';

export type { AddressFilter } from './udp/filter.js';
export type { UdpOptions } from './udp/options.js';

/** A transport over UDP. */
export interface UdpTransport extends Transport {
  readonly encapsulationPort: number;
  /** The local UDP port, the same on all addresses; 0 until `start` has resolved. */
  readonly port: number;
  /** Keeps the process alive until it is closed, which is the default. */
  ref(): void;
  /** Doesn't keep the process alive. */
  unref(): void;
  /** How many packets were dropped in this process: the queue was full, they were too large, or there was no route. */
  readonly dropped: number;
  route(destination: Address): Route | undefined;
}

/**
 * SCTP over UDP (RFC 6951) with `node:dgram`, in Node, Deno and Bun. There is one socket per local address. `addresses` follows
 * the machine, unless `watch` is false. Traffic classes, and therefore ECN, aren't supported, since Node has no
 * API for them. Throws EINVAL if an option is invalid, and names it.
 *
 * @example
 * const stack = await Stack.create({ transport: udp({ port: 9899 }) });
 */
export function udp(options: UdpOptions = {}): UdpTransport {
  const settings = parseOptions(options);
  const { encapsulationPort } = settings;
  const parts = { name: 'UDP', encapsulationPort, system: () => dgramSockets(settings), packetSizes };
  return new SocketTransport(settings, parts) as SocketTransport & { readonly encapsulationPort: number };
}
