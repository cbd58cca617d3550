import type { Address } from '../../address.js';
import type { AssociationState } from '../../bridge/association.js';
import { SctpError } from '../../errors.js';
import { SCTP_GET_SNDBUF_USE } from '../../generated/constants.js';
import { sctp_sockstat } from '../../generated/layouts.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { StreamCounts } from '../../stack/socket/notification.js';

/** The state of an association as a whole (RFC 6458 §8.2.1); `paths()` returns that of its paths. */
export interface Status {
  /** The local addresses of the association. */
  readonly localAddresses: readonly Address[];
  /** Its local SCTP port. */
  readonly localPort: number;
  /** The peer's SCTP port. */
  readonly remotePort: number;
  /** The primary path: the address of the peer to which messages are sent while it is active. */
  readonly primary: Address | undefined;
  /** How many streams there are. */
  readonly streams: StreamCounts;
  /** The peer's receive window, in bytes. */
  readonly receiverWindow: number;
  /** How many DATA chunks are not acknowledged. */
  readonly unacknowledged: number;
  /** How many DATA chunks wait to be received here. */
  readonly pending: number;
  /** Messages longer than this, in bytes, are sent in several DATA chunks. */
  readonly fragmentationPoint: number;
}

export function statusOf(state: AssociationState): Status {
  const { inbound, outbound } = state;
  return {
    localAddresses: state.locals,
    localPort: state.localPort,
    remotePort: state.remotePort,
    primary: state.paths[state.primary]?.address,
    streams: { inbound, outbound },
    receiverWindow: state.windowBytes,
    unacknowledged: state.unacknowledged,
    pending: state.pending,
    fragmentationPoint: state.fragmentationPoint,
  };
}

/**
 * How many bytes the peer hasn't acknowledged, including the headers of DATA chunks; 0 if the association has ended.
 */
export function unacknowledgedBytes(moduleSocket: ModuleSocket, associationId: number): number {
  try {
    return moduleSocket.struct(SCTP_GET_SNDBUF_USE, sctp_sockstat, { ss_assoc_id: associationId }).ss_total_sndbuf;
  } catch (error) {
    if (error instanceof SctpError) return 0;
    throw error;
  }
}
