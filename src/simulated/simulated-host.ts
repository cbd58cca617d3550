import { type Address, canonicalAddress } from '../address.js';
import { type ErrorCode, SctpError } from '../errors.js';
import type { Packet } from '../packet.js';
import type { Random } from '../random.js';
import { ETHERNET_MTU, probedSizes } from '../transport/path-mtu.js';
import type { Route, Transport } from '../transport/transport.js';
import type { HostOptions } from './host.js';
import { type NetworkClock, NOBODY_WOKEN } from './network-clock.js';
import type { PacketOutcome } from './outcome.js';
import type { NetworkHost, PacketInTransit } from './packet-in-transit.js';
import type { SeededRandom } from './seeded-random.js';
import { closestSubnet, parseSubnet, type Subnet } from './subnet.js';
import { SimulatedTransport } from './transport.js';

/** What a host needs of the network that it is in. */
export interface HostNetwork {
  readonly clock: NetworkClock;
  transmit(from: NetworkHost, packet: Packet): void;
  /** Registers an address for a host. Throws EADDRINUSE if another host has it. */
  claim(host: NetworkHost, address: Address): void;
  release(address: Address): void;
  /** Reports what happened to a packet at its destination. */
  arrived(transit: PacketInTransit, outcome: PacketOutcome): void;
  /** Whether a partition stops a packet that arrives now. */
  isCut(transit: PacketInTransit): boolean;
  /** Whether filters see each packet: a filter may wake any code that waits. */
  readonly hasFilters: boolean;
}

/** Packets that arrive at the same time. */
interface Batch {
  readonly timeMs: number;
  readonly packets: PacketInTransit[];
}

export class SimulatedHost implements NetworkHost {
  readonly name: string;
  readonly random: Random;
  readonly mtu: number;
  readonly encapsulationPort: number;
  readonly #options: HostOptions;
  readonly #network: HostNetwork;
  /** Every address that the host has had, so that one that is restored keeps its prefix length. */
  readonly #configured = new Map<Address, Subnet>();
  #up: readonly Subnet[] = [];
  #addresses: readonly Address[] = [];
  #transport: SimulatedTransport;
  #isOn = true;
  /** Packets on their way here, by their time of arrival. Those that arrive at the same time are received as one batch. */
  readonly #arriving: Batch[] = [];

  constructor(
    name: string,
    addresses: readonly string[],
    options: HostOptions,
    network: HostNetwork,
    random: SeededRandom,
  ) {
    const { mtu = ETHERNET_MTU, encapsulationPort = 0 } = options;
    this.name = name;
    this.mtu = mtu;
    this.encapsulationPort = encapsulationPort;
    this.random = (bytes) => void random.fill(bytes);
    this.#options = options;
    this.#network = network;
    this.#transport = new SimulatedTransport(this);
    for (const address of addresses) this.#add(address);
  }

  get transport(): Transport {
    return this.#transport;
  }

  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  addressDown(text: string): void {
    const address = canonicalAddress(text, 'addressDown');
    if (!this.#addresses.includes(address)) throw noAddress(address, this.name);
    this.#network.release(address);
    this.#setUp(this.#up.filter((subnet) => subnet.address !== address));
    this.#transport.changed();
  }

  addressUp(text: string): void {
    this.#add(text);
    this.#transport.changed();
  }

  crash(): void {
    this.#isOn = false;
    this.#transport.stop();
  }

  restart(): void {
    this.#transport.stop();
    this.#isOn = true;
    this.#transport = new SimulatedTransport(this);
  }

  route(destination: Address): Route | undefined {
    if (this.#options.route !== undefined) return this.#options.route(destination);
    const subnet = closestSubnet(this.#up, destination);
    return subnet && { source: subnet.address, ...(this.#options.mtu === undefined && probedSizes(this.mtu)) };
  }

  interfaceOf(address: Address): string | undefined {
    if (this.#options.interfaces) return this.#options.interfaces[address];
    const index = [...this.#configured.keys()].indexOf(address);
    return index < 0 ? undefined : `eth${index}`;
  }

  send(packet: Packet): void {
    this.#network.transmit(this, packet);
  }

  deliverAt(timeMs: number, transit: PacketInTransit): void {
    const before = this.#arriving.findLast((batch) => batch.timeMs <= timeMs);
    if (before?.timeMs === timeMs) {
      before.packets.push(transit);
      return;
    }
    const batch: Batch = { timeMs, packets: [transit] };
    if (before === this.#arriving.at(-1)) this.#arriving.push(batch);
    else this.#arriving.splice(before ? this.#arriving.indexOf(before) + 1 : 0, 0, batch);
    this.#network.clock.at(timeMs, () => this.#arrive(batch));
  }

  unreachable(destination: Address, code: ErrorCode): void {
    this.#transport.unreachable(destination, code);
  }

  #arrive(batch: Batch): typeof NOBODY_WOKEN | undefined {
    if (this.#arriving[0] === batch) this.#arriving.shift();
    else this.#arriving.splice(this.#arriving.indexOf(batch), 1);
    const packets: Packet[] = [];
    for (const transit of batch.packets) {
      const refusal = this.#refusal(transit);
      this.#network.arrived(transit, refusal ?? 'delivered');
      if (refusal === undefined) packets.push(withPort(transit.packet, transit.sourcePort));
    }
    const isQuiet = packets.length === 0 || this.#transport.receive(packets);
    return isQuiet && !this.#network.hasFilters ? NOBODY_WOKEN : undefined;
  }

  /** Why a packet that arrives isn't received; undefined if it is. */
  #refusal(transit: PacketInTransit): PacketOutcome | undefined {
    const { packet, destinationPort } = transit;
    if (this.#network.isCut(transit)) return 'partitioned';
    if (!this.#isOn) return 'host down';
    if (!this.#addresses.includes(packet.destination)) return 'address down';
    if ((this.encapsulationPort === 0) !== (destinationPort === 0)) return 'wrong encapsulation';
    return this.#transport.isListening && this.encapsulationPort === destinationPort ? undefined : 'nobody listens';
  }

  #add(text: string): void {
    const subnet = this.#configured.get(text) ?? parseSubnet(text);
    if (this.#addresses.includes(subnet.address)) return;
    this.#network.claim(this, subnet.address);
    this.#configured.set(subnet.address, subnet);
    this.#setUp([...this.#up, subnet]);
  }

  #setUp(subnets: readonly Subnet[]): void {
    this.#up = subnets;
    this.#addresses = subnets.map((subnet) => subnet.address);
  }
}

/** `port` is the destination's UDP port to the sender of a packet, and the source's to its receiver. */
function withPort(packet: Packet, port: number): Packet {
  return packet.port === port ? packet : { ...packet, port };
}

function noAddress(address: Address, host: string): SctpError {
  return new SctpError('EADDRNOTAVAIL', `${host} doesn't have ${address} now`, { syscall: 'addressDown', address });
}
