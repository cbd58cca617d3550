import type { Address } from '../../address.js';
import type { AssociationState } from '../../bridge/association.js';
import { SctpError } from '../../errors.js';
import { SCTP_GET_SNDBUF_USE } from '../../generated/constants.js';
import { sctp_sockstat } from '../../generated/layouts.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { StreamCounts } from '../../stack/socket/notification.js';

/** An association as a whole (RFC 6458 §8.2.1); `paths()` tells of its parts. */
export interface Status {
  /** The local addresses that it uses. */
  readonly localAddresses: readonly Address[];
  /** The peer's address that messages are sent to while it is active. */
  readonly primary: Address | undefined;
  /** What was agreed on, or has been added since. */
  readonly streams: StreamCounts;
  /** The peer's receive window, in bytes. */
  readonly receiverWindow: number;
  /** How many DATA chunks wait for an acknowledgement. */
  readonly unacknowledged: number;
  /** How many DATA chunks wait to be received here. */
  readonly pending: number;
  /** A longer message is sent in parts; bytes. */
  readonly fragmentationPoint: number;
}

export function statusOf(state: AssociationState): Status {
  const { inbound, outbound } = state;
  return {
    localAddresses: state.locals,
    primary: state.paths[state.primary]?.address,
    streams: { inbound, outbound },
    receiverWindow: state.windowBytes,
    unacknowledged: state.unacknowledged,
    pending: state.pending,
    fragmentationPoint: state.fragmentationPoint,
  };
}

/** How many bytes the peer hasn't acknowledged, headers of DATA chunks included; 0 when the association has ended. */
export function unacknowledgedBytes(moduleSocket: ModuleSocket, associationId: number): number {
  try {
    return moduleSocket.struct(SCTP_GET_SNDBUF_USE, sctp_sockstat, { ss_assoc_id: associationId }).ss_total_sndbuf;
  } catch (error) {
    if (error instanceof SctpError) return 0;
    throw error;
  }
}
