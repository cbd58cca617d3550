/**
 * Sockets and associations over any transport, with the WebAssembly included: {@link Stack} is where to start.
 * @module usrsctp-wasm
 */

export type { Address, AddressFamily, Endpoint } from './address.js';
export { Association } from './association/association.js';
export type { AssociationEvents, PathEvent, SendFailure } from './association/events.js';
export type { AssociationState } from './association/lifecycle.js';
export type { MessageIteration } from './association/messages/iterator.js';
export type { Reliability, Sendable, SendOptions } from './association/messages/send-options.js';
export type { OutgoingMessage } from './association/messages/web-streams.js';
export type { Path } from './association/paths/path.js';
export type { AssociationStatistics, PathStatistics } from './association/paths/statistics.js';
export type { Status } from './association/paths/status.js';
export type { Setup } from './association/setup.js';
export { Stream, type StreamSendOptions } from './association/streams/stream.js';
export type { AddStreamsOptions, ResetStreamsOptions } from './association/streams/streams.js';
export type { WasmSource } from './bridge/module.js';
export { type Clock, systemClock } from './clock.js';
export { type ErrorCause, type ErrorCode, type InitAttempt, SctpError, type SctpErrorDetails } from './errors.js';
export type { Lookup, LookupAddress, LookupOptions } from './host-name.js';
export type { OptionScope } from './options/access.js';
export type { Authentication, Hmac } from './options/authentication.js';
export type { Limits } from './options/limits.js';
export type { SocketOptions } from './options/socket-options.js';
export type { OptionInput, OptionName, OptionQuery, OptionValue } from './options/table.js';
export type { Sysctl, TimerPreset, Timers } from './options/timers.js';
export type { Packet } from './packet.js';
export { PPID } from './ppid.js';
export { type Random, systemRandom } from './random.js';
export type { Share } from './share.js';
export type { ConnectOptions, LocalAddress } from './socket/connect/options.js';
export type { Peer } from './socket/connect/peers.js';
export type { AddressChange, SocketEvents, StackEvents } from './socket/events.js';
export { Stack, type StackOptions } from './socket/packaged-stack.js';
export type { SendAllFailure, SendAllResult } from './socket/send-all.js';
export { Socket } from './socket/socket.js';
export type { SocketMessage } from './socket/socket-receiver.js';
export type { SocketSendOptions } from './socket/socket-send.js';
export type { Log, LogEntry, LogLevel } from './socket/stack-log.js';
export type { COUNTERS, StackStatistics } from './socket/stack-statistics.js';
export type { Message } from './stack/socket/message.js';
export type {
  AssociationChange,
  AssociationReset,
  AuthenticationChange,
  Feature,
  Notification,
  Outcome,
  PartialDeliveryAborted,
  PathChange,
  StreamChange,
  StreamCounts,
  StreamReset,
} from './stack/socket/notification.js';
export { type Conn, type ConnOptions, type ConnPath, conn } from './transport/conn.js';
export type { PacketTooBig, PeerPath, Route, Transport, TransportHost } from './transport/transport.js';
export type { WaitOptions } from './wait.js';
export type { ChunkType } from './wire/chunk-types.js';
export { sealPacket } from './wire/crc32c.js';
