import type { AddressFamily } from '../address.js';
import { checkObject, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { StreamCounts } from '../stack/socket/notification.js';

/** How a socket is made. */
export interface SocketOptions {
  /**
   * `one-to-one`: one association a socket, like TCP; a listening one makes a socket for each it accepts.
   * `one-to-many`: all its associations share one socket. If you don't receive the messages of one of them, its receive window
   * closes, and the others go on.
   */
  readonly style?: 'one-to-one' | 'one-to-many';
  /** Which addresses it can use. Default `any`. */
  readonly family?: 'IPv4' | 'IPv6' | 'any';
  /** How many streams to ask for, and how many to allow. Default 10 outbound, 2048 inbound. */
  readonly streams?: Partial<StreamCounts>;
  /**
   * What of RFC 6525 peers are granted. `nothing`: no request. `streams`: that streams are reset. `association`: also that
   * the association is reset, and streams are added, which usrsctp can't tell apart. Default `streams`.
   */
  readonly peerMayReset?: 'nothing' | 'streams' | 'association';
  /**
   * What may wait to be sent or acknowledged; no more than this, and than the peer's receive window, gets through per round
   * trip. By default it follows the path: 262,144, and where round trips are longer than 2 ms two congestion windows, up to
   * 4 MB, as long as all buffers of the stack have grown by no more than 64 MB. What is given here stays. On a one-to-many
   * socket it is a limit for each association; what the option reads as is what each begins with.
   */
  readonly sendBufferBytes?: number;
  /**
   * The receive window. By default it follows the path, too: 262,144, and twice what is received in a round trip, up to
   * 4 MB. What is given here stays.
   */
  readonly receiveBufferBytes?: number;
  /** Sends small messages at once in place of gathering them (no Nagle). Default true. */
  readonly noDelay?: boolean;
  /**
   * Bytes of messages that are read ahead of receive(), where each counts 128 more than it has; the rest stays in the
   * receive buffer. When a one-to-many socket has read that many, all associations with unreceived messages get the same
   * share of it, and each is read on until it has its share: with n of them, less than twice
   * `readAheadBytes` × (1 + 1/2 + … + 1/n) is read ahead in all, and a message of each. Default 65,536.
   */
  readonly readAheadBytes?: number;
  /** Bytes of messages that may wait for room in the send buffer; more is ENOBUFS. Default 16 MB. */
  readonly sendQueueBytes?: number;
  /** The largest message that is received; an association with a larger one is aborted. Default 64 MB. */
  readonly maxMessageBytes?: number;
}

/** The options with their defaults. */
export interface SocketConfig {
  readonly style: 'one-to-one' | 'one-to-many';
  readonly family: AddressFamily | 'any';
  /** The largest SCTP packet in bytes, on a path that isn't IP's. */
  readonly connMtu: number | undefined;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly peerMayReset: 'nothing' | 'streams' | 'association';
  /** undefined: it follows the path. */
  readonly sendBufferBytes: number | undefined;
  readonly receiveBufferBytes: number | undefined;
  readonly noDelay: boolean;
  readonly readAheadBytes: number;
  readonly sendQueueBytes: number;
  readonly maxMessageBytes: number;
}

const MB = 1024 * 1024;

/** `conn`: the stack stands on a user's own path. */
export function socketConfig(options: SocketOptions, conn?: { readonly mtu: number }): SocketConfig {
  checkObject(options, 'the options', 'socket');
  checkObject(options.streams ?? {}, 'streams', 'socket');
  const { style = 'one-to-one', family = 'any', streams = {}, noDelay = true, peerMayReset = 'streams' } = options;
  oneOf('style', style, ['one-to-one', 'one-to-many']);
  oneOf('family', family, ['any', 'IPv4', 'IPv6']);
  oneOf('peerMayReset', peerMayReset, ['nothing', 'streams', 'association']);
  return {
    style,
    family: conn ? 'conn' : family,
    connMtu: conn?.mtu,
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

/** A C int as an option's value. */
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
