import type { Address } from '../address.js';
import type { ErrorCode } from '../errors.js';
import type { Lookup } from '../host-name.js';
import type { Packet } from '../packet.js';
import type { Share } from '../share.js';

/**
 * The network below one stack, in place of usrsctp's IP layer. A transport knows local addresses, routes and packets. It never
 * sees an association.
 *
 * The contract, which `transportContract` of `usrsctp-wasm/testing` checks for any implementation:
 * - Until `start` has resolved, nothing is received, and `addresses` may be empty.
 * - `send` may drop packets. It never blocks, never throws, and never calls `receive` before it has returned.
 * - Packets may be lost, reordered or duplicated, but not changed: a packet arrives as a whole or not at all.
 * - Once `close` has been called, nothing is sent or received, and there are no addresses. Calling it again does nothing.
 *   Packets that `send` has taken before are still sent, unless the network accepts nothing for about a second.
 */
export interface Transport {
  /** The local addresses that INIT lists, canonical and without duplicates. When they change, `host.changed()` is called. */
  readonly addresses: readonly Address[];
  /** The largest IP packet in bytes, headers included, that fits every route whose `Route` names no other size. */
  readonly mtu: number;
  /**
   * True if packets can't change on their way: in memory, or over an authenticated layer such as DTLS. The stack then sends
   * packets without checksums (they are 0, as in RFC 9653) and accepts such packets. A checksum that isn't 0 is still
   * verified. For receivers that require a checksum the transport adds it with `sealPacket`: see `TransportHost`.
   */
  readonly integrity?: boolean;
  /**
   * True if packets are carried by DTLS. New sockets then offer peers to leave checksums out (RFC 9653), which needs a build of
   * upstream's main. Otherwise packets have checksums. Without effect if `integrity` is true.
   */
  readonly zeroChecksum?: boolean;
  /** The UDP port at which peers are expected (RFC 6951); absent if SCTP isn't encapsulated in UDP. */
  readonly encapsulationPort?: number;

  /**
   * The share of the verification tags that the stack chooses from, if several stacks are behind the same addresses. The option
   * `share` of a stack overrides it.
   */
  readonly share?: Share;

  /** Opens the network. Rejects with an `SctpError` if it can't, for example EADDRINUSE or EADDRNOTAVAIL. */
  start(host: TransportHost): Promise<void>;

  /**
   * The route to a destination; `undefined` if there is none. Without this method, the source is the first local address of the
   * destination's family.
   */
  route?(destination: Address): Route | undefined;

  /** The name of the network interface that has a local address, such as `eth0`, if the transport knows it. */
  interfaceOf?(address: Address): string | undefined;

  /**
   * From now on, packets for a link-local address of IPv6 go to the link that the zone names, such as `eth0` (RFC 4007). Returns
   * false if no local address has that zone.
   */
  useZone?(destination: Address, zone: string): boolean;

  /** Looks up the addresses of a host name, as `dns.lookup` does. Without it, `connectx` needs the option `lookup` for names. */
  lookup?(...question: Parameters<Lookup>): void;

  /**
   * A socket of the stack is bound to this SCTP port from now on. Transports need this that share SCTP's ports with other
   * programs, and therefore may pass on packets for these ports only. A socket that isn't bound gets a port when it sends its
   * first INIT. `TransportHost.portsInUse` tells when a port is free again.
   */
  portBound?(port: number): void;

  /**
   * An association has got a path, or lost it. Transports that share addresses with other stacks need this for packets without a
   * tag of this stack. Called only if the stack has a share, and before a packet leaves on the path. It must not call the stack.
   */
  pathChanged?(change: PeerPath): void;

  /** From now on, the transport keeps the process alive until it is closed, which is the default. */
  ref?(): void;

  /** From now on, the transport doesn't keep the process alive, in runtimes that distinguish this. */
  unref?(): void;

  /** Sends a batch of packets and takes ownership of them. The order per destination is kept as far as the network keeps it. */
  send(packets: readonly Packet[]): void;

  /** Sends the packets that are queued, then closes the network. Resolves when nothing of it keeps the process alive. */
  close(): Promise<void>;
}

/** The stack above a transport, as the transport sees it. */
export interface TransportHost {
  /** True if it accepts packets without checksum from a transport with `integrity`. Otherwise checksums must be correct. */
  readonly takesZeroChecksum?: boolean;
  /** Packets have arrived. The host owns their bytes from now on. */
  receive(packets: readonly Packet[]): void;
  /** True if the packets that were received last have woken no code that waits. Virtual time may then move on at once. */
  readonly isQuiet?: boolean;
  /**
   * The network reports that a destination can't be reached: EHOSTUNREACH, ENETUNREACH, ECONNREFUSED (the UDP port is
   * closed), EACCES or EPERM (policy), ENETDOWN. It is only a hint, which may be wrong, late or forged. `reason`: a sentence for people,
   * such as what a relay says.
   */
  unreachable(destination: Address, code: ErrorCode, reason?: string): void;
  /** The network reports that a packet is too large for a link. It is only a hint, which may be wrong, late or forged. */
  packetTooBig?(report: PacketTooBig): void;
  /**
   * The network refuses the packets of a set-up to a destination, because another host uses their SCTP port. Returns true if the set-up
   * goes on from another port.
   */
  portTaken?(destination: Address): boolean;
  /**
   * Local addresses or routes have changed. `back` lists addresses whose link was down and is back: something is then sent from
   * each, and what was sent meanwhile is sent again at once.
   */
  changed(back?: readonly Address[]): void;
  /** The SCTP ports that sockets and associations use. */
  portsInUse?(): ReadonlySet<number>;
  /** The program is about to end, as when its page is closed. Only what the host sends before this returns is still sent. */
  ending?(): void;
}

/** ICMP's "fragmentation needed" or "packet too big". */
export interface PacketTooBig {
  /** The local address that sent the packet. */
  readonly source: Address;
  /** Where the packet was sent. */
  readonly destination: Address;
  /** The largest IP packet that the link takes, in bytes. */
  readonly mtu: number;
  /** The beginning of the SCTP packet: at least its common header, 12 bytes. The report counts if its verification tag is right. */
  readonly bytes: Uint8Array;
}

/** A path of an association, as packets show it, and whether it was added or removed. */
export interface PeerPath {
  /** The peer's address. */
  readonly address: Address;
  /** The peer's SCTP port. */
  readonly port: number;
  /** The local SCTP port. */
  readonly localPort: number;
  /** True if the association has got the path; false if it has lost it. */
  readonly isAdded: boolean;
}

/** A route to a destination. */
export interface Route {
  /** The local address from which packets to the destination are sent. */
  readonly source: Address;
  /** The largest IP packet in bytes for this destination, if it differs from the transport's `mtu`. */
  readonly mtu?: number;
  /**
   * A larger size that may fit as well. The stack probes it, and uses it once the peer has acknowledged a packet of that size
   * (RFC 8899).
   */
  readonly probeMtu?: number;
}
