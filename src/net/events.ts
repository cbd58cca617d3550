import type { AssociationEvents, PathEvent } from '../index.js';
import type { MessageBuffer } from './messages.js';
import type { IncomingStream } from './streams.js';

/** A change that SCTP reports, of node-lksctp's event `notification`. The fields are those of `usrsctp-wasm`. */
export type SocketNotification =
  | ({ readonly type: 'path' } & PathEvent)
  | { readonly type: 'restart' }
  | { readonly type: 'shutdown' }
  | ({ readonly type: 'sendFailed' } & AssociationEvents['sendFailed']);

/** The events of a `Socket`, with the arguments of their listeners. */
export interface SocketEventMap {
  /** The association is up. Not emitted by sockets that a server has accepted. */
  connect: [];
  /** The same, under Node's newer name. */
  ready: [];
  /** A message. */
  data: [message: MessageBuffer];
  /** The peer has shut the association down, and everything is received. */
  end: [];
  /** The socket is closed; `hadError`: after an error. */
  close: [hadError: boolean];
  /** The set-up or the association has failed. */
  error: [error: Error];
  /** Everything that was written is taken by the stack. */
  drain: [];
  /** Nothing more will be written. */
  finish: [];
  /** Nothing has been sent or received for the time of `setTimeout`. */
  timeout: [];
  /** As in node-sctp: a stream on which the first message has come. */
  stream: [stream: IncomingStream, id: number];
  /** As in node-sctp: the peer has restarted. */
  restart: [];
  /** As in node-lksctp: an address was added or removed, or the primary path has changed. */
  'address-change': [];
  /** As in node-lksctp: `peerInfoByAddress` has changed. */
  'peer-info-update': [];
  /** As in node-lksctp: what SCTP reports. */
  notification: [notification: SocketNotification];
}

/** A listener with any arguments. */
export type Listener = (...args: never[]) => void;
