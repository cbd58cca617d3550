import type { Address } from '../../address.js';
import type { ErrorCause } from '../../errors.js';

/** How many streams there are, from 1 to 65,535 each. */
export interface StreamCounts {
  /** From the peer. */
  readonly inbound: number;
  /** To the peer. */
  readonly outbound: number;
}

/** What the stack tells of an association, beside its messages (RFC 6458 §6.1). */
export type Notification = {
  /** As `association.id`. */
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
      /** Had it been on the wire, at least in part? */
      readonly sent: boolean;
      /** The stream that it was sent on. */
      readonly stream: number;
      /** Its payload protocol identifier. */
      readonly ppid: number;
      /** The number that it was sent with. */
      readonly context: number;
      /** Which fragment of the message it is: SCTP_DATA_LAST_FRAG, SCTP_DATA_NOT_FRAG. */
      readonly flags: number;
      /** What is left of it. */
      readonly data: Uint8Array<ArrayBuffer>;
    }
  | {
      /** SCTP_SHUTDOWN_EVENT (RFC 6458 §6.1.5). */
      readonly type: 'shutdown';
    }
  | {
      /** SCTP_ADAPTATION_INDICATION (RFC 6458 §6.1.6). */
      readonly type: 'adaptation';
      /** What the peer's INIT told. */
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

/** An association has come up, or ended (RFC 6458 §6.1.1). */
export interface AssociationChange {
  /** SCTP_ASSOC_CHANGE (RFC 6458 §6.1.1). */
  readonly type: 'association';
  /** What it is now. */
  readonly state: 'up' | 'lost' | 'restart' | 'shutdown complete' | 'could not start';
  /** What was agreed on. */
  readonly streams: StreamCounts;
  /** What both ends can do. */
  readonly features: readonly Feature[];
  /** The causes of the peer's ABORT; absent when there was none. */
  readonly abort?: readonly ErrorCause[];
  /** The peer's ABORT has the T bit: it has no such association, or no longer (RFC 9260 §8.4). */
  readonly isUnknown?: boolean;
  /** The causes of the ABORT that this end has sent because the peer broke the protocol; absent when there was none. */
  readonly sentAbort?: readonly ErrorCause[];
}

/** The peer has given up a message of which a part had been delivered already: the part is dropped (RFC 6458 §6.1.7). */
export interface PartialDeliveryAborted {
  /** The stream that it came on. */
  readonly stream: number;
  /** Was it an unordered message? */
  readonly unordered: boolean;
  /**
   * Its stream sequence number; the low half of the message identifier with I-DATA. Unordered messages have none: for those
   * it is the low half of the message's first TSN.
   */
  readonly ssn: number;
}

/** What has become of authentication (RFC 6458 §6.1.8). */
export interface AuthenticationChange {
  /** The peer uses a key for the first time; nobody uses a key any more; the peer has no authentication at all. */
  readonly change: 'new key' | 'key free' | 'no authentication';
  /** The number of the key; 0 where there is no authentication. */
  readonly keyNumber: number;
}

/** What the answer to a request of RFC 6525 is. */
export type Outcome = 'performed' | 'denied' | 'failed';

/** Streams were reset (RFC 6525 §6.1.1), or were not, though this end has asked for it. */
export interface StreamReset {
  /** `outgoing`: streams that this end sends on. */
  readonly direction: 'incoming' | 'outgoing';
  /** Which ones. */
  readonly streams: readonly number[] | 'all';
  /** What came of it. */
  readonly outcome: Outcome;
}

/** The association was reset (RFC 6525 §6.1.2), or was not, though this end has asked for it. */
export interface AssociationReset {
  /** What came of it. */
  readonly outcome: Outcome;
  /** The next TSN from here. */
  readonly localTsn: number;
  /** The next TSN from the peer. */
  readonly remoteTsn: number;
}

/** Streams were added (RFC 6525 §6.1.3), or were not, though this end has asked for it. */
export interface StreamChange {
  /** What came of it. */
  readonly outcome: Outcome;
  /** How many there are now from the peer. */
  readonly inbound: number;
  /** How many there are now to the peer. */
  readonly outbound: number;
}

/** How a path has changed (RFC 6458 §6.1.2). */
export type PathChange = 'available' | 'unreachable' | 'removed' | 'added' | 'primary' | 'confirmed';

/** What both ends of an association can do beyond RFC 9260. */
export type Feature =
  | 'partial reliability'
  | 'authentication'
  | 'dynamic addresses'
  | 'reconfiguration'
  | 'interleaving';
