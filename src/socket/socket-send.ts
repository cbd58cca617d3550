import type { Association } from '../association/association.js';
import { SEND_OPTIONS, type SendOptions } from '../association/messages/send-options.js';
import type { Names } from '../nearest-name.js';
import { WAIT_OPTIONS, type WaitOptions } from '../wait.js';
import type { Peer } from './connect/peers.js';

/** How and where a one-to-many socket sends a message. */
export interface SocketSendOptions extends SendOptions, WaitOptions {
  /**
   * An association of the socket, or a peer: an address, or several of the same peer. If the socket has no association
   * with the peer, one is set up, as by `connectx`.
   */
  readonly to: Association | Peer | readonly Peer[];
  /** Ends the set-up that this call starts. */
  readonly signal?: AbortSignal;
  /** The deadline of the set-up that this call starts, in ms. */
  readonly timeoutMs?: number;
}

export const SOCKET_SEND_OPTIONS: Names<SocketSendOptions> = { ...SEND_OPTIONS, ...WAIT_OPTIONS, to: true };
