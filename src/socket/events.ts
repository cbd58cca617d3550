import type { Address } from '../address.js';
import type { Association } from '../association/association.js';
import type { Names } from '../nearest-name.js';

/** The events of a socket. */
export interface SocketEvents {
  /**
   * An association is up for which no promise of `connectx` waits: a peer has connected, or a detached connectx has
   * succeeded. Listening takes the associations of peers, as `accept` does, unless `accept` or an iteration takes them.
   */
  association: Association;
}

export const SOCKET_EVENTS: Names<SocketEvents> = { association: true };

/** The events of a stack. */
export interface StackEvents {
  /**
   * The local addresses of the transport have changed. Sockets that are bound to all addresses use the new ones, and their
   * associations tell the peers (ASCONF, RFC 5061).
   */
  addresses: AddressChange;
}

export const STACK_EVENTS: Names<StackEvents> = { addresses: true };

/** A change of the local addresses. */
export interface AddressChange {
  /** The new ones. */
  readonly added: readonly Address[];
  /** Those that the transport doesn't have any more. */
  readonly removed: readonly Address[];
  /** All local addresses after the change; empty if the last one was removed. */
  readonly addresses: readonly Address[];
}
