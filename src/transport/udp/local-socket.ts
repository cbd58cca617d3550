import type { Address } from '../../address.js';
import type { ErrorCode } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { PacketTooBig } from '../transport.js';
import type { AskedAddress } from './wanted.js';

/** A socket that is bound to one local address. It isn't connected to a peer. */
export interface LocalSocket {
  readonly address: Address;
  /** The link of a link-local address of IPv6. */
  readonly zone: string | undefined;
  /** The local UDP port, or 0. */
  readonly port: number;
  /** How many packets weren't sent. */
  readonly dropped: number;
  /** Whether the socket keeps the process alive. */
  setRef(isRef: boolean): void;
  /** Sends packets whose source is this address. */
  send(packets: readonly Packet[]): void;
  /** Stops receiving, and sends what is queued for at most a second. Resolves when the socket is closed. */
  close(): Promise<void>;
}

/** The events of a socket. They are called from the event loop only, never from `send`. */
export interface SocketEvents {
  /** A packet that may be SCTP has arrived. Others that have arrived may follow. */
  received(packet: Packet): void;
  /** Packets have arrived: all that there are, or as many as one turn of the event loop takes. */
  receivedBatch(packets: readonly Packet[]): void;
  unreachable(destination: Address, code: ErrorCode): void;
  /** Only those sockets call it that are told of ICMP. */
  tooBig?(report: PacketTooBig): void;
}

/** The operating system's sockets, as one API offers them. */
export interface SocketSystem {
  /** Opens a socket on an address and a port; 0 is any free one. Rejects with EADDRINUSE, EADDRNOTAVAIL or EACCES. */
  open(address: AskedAddress, port: number, events: SocketEvents): Promise<LocalSocket>;
  /** Calls back when the machine's addresses may have changed. Without it, they are read every second. */
  watch?(changed: () => void): AddressNotifier;
  /** No more sockets are needed; all have been closed. */
  close?(): void;
}

/** Tells that the machine's addresses may have changed, until it is closed. */
export interface AddressNotifier {
  /** Whether it keeps the process alive. */
  setRef(isRef: boolean): void;
  close(): void;
}
