import { CONN } from '../address.js';
import { checkObject, isBytes, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import { checkPackets, type Packet } from '../packet.js';
import { checkHost } from './host.js';
import type { Transport, TransportHost } from './transport.js';

/** How packets go over a path of one's own. */
export interface ConnOptions {
  /**
   * Carries one SCTP packet to the other end, as a DTLS connection does. Like a network, it may drop packets. The octet
   * is the traffic class that an IP header would have.
   */
  readonly onConnOutput: (packet: Uint8Array, trafficClass: number) => void;
  /** The largest SCTP packet in bytes. Default 1200, as RFC 8831 §5 has it where nothing is known. */
  readonly mtu?: number;
  /**
   * `false`: the path guarantees integrity, so checksums are neither computed nor verified. Only where the other end does
   * the same: browsers verify them. Default true.
   */
  readonly checksum?: boolean;
}

/** The network of a stack that has one path of its user's own, and no IP: both ends of it have the address `conn`. */
export interface Conn extends Transport {
  /**
   * A packet has come. Its bytes may be used again when this returns; the low bits of the octet are its ECN field. Throws
   * TypeError for what is no Uint8Array, RangeError for what is no octet; whatever is in the packet does no harm.
   */
  connInput(packet: Uint8Array, trafficClass?: number): void;
}

/** usrsctp's least and largest path MTU (sctp_constants.h), which don't count SCTP's common header here. */
const LEAST_MTU = 512 + 12;
const LARGEST_MTU = 65_536;

/**
 * A path of one's own for a stack: what usrsctp calls AF_CONN.
 *
 * ```ts
 * const path = conn({ onConnOutput: (packet) => dtls.send(packet) });
 * dtls.onmessage = (packet) => path.connInput(packet);
 * const stack = await Stack.create({ transport: path });
 * const end = { address: 'conn', port: 5000 };
 * const association = await stack.socket().connect(end, { local: [end] }); // both ends may do so at once
 * ```
 *
 * Throws EINVAL for an MTU that can't be, TypeError without onConnOutput.
 */
export function conn(options: ConnOptions): Conn {
  checkObject(options, 'the options', 'conn');
  const { onConnOutput, mtu = 1200, checksum = true } = options;
  if (typeof onConnOutput !== 'function') throw new TypeError('conn: onConnOutput must be a function');
  if (!Number.isInteger(mtu) || mtu < LEAST_MTU || mtu > LARGEST_MTU) {
    throw new SctpError('EINVAL', `conn: mtu must be ${LEAST_MTU} to ${LARGEST_MTU}, not ${shown(mtu)}`);
  }
  return new ConnTransport(onConnOutput, mtu, !checksum);
}

class ConnTransport implements Conn {
  readonly mtu: number;
  readonly integrity: boolean;
  readonly #output: ConnOptions['onConnOutput'];
  #host: TransportHost | undefined;
  #isSending = false;

  constructor(output: ConnOptions['onConnOutput'], mtu: number, integrity: boolean) {
    this.#output = output;
    this.mtu = mtu;
    this.integrity = integrity;
  }

  get addresses(): readonly string[] {
    return this.#host ? [CONN] : [];
  }

  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    if (this.#host) throw new SctpError('EALREADY', 'conn: the path serves a stack already: make another one');
    this.#host = host;
  }

  /** What is sent may be answered at once, as where two stacks are joined: that comes in a turn of its own. */
  send(packets: readonly Packet[]): void {
    checkPackets(packets);
    this.#isSending = true;
    for (const { bytes, trafficClass } of packets) this.#carry(bytes, trafficClass);
    this.#isSending = false;
  }

  connInput(packet: Uint8Array, trafficClass = 0): void {
    if (!isBytes(packet)) throw new TypeError('connInput: a packet is a Uint8Array');
    if (!Number.isInteger(trafficClass) || trafficClass < 0 || trafficClass > 255) {
      throw new RangeError(`connInput: the traffic class is an octet, not ${shown(trafficClass)}`);
    }
    if (!this.#isSending) return this.#receive(packet, trafficClass);
    const copy = packet.slice();
    queueMicrotask(() => this.#receive(copy, trafficClass));
  }

  async close(): Promise<void> {
    this.#host = undefined;
  }

  #receive(bytes: Uint8Array, trafficClass: number): void {
    this.#host?.receive([{ source: CONN, destination: CONN, port: 0, trafficClass, bytes }]);
  }

  #carry(bytes: Uint8Array, trafficClass: number): void {
    try {
      this.#output(bytes, trafficClass);
    } catch (error) {
      queueMicrotask(() => {
        throw error; // the program's, not the stack's
      });
    }
  }
}
