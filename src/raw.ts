/**
 * usrsctp's own API: its public functions under their own names on handles, non-blocking, with the C manual's semantics.
 * `docs/raw.md` has the table of C names, what they are here, and what the typed API calls them.
 */
export type { Endpoint } from './address.js';
export type { WasmSource } from './bridge/module.js';
export type { Clock } from './clock.js';
export * from './generated/constants.js';
export * as structs from './generated/layouts.js';
export type { Random } from './random.js';
export { htonl, htons, ntohl, ntohs } from './raw/byteorder.js';
export type { ReceiveCallback, SendCallback, Upcall } from './raw/callbacks.js';
export type { ConnOutput } from './raw/conn.js';
export type { ErrnoName } from './raw/errno.js';
export type { SocketArgument, SocketHandle } from './raw/handle.js';
export { type InitOptions, usrsctp_init, usrsctp_init_nothreads } from './raw/init.js';
export type { SendvInfo } from './raw/messages.js';
export { type SctpNotification, sctp_notification } from './raw/notification.js';
export type { RcvInfo, Received, RecvvRn } from './raw/received.js';
export type { ConnEndpoint, Sockaddr } from './raw/sockaddr.js';
export type { SysctlCalls } from './raw/sysctls.js';
export type { Usrsctp, UsrsctpCalls } from './raw/usrsctp.js';
export type { CInput, CValue } from './raw/value.js';
export type { Transport } from './transport/transport.js';
