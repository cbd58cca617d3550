import { CONN } from '../address.js';
import { checkObject } from '../arguments.js';
import type { SocketOptions } from '../options/socket-options.js';
import type { Socket } from '../socket/socket.js';
import type { Stack } from '../socket/stack.js';
import type { WaitOptions } from '../wait.js';
import { DataChannels, type DataChannelsOptions } from './channels.js';

/** Options of {@link dataChannelSocket}. */
export interface DataChannelSocketOptions extends SocketOptions {
  /** Offers I-DATA (RFC 8260). Both ends must have it. Default true. */
  readonly interleaving?: boolean;
}

/** Options of {@link connectDataChannels}. */
export interface ConnectDataChannelsOptions extends DataChannelsOptions, WaitOptions {
  /** The SCTP port of both ends: `a=sctp-port` in SDP (RFC 8841 §5). Default 5000. */
  readonly port?: number;
  /** Further options of the socket. */
  readonly socket?: DataChannelSocketOptions;
}

/** Ids up to 1023 need no further streams at this end. The peer may have as many streams as browsers use. */
const STREAMS = { outbound: 1024, inbound: 2048 };

/**
 * Makes a socket for associations that carry data channels: it has 1024 outbound streams, and lets the peer reset and add
 * streams, and offers I-DATA (RFC 8260), so that a large message doesn't block those of other channels. `options` override
 * these. Throws as `stack.socket` does.
 */
export function dataChannelSocket(stack: Stack, options: DataChannelSocketOptions = {}): Socket {
  checkObject(options, 'the options', 'dataChannelSocket');
  const { interleaving = true, streams, ...others } = options;
  const socket = stack.socket({ peerMayReset: 'association', ...others, streams: { ...STREAMS, ...streams } });
  if (interleaving) socket.setOption('interleaving', true);
  return socket;
}

/**
 * Sets up an association over `conn()` and returns its data channels. Both ends call it, in any order, as in WebRTC.
 * Rejects as `socket.connect` does. Close the stack when you are done.
 */
export async function connectDataChannels(stack: Stack, options: ConnectDataChannelsOptions): Promise<DataChannels> {
  checkObject(options, 'the options', 'connectDataChannels');
  const { port = 5000, socket, signal, timeoutMs, ...others } = options;
  const wait = { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) };
  const end = { address: CONN, port };
  const association = await dataChannelSocket(stack, socket).connect(end, { local: [end], ...wait });
  return new DataChannels(association, others);
}
