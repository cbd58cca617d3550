import { familyOf } from '../address.js';
import type { Packet } from '../packet.js';
import type { Transport } from '../transport/transport.js';
import { checkBytes, checkEqual } from './check.js';
import { RecordingHost } from './recording-host.js';

/** On a machine that is busy, `settle` may end before the runtime has read what has arrived. */
const MOST_SETTLES = 20;

/** Two transports on one network that loses and changes nothing. They aren't started yet. */
export interface TransportPair {
  /** One of the two transports. */
  readonly left: Transport;
  /** The other transport. */
  readonly right: Transport;
  /** The UDP port of a started transport; 0 if its packets aren't encapsulated. */
  port(transport: Transport): number;
  /** Resolves when all packets have arrived that will. If time is virtual, this moves it. */
  settle(): Promise<void>;
  /** Releases what the transports were made from. They are closed by then. */
  dispose?(): Promise<void>;
}

/** A pair of transports, and hosts that record what they receive. */
export class ContractBench {
  readonly left: Transport;
  readonly right: Transport;
  readonly toLeft: RecordingHost = new RecordingHost();
  readonly toRight: RecordingHost = new RecordingHost();
  readonly #pair: TransportPair;

  constructor(pair: TransportPair) {
    this.#pair = pair;
    this.left = pair.left;
    this.right = pair.right;
  }

  get leftPort(): number {
    return this.#pair.port(this.left);
  }

  get rightPort(): number {
    return this.#pair.port(this.right);
  }

  async start(): Promise<void> {
    await this.left.start(this.toLeft);
    await this.right.start(this.toRight);
  }

  settle(): Promise<void> {
    return this.#pair.settle();
  }

  /** Settles, and again while fewer packets have arrived than expected. */
  async settleUntil(host: RecordingHost, expected: number): Promise<void> {
    for (let settles = 0; settles === 0 || host.packets.length < expected; settles++) {
      if (settles === MOST_SETTLES) return;
      await this.settle();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.left.close(), this.right.close()]);
    await this.#pair.dispose?.();
  }

  /** A packet from left to right, by the route of the left transport. */
  packet(bytes: Uint8Array): Packet {
    const { left, right } = this;
    const destination = right.addresses.find((address) => left.route?.(address)) ?? right.addresses[0] ?? '';
    const ofFamily = left.addresses.find((address) => familyOf(address) === familyOf(destination));
    const source = left.route?.(destination)?.source ?? ofFamily ?? '';
    return { source, destination, port: this.rightPort, trafficClass: 0, bytes };
  }

  /** Settles, and checks that exactly these payloads have arrived at the right, in this order. */
  async checkArrived(expected: readonly Uint8Array[], what: string): Promise<void> {
    await this.settleUntil(this.toRight, expected.length);
    const { packets } = this.toRight;
    checkEqual(packets.length, expected.length, `${what}: packets that arrived`);
    for (const [index, bytes] of expected.entries()) checkBytes(packets[index]?.bytes, bytes, `${what}: no. ${index}`);
  }
}
