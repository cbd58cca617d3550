import type { Association } from '../association/association.js';

/** The events of a socket. */
export interface SocketEvents {
  /** An association is up for which no promise waits: a peer has connected, or a detached connectx has succeeded. */
  association: Association;
}
