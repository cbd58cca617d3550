import type { Address } from '../address.js';
import { checkType } from '../arguments.js';
import { type ErrorCode, SctpError } from '../errors.js';
import { checkPackets, type Packet } from '../packet.js';
import { checkHost } from '../transport/host.js';
import type { Route, Transport, TransportHost } from '../transport/transport.js';
import { completePacket } from '../wire/crc32c.js';

/** What a transport needs of the simulated host that it belongs to. */
export interface TransportOwner {
  readonly name: string;
  readonly addresses: readonly Address[];
  readonly mtu: number;
  /** 0 if the host does not encapsulate SCTP in UDP. */
  readonly encapsulationPort: number;
  route(destination: Address): Route | undefined;
  interfaceOf(address: Address): string | undefined;
  send(packet: Packet): void;
}

/** A host's access to the simulated network, for the lifetime of one stack. */
export class SimulatedTransport implements Transport {
  readonly mtu: number;
  /** Packets stay in memory. A link completes the checksum of a packet before it corrupts it. */
  readonly integrity = true;
  readonly encapsulationPort?: number;
  readonly #owner: TransportOwner;
  #state: 'new' | 'open' | 'closed' = 'new';
  #host: TransportHost | undefined;

  constructor(owner: TransportOwner) {
    this.#owner = owner;
    this.mtu = owner.mtu;
    if (owner.encapsulationPort !== 0) this.encapsulationPort = owner.encapsulationPort;
  }

  get addresses(): readonly Address[] {
    return this.#state === 'closed' ? [] : this.#owner.addresses;
  }

  get isListening(): boolean {
    return this.#host !== undefined;
  }

  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    const { name } = this.#owner;
    const details = { syscall: 'start' };
    if (this.#state === 'open') {
      throw new SctpError('EALREADY', `the transport of ${name} has already been started`, details);
    }
    if (this.#state === 'closed') {
      throw new SctpError('ENETDOWN', `this transport of ${name} is closed: use \`host.transport\``, details);
    }
    this.#state = 'open';
    this.#host = host;
  }

  route(destination: Address): Route | undefined {
    checkType(destination, 'string', 'the destination', 'route');
    return this.#host && this.#owner.route(destination);
  }

  interfaceOf(address: Address): string | undefined {
    checkType(address, 'string', 'the address', 'interfaceOf');
    return this.#owner.interfaceOf(address);
  }

  send(packets: readonly Packet[]): void {
    checkPackets(packets);
    for (const packet of packets) if (this.#host !== undefined) this.#owner.send(packet);
  }

  async close(): Promise<void> {
    this.stop();
  }

  /** Closes it without telling anybody. */
  stop(): void {
    this.#state = 'closed';
    this.#host = undefined;
  }

  /** Returns true if nothing that waits was woken. */
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
