/**
 * usrsctp's own API: its public functions under their C names, with the semantics of usrsctp's manual. Sockets are
 * handles and never block. `docs/raw.md` says what differs from C, and `docs/api-coverage.md` names the equivalent of
 * each function in the typed API.
 * @module usrsctp-wasm/raw
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
