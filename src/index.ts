export type { Address, AddressFamily, Endpoint } from './address.js';
export { type Clock, systemClock } from './clock.js';
export { type ErrorCause, type ErrorCode, type InitAttempt, SctpError, type SctpErrorDetails } from './errors.js';
export type { Packet } from './packet.js';
export { type Random, systemRandom } from './random.js';
export {
  Association,
  type AssociationEvents,
  type AssociationState,
  type PathEvent,
  type Setup,
} from './socket/association.js';
export type { SocketOptions } from './socket/config.js';
export type { ConnectOptions } from './socket/connector.js';
export type { WaitOptions } from './socket/deadline.js';
export type { Message, Reliability, Sendable, SendOptions } from './socket/message.js';
export type { Feature, Notification, PathChange } from './socket/notification.js';
export type { Path } from './socket/path.js';
export type { Peer } from './socket/peers.js';
export { Socket, type SocketEvents } from './socket/socket.js';
export { Stack, type StackOptions } from './socket/stack.js';
export type { TimerPreset, Timers } from './socket/timers.js';
export type { Route, Transport, TransportHost } from './transport/transport.js';
