import type { Address } from '../../address.js';
import type { ErrorCause } from '../../errors.js';
import type { Bytes } from '../../lib-types.js';

/** How many streams there are, from 1 to 65,535 each. */
export interface StreamCounts {
  /** From the peer. */
  readonly inbound: number;
  /** To the peer. */
  readonly outbound: number;
}

/** A notification about an association (RFC 6458 §6.1). */
export type Notification = {
  /** The id of the association. */
  readonly associationId: number;
} & (
  | AssociationChange
  | {
      /** SCTP_PEER_ADDR_CHANGE (RFC 6458 §6.1.2). */
      readonly type: 'path';
      /** The peer's address. */
      readonly address: Address;
      /** What has changed. */
      readonly change: PathChange;
    }
  | {
      /** SCTP_REMOTE_ERROR (RFC 6458 §6.1.3). */
      readonly type: 'remoteError';
      /** The causes in the ERROR chunk. */
      readonly causes: readonly ErrorCause[];
    }
  | {
      /** SCTP_SEND_FAILED_EVENT (RFC 6458 §6.1.11). */
      readonly type: 'sendFailed';
      /** Was at least a part of the message sent? */
      readonly sent: boolean;
      /** The stream on which it was sent. */
      readonly stream: number;
      /** Its payload protocol identifier. */
      readonly ppid: number;
      /** The `context` with which it was sent. */
      readonly context: number;
      /** Which fragment of the message it is: SCTP_DATA_LAST_FRAG, SCTP_DATA_NOT_FRAG. */
      readonly flags: number;
      /** The fragment. */
      readonly data: Bytes;
    }
  | {
      /** SCTP_SHUTDOWN_EVENT (RFC 6458 §6.1.5). */
      readonly type: 'shutdown';
    }
  | {
      /** SCTP_ADAPTATION_INDICATION (RFC 6458 §6.1.6). */
      readonly type: 'adaptation';
      /** The indication in the peer's INIT or INIT ACK. */
      readonly indication: number;
    }
  | ({
      /** SCTP_PARTIAL_DELIVERY_EVENT (RFC 6458 §6.1.7). */
      readonly type: 'partialDeliveryAborted';
    } & PartialDeliveryAborted)
  | ({
      /** SCTP_AUTHENTICATION_EVENT (RFC 6458 §6.1.8). */
      readonly type: 'authentication';
    } & AuthenticationChange)
  | {
      /** SCTP_SENDER_DRY_EVENT (RFC 6458 §6.1.9). */
      readonly type: 'senderDry';
    }
  | ({
      /** SCTP_STREAM_RESET_EVENT (RFC 6525 §6.1.1). */
      readonly type: 'streamReset';
    } & StreamReset)
  | ({
      /** SCTP_ASSOC_RESET_EVENT (RFC 6525 §6.1.2). */
      readonly type: 'associationReset';
    } & AssociationReset)
  | ({
      /** SCTP_STREAM_CHANGE_EVENT (RFC 6525 §6.1.3). */
      readonly type: 'streamChange';
    } & StreamChange)
);

/** An association is up, has restarted or has ended (RFC 6458 §6.1.1). */
export interface AssociationChange {
  /** SCTP_ASSOC_CHANGE (RFC 6458 §6.1.1). */
  readonly type: 'association';
  /** The new state. */
  readonly state: 'up' | 'lost' | 'restart' | 'shutdown complete' | 'could not start';
  /** How many streams both ends agreed on. */
  readonly streams: StreamCounts;
  /** The extensions that both ends support. */
  readonly features: readonly Feature[];
  /** The causes in the peer's ABORT; absent if there was none. */
  readonly abort?: readonly ErrorCause[];
  /** Does the peer's ABORT have the T bit? Then it doesn't know the association (RFC 9260 §8.4). */
  readonly isUnknown?: boolean;
  /** The causes in the ABORT that this end sent because the peer broke the protocol; absent if there was none. */
  readonly sentAbort?: readonly ErrorCause[];
}

/** The peer has given up a message that was partially delivered, which is dropped (RFC 6458 §6.1.7). */
export interface PartialDeliveryAborted {
  /** The stream of the message. */
  readonly stream: number;
  /** Was the message unordered? */
  readonly unordered: boolean;
  /**
   * The stream sequence number; with I-DATA the low 16 bits of the message identifier. For an unordered message, which
   * has none: the low 16 bits of its first TSN.
   */
  readonly ssn: number;
}

/** A change of authentication (RFC 6458 §6.1.8). */
export interface AuthenticationChange {
  /** The peer uses a key for the first time, neither end uses a key any more, or the peer has no authentication. */
  readonly change: 'new key' | 'key free' | 'no authentication';
  /** The number of the key; 0 if the peer has no authentication. */
  readonly keyNumber: number;
}

/** The outcome of a request (RFC 6525). */
export type Outcome = 'performed' | 'denied' | 'failed';

/** Streams were reset, or a reset that this end requested was refused (RFC 6525 §6.1.1). */
export interface StreamReset {
  /** `outgoing`: streams that this end sends on. */
  readonly direction: 'incoming' | 'outgoing';
  /** The streams. */
  readonly streams: readonly number[] | 'all';
  /** The outcome. */
  readonly outcome: Outcome;
}

/** The association was reset, or a reset that this end requested was refused (RFC 6525 §6.1.2). */
export interface AssociationReset {
  /** The outcome. */
  readonly outcome: Outcome;
  /** The next TSN of this end. */
  readonly localTsn: number;
  /** The next TSN of the peer. */
  readonly remoteTsn: number;
}

/** Streams were added, or an addition that this end requested was refused (RFC 6525 §6.1.3). */
export interface StreamChange {
  /** The outcome. */
  readonly outcome: Outcome;
  /** How many there are now from the peer. */
  readonly inbound: number;
  /** How many there are now to the peer. */
  readonly outbound: number;
}

/** How a path has changed (RFC 6458 §6.1.2). `mtu`: its path MTU was found to be larger or smaller (RFC 8899). */
export type PathChange = 'available' | 'unreachable' | 'removed' | 'added' | 'primary' | 'confirmed' | 'mtu';

/** An extension of RFC 9260 that both ends support. */
export type Feature =
  | 'partial reliability'
  | 'authentication'
  | 'dynamic addresses'
  | 'reconfiguration'
  | 'interleaving';
