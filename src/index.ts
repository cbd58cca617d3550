export type { Address, AddressFamily, Endpoint } from './address.js';
export type { WasmSource } from './bridge/module.js';
export type { ChunkType } from './chunk/type.js';
export { type Clock, systemClock } from './clock.js';
export { sealPacket } from './crc32c.js';
export { type ErrorCause, type ErrorCode, type InitAttempt, SctpError, type SctpErrorDetails } from './errors.js';
export type { Packet } from './packet.js';
export { type Random, systemRandom } from './random.js';
export { Association, type AssociationState } from './socket/association.js';
export type {
  AssociationChange,
  AssociationEvents,
  AssociationReset,
  AuthenticationChange,
  Outcome,
  PartialDeliveryAborted,
  PathEvent,
  SendFailure,
  SocketEvents,
  StreamChange,
  StreamReset,
} from './socket/events.js';
export type { Message, Reliability, Sendable, SendOptions } from './socket/messages/message.js';
export type { OutgoingMessage } from './socket/messages/streams.js';
export type { Feature, Notification, PathChange, StreamCounts } from './socket/notification.js';
export type { Authentication, Hmac } from './socket/options/authentication.js';
export type { SocketOptions } from './socket/options/config.js';
export type { OptionScope } from './socket/options/configurable.js';
export type { OptionInput, OptionName, OptionQuery, OptionValue } from './socket/options/options.js';
export type { Sysctl, TimerPreset, Timers } from './socket/options/timers.js';
export { Stack, type StackOptions } from './socket/packaged.js';
export type { Path } from './socket/paths/path.js';
export type { AssociationStatistics, PathStatistics } from './socket/paths/statistics.js';
export type { Status } from './socket/paths/status.js';
export type { Peer } from './socket/peers.js';
export type { SendAllFailure, SendAllResult } from './socket/sendall.js';
export type { ConnectOptions, LocalAddress } from './socket/setup/connectoptions.js';
export type { WaitOptions } from './socket/setup/deadline.js';
export type { Setup } from './socket/setup/setup.js';
export { Socket } from './socket/socket.js';
export type { COUNTERS, StackStatistics } from './socket/statistics.js';
export { Stream, type StreamSendOptions } from './socket/streams/stream.js';
export type { AddStreamsOptions, ResetStreamsOptions } from './socket/streams/streamed.js';
export { type Conn, type ConnOptions, conn } from './transport/conn.js';
export type { Route, Transport, TransportHost } from './transport/transport.js';
