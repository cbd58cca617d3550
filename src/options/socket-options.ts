import type { AddressFamily } from '../address.js';
import { checkOptions, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { Names } from '../nearest-name.js';
import type { StreamCounts } from '../stack/socket/notification.js';

/** The options of a new socket. */
export interface SocketOptions {
  /**
   * `one-to-one`: one association per socket, as in TCP; a listening socket makes a new one for each association that
   * it accepts. `one-to-many`: many associations share the socket. If you don't receive the messages of one of them,
   * its receive window closes; the others are not affected.
   */
  readonly style?: 'one-to-one' | 'one-to-many';
  /** The family of the addresses that it can use. Default `any`. */
  readonly family?: 'IPv4' | 'IPv6' | 'any';
  /** How many outbound streams to request, and how many inbound streams to allow. Default 10 and 2048. */
  readonly streams?: Partial<StreamCounts>;
  /**
   * Which requests of RFC 6525 peers are granted. `nothing`: none. `streams`: resets of streams. `association`: also
   * resets of the association and additions of streams, which usrsctp can't tell apart. Default `streams`.
   */
  readonly peerMayReset?: 'nothing' | 'streams' | 'association';
  /**
   * The send buffer: how many bytes may wait to be sent or acknowledged. No more than this, or the peer's receive
   * window, is sent per round trip. By default it grows with the path: from 262,144 bytes to two congestion windows, up
   * to 4 MB, as long as all buffers of the stack have grown by no more than 64 MB. If round trips take less than 2 ms,
   * it grows only for messages of 512 bytes or more, and up to 1 MB. A size that you set is fixed. On a one-to-many
   * socket it is the limit for each association; reading the option returns the initial size.
   */
  readonly sendBufferBytes?: number;
  /**
   * The receive buffer, and so the receive window, in bytes. By default it grows with the path, too: from 262,144 bytes
   * to twice the bytes received in a round trip, up to 4 MB. Short round trips limit it as they do the send buffer. A
   * size that you set is fixed.
   */
  readonly receiveBufferBytes?: number;
  /** Sends small messages at once instead of collecting them (no Nagle algorithm). Default true. */
  readonly noDelay?: boolean;
  /**
   * How many bytes of messages are read before you receive them; each message counts 128 more than its length. Other
   * messages stay in the receive buffer. When a one-to-many socket has read that many, all associations with unreceived
   * messages get equal shares, and each is read until it has its share: with n of them, less than twice
   * `readAheadBytes` × (1 + 1/2 + … + 1/n), and a message of each, is read ahead in total. Default 65,536.
   */
  readonly readAheadBytes?: number;
  /**
   * How many bytes of messages may wait for room in the send buffer. If there are more, `send` rejects with ENOBUFS.
   * Default 16 MB.
   */
  readonly sendQueueBytes?: number;
  /** The largest message that can be received, in bytes. A larger one aborts its association. Default 64 MB. */
  readonly maxMessageBytes?: number;
}

const SOCKET_OPTIONS: Names<SocketOptions> = {
  style: true,
  family: true,
  streams: true,
  peerMayReset: true,
  sendBufferBytes: true,
  receiveBufferBytes: true,
  noDelay: true,
  readAheadBytes: true,
  sendQueueBytes: true,
  maxMessageBytes: true,
};
const STREAM_COUNTS: Names<StreamCounts> = { inbound: true, outbound: true };

/** The options with their defaults. */
export interface SocketConfig {
  readonly style: 'one-to-one' | 'one-to-many';
  readonly family: AddressFamily | 'any';
  /** The largest SCTP packet in bytes, over `conn()`. */
  readonly connMtu: number | undefined;
  /** Offers to leave checksums out (RFC 9653), over `conn()`. */
  readonly zeroChecksum: boolean;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly peerMayReset: 'nothing' | 'streams' | 'association';
  /** undefined: the size follows the path. */
  readonly sendBufferBytes: number | undefined;
  readonly receiveBufferBytes: number | undefined;
  readonly noDelay: boolean;
  readonly readAheadBytes: number;
  readonly sendQueueBytes: number;
  readonly maxMessageBytes: number;
}

const MB = 1024 * 1024;

/** Checks options that a caller gave, and adds the defaults. `conn`: the transport is `conn()`. */
export function socketConfig(
  options: SocketOptions,
  conn?: { readonly mtu: number; readonly zeroChecksum: boolean },
): SocketConfig {
  checkOptions(options, SOCKET_OPTIONS, 'socket');
  checkOptions(options.streams ?? {}, STREAM_COUNTS, 'socket: streams');
  const { style = 'one-to-one', family = 'any', streams = {}, noDelay = true, peerMayReset = 'streams' } = options;
  oneOf('style', style, ['one-to-one', 'one-to-many']);
  oneOf('family', family, ['any', 'IPv4', 'IPv6']);
  oneOf('peerMayReset', peerMayReset, ['nothing', 'streams', 'association']);
  return {
    style,
    family: conn ? 'conn' : family,
    connMtu: conn?.mtu,
    zeroChecksum: conn?.zeroChecksum === true,
    outboundStreams: within('streams.outbound', streams.outbound ?? 10, 1, 65_535),
    inboundStreams: within('streams.inbound', streams.inbound ?? 2048, 1, 65_535),
    peerMayReset,
    sendBufferBytes: bufferSize('sendBufferBytes', options.sendBufferBytes),
    receiveBufferBytes: bufferSize('receiveBufferBytes', options.receiveBufferBytes),
    noDelay,
    readAheadBytes: within('readAheadBytes', options.readAheadBytes ?? 65_536, 1, Number.MAX_SAFE_INTEGER),
    sendQueueBytes: within('sendQueueBytes', options.sendQueueBytes ?? 16 * MB, 1, Number.MAX_SAFE_INTEGER),
    maxMessageBytes: within('maxMessageBytes', options.maxMessageBytes ?? 64 * MB, 1, 512 * MB),
  };
}

/** The value of an option that is a C int. */
export function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.includes(value as string)) return;
  throw new SctpError('EINVAL', `socket: ${name} must be one of ${allowed.join(', ')}, not ${shown(value)}`, {
    syscall: 'socket',
  });
}

function bufferSize(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : within(name, value, 4096, 64 * MB);
}

function within(name: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw new SctpError('EINVAL', `socket: ${name} must be ${least} to ${most}, not ${shown(value)}`, {
    syscall: 'socket',
  });
}
