import { CONN } from '../address.js';
import { checkObject, checkOptions, isArrayBuffer, isBytes, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { Names } from '../nearest-name.js';
import { checkPackets, type Packet } from '../packet.js';
import { checkHost } from './host.js';
import type { Transport, TransportHost } from './transport.js';

/**
 * An object that carries packets as a DTLS transport does. Objects with a `send` and an `onmessage`, such as a WebSocket or
 * an RTCDataChannel, are such paths.
 */
export interface ConnPath {
  /** Carries one SCTP packet to the other end. If it throws, or returns a promise that rejects, the packet is lost. */
  send(packet: Uint8Array): unknown;
  /**
   * Is set by the stack, to a function for each packet that arrives: a Uint8Array, an ArrayBuffer, or an event whose `data`
   * is one of these. Anything else is ignored. Set to null when the stack is closed.
   */
  onmessage: ((message: never) => unknown) | null | undefined;
}

/** Options of {@link conn}: either `onConnOutput` or `path`. */
export interface ConnOptions {
  /**
   * Carries one SCTP packet to the other end, for example over a DTLS connection. Like a network, it may drop packets.
   * `trafficClass` is the octet that an IP header would have. You pass packets that arrive to `connInput`.
   */
  readonly onConnOutput?: (packet: Uint8Array, trafficClass: number) => void;
  /** An object that carries the packets in both directions, instead of `onConnOutput` and `connInput`. */
  readonly path?: ConnPath;
  /** The largest SCTP packet in bytes. 1200 by default, as RFC 8831 §5 recommends if nothing is known. */
  readonly mtu?: number;
  /**
   * `false` means that the path guarantees integrity, so that checksums are neither computed nor verified. The other end must
   * do the same; browsers verify checksums. `'negotiated'` means that the path is DTLS, and that packets have no checksum if
   * the other end agrees (RFC 9653): usrsctp 0.9.5.0 can't do that and computes checksums, upstream's main can. True by
   * default.
   */
  readonly checksum?: boolean | 'negotiated';
}

/** The transport of a stack that has one path, which the program provides, instead of IP. Both ends have the address `conn`. */
export interface Conn extends Transport {
  /**
   * Passes a packet that has arrived to the stack. Its bytes may be reused when this returns. The low two bits of `trafficClass`
   * are the ECN field. Throws TypeError unless `packet` is a Uint8Array, RangeError unless `trafficClass` is an octet. The
   * contents of the packet never make it throw.
   */
  connInput(packet: Uint8Array, trafficClass?: number): void;
}

const CONN_OPTIONS: Names<ConnOptions> = { onConnOutput: true, path: true, mtu: true, checksum: true };

/** usrsctp's smallest and largest path MTU (sctp_constants.h). The smallest doesn't include SCTP's common header here. */
const LEAST_MTU = 512 + 12;
const LARGEST_MTU = 65_536;

/**
 * A transport over a path that the program provides: usrsctp's AF_CONN.
 *
 * ```ts
 * const stack = await Stack.create({ transport: conn({ path: dtls }) });
 * const end = { address: 'conn', port: 5000 };
 * const association = await stack.socket().connect(end, { local: [end] }); // both ends may connect at the same time
 * ```
 *
 * `dtls` has a `send` and an `onmessage`. Anything else is joined by two functions: what `conn({ onConnOutput })` calls sends a
 * packet, and `connInput` of the transport receives one.
 *
 * Throws EINVAL if the MTU is out of range, TypeError unless there is either `onConnOutput` or `path`.
 */
export function conn(options: ConnOptions): Conn {
  checkOptions(options, CONN_OPTIONS, 'conn');
  const { onConnOutput, path, mtu = 1200, checksum = true } = options;
  if (path !== undefined) checkPath(path);
  if ((path === undefined) === (onConnOutput === undefined))
    throw new TypeError('conn: give either onConnOutput or path');
  if (!path && typeof onConnOutput !== 'function') throw new TypeError('conn: onConnOutput must be a function');
  if (typeof checksum !== 'boolean' && checksum !== 'negotiated') {
    throw new TypeError(`conn: checksum must be true, false or 'negotiated', not ${shown(checksum)}`);
  }
  if (!Number.isInteger(mtu) || mtu < LEAST_MTU || mtu > LARGEST_MTU) {
    throw new SctpError('EINVAL', `conn: mtu must be ${LEAST_MTU} to ${LARGEST_MTU}, not ${shown(mtu)}`);
  }
  return new ConnTransport(onConnOutput ?? outputOf(path), mtu, checksum, path);
}

function checkPath(path: ConnPath): void {
  checkObject(path, 'the path', 'conn');
  if (typeof path.send !== 'function') throw new TypeError('conn: the path must have a method send');
}

function outputOf(path: ConnPath | undefined): (packet: Uint8Array) => void {
  return (packet) => {
    try {
      const sent = path?.send(packet);
      if (sent instanceof Promise) sent.catch(() => undefined);
    } catch {} // a lost packet, which SCTP sends again
  };
}

/** The packet in what a path passes to `onmessage`. */
function packetIn(message: unknown): Uint8Array | undefined {
  if (isBytes(message)) return message;
  if (isArrayBuffer(message)) return new Uint8Array(message);
  const data = typeof message === 'object' && message !== null && 'data' in message ? message.data : undefined;
  return isBytes(data) ? data : isArrayBuffer(data) ? new Uint8Array(data) : undefined;
}

class ConnTransport implements Conn {
  readonly mtu: number;
  readonly integrity: boolean;
  readonly zeroChecksum: boolean;
  readonly #output: NonNullable<ConnOptions['onConnOutput']>;
  readonly #path: ConnPath | undefined;
  #host: TransportHost | undefined;
  #isSending = false;

  constructor(
    output: NonNullable<ConnOptions['onConnOutput']>,
    mtu: number,
    checksum: boolean | 'negotiated',
    path: ConnPath | undefined,
  ) {
    this.#output = output;
    this.#path = path;
    this.mtu = mtu;
    this.integrity = !checksum;
    this.zeroChecksum = checksum === 'negotiated';
  }

  get addresses(): readonly string[] {
    return this.#host ? [CONN] : [];
  }

  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    if (this.#host) throw new SctpError('EALREADY', 'conn: the transport is already in use: create one for each stack');
    this.#host = host;
    const path = this.#path;
    if (!path) return;
    if ('binaryType' in path) path.binaryType = 'arraybuffer'; // a WebSocket or an RTCDataChannel may receive Blobs
    path.onmessage = (message: unknown) => {
      const packet = packetIn(message);
      if (packet) this.connInput(packet);
    };
  }

  /** If `onConnOutput` calls `connInput` at once, as between two stacks in a process, that packet is received in a microtask. */
  send(packets: readonly Packet[]): void {
    checkPackets(packets);
    this.#isSending = true;
    for (const { bytes, trafficClass } of packets) this.#carry(bytes, trafficClass);
    this.#isSending = false;
  }

  connInput(packet: Uint8Array, trafficClass = 0): void {
    if (!isBytes(packet)) throw new TypeError('connInput: the packet must be a Uint8Array');
    if (!Number.isInteger(trafficClass) || trafficClass < 0 || trafficClass > 255) {
      throw new RangeError(`connInput: the traffic class must be an octet, not ${shown(trafficClass)}`);
    }
    if (!this.#isSending) return this.#receive(packet, trafficClass);
    const copy = packet.slice();
    queueMicrotask(() => this.#receive(copy, trafficClass));
  }

  async close(): Promise<void> {
    this.#host = undefined;
    if (this.#path) this.#path.onmessage = null;
  }

  #receive(bytes: Uint8Array, trafficClass: number): void {
    this.#host?.receive([{ source: CONN, destination: CONN, port: 0, trafficClass, bytes }]);
  }

  #carry(bytes: Uint8Array, trafficClass: number): void {
    try {
      this.#output(bytes, trafficClass);
    } catch (error) {
      queueMicrotask(() => {
        throw error; // an error of the program must not reach the stack
      });
    }
  }
}
