import type { Address } from '../address.js';
import { checkType } from '../arguments.js';
import { type ErrorCode, SctpError } from '../errors.js';
import { checkPackets, type Packet } from '../packet.js';
import { checkHost } from '../transport/host.js';
import type { Route, Transport, TransportHost } from '../transport/transport.js';
import { completePacket } from '../wire/crc32c.js';
import type { Station } from './station.js';

/** One host's access to the simulated network, for the lifetime of one stack. */
export class SimulatedTransport implements Transport {
  readonly mtu: number;
  /** Packets are objects in memory; what a link corrupts has its checksum by then. */
  readonly integrity = true;
  readonly encapsulationPort?: number;
  readonly #station: Station;
  #state: 'new' | 'open' | 'closed' = 'new';
  #host: TransportHost | undefined;

  constructor(station: Station) {
    const { encapsulationPort } = station.options;
    this.#station = station;
    this.mtu = station.mtu;
    if (encapsulationPort !== undefined) this.encapsulationPort = encapsulationPort;
  }

  get addresses(): readonly Address[] {
    return this.#state === 'closed' ? [] : this.#station.addresses;
  }

  get isListening(): boolean {
    return this.#host !== undefined;
  }

  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    const { name } = this.#station;
    const details = { syscall: 'start' };
    if (this.#state === 'open') throw new SctpError('EALREADY', `the transport of ${name} has started`, details);
    if (this.#state === 'closed') {
      throw new SctpError('ENETDOWN', `the transport of ${name} has ended: take the one it has now`, details);
    }
    this.#state = 'open';
    this.#host = host;
  }

  route(destination: Address): Route | undefined {
    checkType(destination, 'string', 'the destination', 'route');
    return this.#host && this.#station.route(destination);
  }

  interfaceOf(address: Address): string | undefined {
    checkType(address, 'string', 'the address', 'interfaceOf');
    return this.#station.interfaceOf(address);
  }

  send(packets: readonly Packet[]): void {
    checkPackets(packets);
    for (const packet of packets) if (this.#host !== undefined) this.#station.send(packet);
  }

  async close(): Promise<void> {
    this.die();
  }

  /** Ends it without a word. */
  die(): void {
    this.#state = 'closed';
    this.#host = undefined;
  }

  /** True: nobody was woken. */
  receive(packets: readonly Packet[]): boolean {
    const host = this.#host;
    if (!host?.takesZeroChecksum) for (const { bytes } of packets) completePacket(bytes);
    host?.receive(packets);
    return host?.isQuiet === true;
  }

  unreachable(destination: Address, code: ErrorCode): void {
    this.#host?.unreachable(destination, code);
  }

  changed(): void {
    this.#host?.changed();
  }
}
