/**
 * Servers and sockets in the manner of `node:net`, with the names of node-sctp and node-lksctp.
 * @module usrsctp-wasm/net
 */

export { type Defaults, defaults } from './net/defaults.js';
export type { Listener, SocketEventMap, SocketNotification } from './net/events.js';
export type { MessageBuffer } from './net/messages.js';
export { connect, createConnection, createServer, type Net, net as default } from './net/module.js';
export type {
  AssociationOptions,
  ConnectOptions,
  DelayedSack,
  SocketAddress,
  SocketConstructorOptions,
} from './net/options.js';
export type { PeerInfo, SocketStatus } from './net/peer-info.js';
export { type PayloadProtocols, PPID } from './net/ppid.js';
export { type DroppedPeer, type ListenOptions, Server, type ServerEventMap, type ServerOptions } from './net/server.js';
export { Socket } from './net/socket.js';
export { type DatagramPeer, type DatagramTransport, type NetworkOptions, setDefaultStack } from './net/stacks.js';
export type { IncomingStream, OutgoingStream } from './net/streams.js';
