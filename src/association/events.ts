import type { Address } from '../address.js';
import type { ErrorCause, SctpError } from '../errors.js';
import type { Bytes } from '../lib-types.js';
import type { Names } from '../nearest-name.js';
import type {
  AssociationChange,
  AssociationReset,
  AuthenticationChange,
  Notification,
  PartialDeliveryAborted,
  PathChange,
  StreamChange,
  StreamReset,
} from '../stack/socket/notification.js';

/**
 * The events of an association (RFC 6458 §6.1). An event is emitted when the stack reads it, which may be after
 * messages that nobody has received yet. Events cost nothing before they happen, except `senderDry`, which comes with
 * the traffic: usrsctp reports it only to associations with a listener.
 */
export interface AssociationEvents {
  /** A path of the association has changed. */
  path: PathEvent;
  /** The peer has restarted. Messages that it hadn't acknowledged are lost: `sendFailed` reports them. */
  restart: Notification & AssociationChange;
  /** The peer has begun to shut the association down: nothing more can be sent. */
  shutdown: undefined;
  /** A message was not delivered, because its reliability policy gave it up or because the association ended. */
  sendFailed: SendFailure;
  /** The peer has reported errors: the causes in an ERROR chunk (RFC 9260 §3.3.10). */
  remoteError: readonly ErrorCause[];
  /** The peer's adaptation layer indication (RFC 5061 §4.2.6). The first listener gets it even if it came before. */
  adaptation: number;
  /** A key is in use or free, or the peer has no authentication. The first listener gets it even if it came before. */
  authentication: AuthenticationChange;
  /** The peer has given up a message that had begun to arrive. Nothing of the message is received. */
  partialDeliveryAborted: PartialDeliveryAborted;
  /** Streams were reset, by either end, or a reset that this end requested was refused. */
  streamReset: StreamReset;
  /** The association was reset, or a reset was refused. `streamReset` is emitted for all its streams, too. */
  associationReset: AssociationReset;
  /** Streams were added, or an addition was refused. */
  streamChange: StreamChange;
  /** The peer has acknowledged everything that was sent. A new listener gets it at once if this is so already. */
  senderDry: undefined;
  /** The association has ended: gracefully, or with an error. */
  close: SctpError | undefined;
}

export const ASSOCIATION_EVENTS: Names<AssociationEvents> = {
  path: true,
  restart: true,
  shutdown: true,
  sendFailed: true,
  remoteError: true,
  adaptation: true,
  authentication: true,
  partialDeliveryAborted: true,
  streamReset: true,
  associationReset: true,
  streamChange: true,
  senderDry: true,
  close: true,
};

/** A change of a path. */
export interface PathEvent {
  /** The peer's address. */
  readonly address: Address;
  /** `refused`: the network reports that it can't reach the address now (ICMP, no route, policy); this is a hint. */
  readonly change: PathChange | 'refused';
  /** With `mtu`: how many bytes of chunks fit into a packet now, as `Path.mtu` says. */
  readonly mtu?: number;
  /** The network's error, with `refused`. */
  readonly error?: SctpError;
}

/** A message that was passed to usrsctp and will not be delivered. */
export interface SendFailure {
  /** The stream on which it was sent. */
  readonly stream: number;
  /** Its payload protocol identifier. */
  readonly ppid: number;
  /** The `context` that `send` was given. */
  readonly context: number;
  /** Was at least a part of it sent? The peer may have received it all the same. */
  readonly sent: boolean;
  /** The message, or what is left of it. The buffer is yours. */
  readonly data: Bytes;
  /**
   * Is `data` the whole message? If not, its beginning may have been acknowledged, or its end never passed to usrsctp.
   */
  readonly whole: boolean;
}
