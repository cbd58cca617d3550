import type { Address } from '../address.js';
import type { ErrorCause, SctpError } from '../errors.js';
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
import type { Association } from './association.js';

export type {
  AssociationChange,
  AssociationReset,
  AuthenticationChange,
  Outcome,
  PartialDeliveryAborted,
  StreamChange,
  StreamReset,
} from '../stack/socket/notification.js';

/**
 * What an association tells while it lives (RFC 6458 §6.1). Each is told when the stack reads it, which messages that
 * nobody has received yet may precede. Nothing of them costs anything before it happens, but for `senderDry`, which
 * comes with the traffic: usrsctp tells that to associations that listen.
 */
export interface AssociationEvents {
  /** A path of the association has changed. */
  path: PathEvent;
  /** The peer has restarted: what it hadn't acknowledged is lost, and told by `sendFailed`. */
  restart: Notification & AssociationChange;
  /** The peer has begun to shut the association down: nothing more can be sent. */
  shutdown: undefined;
  /** A message was not delivered: its reliability policy gave it up, or the association ended. */
  sendFailed: SendFailure;
  /** The peer has reported errors: the causes in an ERROR chunk (RFC 9260 §3.3.10). */
  remoteError: readonly ErrorCause[];
  /** The peer's adaptation layer indication (RFC 5061 §4.2.6). Told at once to whom begins to listen after it came. */
  adaptation: number;
  /** A key is used or free, or the peer has no authentication. The latter is told late, too, as `adaptation` is. */
  authentication: AuthenticationChange;
  /** The peer has given up a message that had begun to arrive; nothing of it is received. */
  partialDeliveryAborted: PartialDeliveryAborted;
  /** Streams were reset, whoever has asked for it; or a reset was refused that was asked for here. */
  streamReset: StreamReset;
  /** The same of the whole association; `streamReset` tells of all its streams, too. */
  associationReset: AssociationReset;
  /** The same of added streams. */
  streamChange: StreamChange;
  /** The peer has acknowledged everything that was sent. Told at once to whom begins to listen when that is so. */
  senderDry: undefined;
  /** The association has ended: orderly, or with an error. */
  close: SctpError | undefined;
}

/** A change of a path. */
export interface PathEvent {
  /** The peer's address. */
  readonly address: Address;
  /** `refused`: the network says that the address can't be reached now (ICMP, no route, policy); a hint. */
  readonly change: PathChange | 'refused';
  /** Why, with `refused`. */
  readonly error?: SctpError;
}

/** A message that was handed to usrsctp and will not be delivered. */
export interface SendFailure {
  /** The stream that it was sent on. */
  readonly stream: number;
  /** Its payload protocol identifier. */
  readonly ppid: number;
  /** The number that `send` was given. */
  readonly context: number;
  /** Was it on the wire, at least in part? The peer may have received it all the same. */
  readonly sent: boolean;
  /** The message, or what is left of it; yours. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Is that the whole message? Its beginning may have been acknowledged, its end never handed over. */
  readonly whole: boolean;
}

/** What a socket tells. */
export interface SocketEvents {
  /** An association is up that no promise waits for: a peer has connected, or a detached connectx has succeeded. */
  association: Association;
}
