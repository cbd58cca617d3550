import type { Address } from '../address.js';
import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';

/**
 * The network below one stack: what usrsctp has an IP layer for. A transport knows local addresses, routes and
 * datagrams; it never sees an association.
 *
 * The contract, which `transportContract` of `usrsctp-wasm/testing` checks for any implementation:
 * - Before `start` has resolved nothing is received, and `addresses` need not be known.
 * - `send` may drop. It never blocks, never throws, and never calls `receive` before it has returned.
 * - What a network loses, reorders or repeats is the transport's right; what it changes is not: a datagram arrives as
 *   a whole or not at all.
 * - After `close` has been called nothing is taken or received, and there are no addresses; calling it again is harmless.
 *   What `send` was given before still leaves, unless the network takes nothing for about a second.
 */
export interface Transport {
  /** The local addresses that INIT will list, canonical, without duplicates. May change after `host.changed()`. */
  readonly addresses: readonly Address[];
  /** The largest IP packet in bytes, headers included, that fits any route. */
  readonly mtu: number;
  /**
   * True where what arrives is certain to be what was sent: in memory, or over a layer that authenticates, such as DTLS.
   * The stack then leaves checksums out (they are 0, as in RFC 9653), and takes packets without; one that isn't 0 is
   * still verified. The transport puts them in, by `sealPacket`, for whoever might look at them: see `TransportHost`.
   */
  readonly integrity?: boolean;
  /** The UDP port at which peers are expected (RFC 6951); absent when SCTP isn't carried in UDP. */
  readonly encapsulationPort?: number;

  /** Opens the network. Rejects with an `SctpError`, such as EADDRINUSE or EADDRNOTAVAIL, when it can't. */
  start(host: TransportHost): Promise<void>;

  /**
   * Which local address talks to a destination. `undefined`: there is no route. Without this method the first local
   * address of the destination's family does.
   */
  route?(destination: Address): Route | undefined;

  /** The name of the network interface that has a local address, such as `eth0`, where the transport knows. */
  interfaceOf?(address: Address): string | undefined;

  /** Takes over a batch of packets; their order is kept per destination as far as the network keeps it. */
  send(packets: readonly Packet[]): void;

  /** Sends what waits, then closes the network; resolves when nothing of it keeps the process alive. */
  close(): Promise<void>;
}

/** What a transport tells the stack above it. */
export interface TransportHost {
  /** True: takes packets without their checksum from a transport that vouches for integrity. Else it must be right. */
  readonly takesZeroChecksum?: boolean;
  /** Packets have arrived. The callee owns their bytes. */
  receive(packets: readonly Packet[]): void;
  /** True: the packets that were received last have woken nobody. A network in virtual time then has nobody to wait for. */
  readonly isQuiet?: boolean;
  /**
   * The network said that a destination can't be reached: EHOSTUNREACH, ENETUNREACH, ECONNREFUSED (nobody has that UDP
   * port), EACCES or EPERM (policy), ENETDOWN. A hint: it may be wrong, late, or forged.
   */
  unreachable(destination: Address, code: ErrorCode): void;
  /** Local addresses or routes are no longer what they were. */
  changed(): void;
}

/** The answer to a question for a route. */
export interface Route {
  /** The local address that packets to the destination come from. */
  readonly source: Address;
  /** The largest IP packet in bytes for this destination, where it is less or more than the transport's `mtu`. */
  readonly mtu?: number;
  /**
   * A larger one that may fit: the stack tries, and uses it once the peer has answered a packet of that size (RFC 8899).
   */
  readonly probeMtu?: number;
}
