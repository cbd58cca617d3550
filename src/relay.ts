/**
 * SCTP over WebSockets to relays: for browsers, workers and edge runtimes.
 * @module usrsctp-wasm/relay
 */

export type { UdpEndpoint } from './relay/udp-endpoint.js';
export type { WebSocketConstructor, WebSocketLike } from './transport/relay/websocket.js';
export {
  type RelayEndpoint,
  type RelayOptions,
  type RelayStatus,
  type RelayTransport,
  relay,
  type Ticket,
} from './transport/relay.js';
