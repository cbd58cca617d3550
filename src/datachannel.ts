/**
 * Data channels (RFC 8831, RFC 8832) over any association.
 * @module usrsctp-wasm/datachannel
 */

export {
  DataChannel,
  type DataChannelEvents,
} from './datachannel/channel.js';
export type { DataChannelState } from './datachannel/channel-core.js';
export {
  DataChannelEvent,
  DataChannels,
  type DataChannelsEvents,
  type DataChannelsOptions,
  RefusedEvent,
} from './datachannel/channels.js';
export {
  DataChannelErrorEvent,
  DataChannelMessageEvent,
  type Handler,
  type Listener,
  type ListenerOptions,
} from './datachannel/events.js';
export type { DataChannelInit, DataChannelPriority } from './datachannel/init.js';
export type { DataChannelData, DataChannelSendable } from './datachannel/payload.js';
export {
  type ConnectDataChannelsOptions,
  connectDataChannels,
  type DataChannelSocketOptions,
  dataChannelSocket,
} from './datachannel/socket.js';
export type { DataChannelRole } from './datachannel/stream-ids.js';
