import type { Address } from '../../address.js';
import { unpackSockaddr } from '../../bridge/sockaddr.js';
import { SctpError } from '../../errors.js';
import { SCTP_GET_SNDBUF_USE, SCTP_STATUS } from '../../generated/constants.js';
import { sctp_sockstat, sctp_status } from '../../generated/layouts.js';
import { localEndpoints } from '../binding.js';
import type { Descriptor } from '../descriptor.js';
import type { StreamCounts } from '../notification.js';

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

export function readStatus(descriptor: Descriptor, associationId: number): Status {
  const status = descriptor.struct(SCTP_STATUS, sctp_status, { sstat_assoc_id: associationId });
  return {
    localAddresses: localEndpoints(descriptor, associationId).map(({ address }) => address),
    primary: unpackSockaddr(status.sstat_primary.spinfo_address)?.address,
    streams: { inbound: status.sstat_instrms, outbound: status.sstat_outstrms },
    receiverWindow: status.sstat_rwnd,
    unacknowledged: status.sstat_unackdata,
    pending: status.sstat_penddata,
    fragmentationPoint: status.sstat_fragmentation_point,
  };
}

/** How many bytes the peer hasn't acknowledged, headers of DATA chunks included; 0 when the association has ended. */
export function unacknowledgedBytes(descriptor: Descriptor, associationId: number): number {
  try {
    return descriptor.struct(SCTP_GET_SNDBUF_USE, sctp_sockstat, { ss_assoc_id: associationId }).ss_total_sndbuf;
  } catch (error) {
    if (error instanceof SctpError) return 0;
    throw error;
  }
}
