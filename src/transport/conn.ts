import { CONN } from '../address.js';
import { checkOptions, isBytes, shown } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { Names } from '../nearest-name.js';
import { checkPackets, type Packet } from '../packet.js';
import { checkHost } from './host.js';
import type { Transport, TransportHost } from './transport.js';

/** Options of {@link conn}. */
export interface ConnOptions {
  /**
   * Carries one SCTP packet to the other end, for example over a DTLS connection. Like a network, it may drop packets.
   * `trafficClass` is the octet that an IP header would have.
   */
  readonly onConnOutput: (packet: Uint8Array, trafficClass: number) => void;
  /** The largest SCTP packet in bytes. 1200 by default, as RFC 8831 §5 recommends if nothing is known. */
  readonly mtu?: number;
  /**
   * `false` means that the path guarantees integrity, so that checksums are neither computed nor verified. The other end must
   * do the same; browsers verify checksums. True by default.
   */
  readonly checksum?: boolean;
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

const CONN_OPTIONS: Names<ConnOptions> = { onConnOutput: true, mtu: true, checksum: true };

/** usrsctp's smallest and largest path MTU (sctp_constants.h). The smallest doesn't include SCTP's common header here. */
const LEAST_MTU = 512 + 12;
const LARGEST_MTU = 65_536;

/**
 * A transport over a path that the program provides: usrsctp's AF_CONN.
 *
 * ```ts
 * const path = conn({ onConnOutput: (packet) => dtls.send(packet) });
 * dtls.onmessage = (packet) => path.connInput(packet);
 * const stack = await Stack.create({ transport: path });
 * const end = { address: 'conn', port: 5000 };
 * const association = await stack.socket().connect(end, { local: [end] }); // both ends may connect at the same time
 * ```
 *
 * Throws EINVAL if the MTU is out of range, TypeError if `onConnOutput` is missing.
 */
export function conn(options: ConnOptions): Conn {
  checkOptions(options, CONN_OPTIONS, 'conn');
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
    if (this.#host) throw new SctpError('EALREADY', 'conn: the transport is already in use: create one for each stack');
    this.#host = host;
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
