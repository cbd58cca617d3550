import { type Address, canonicalAddress } from '../address.js';
import { type ErrorCode, SctpError } from '../errors.js';
import { appended } from '../lists.js';
import type { Packet } from '../packet.js';
import type { Random } from '../random.js';
import type { Route, Transport } from '../transport/transport.js';
import { Arrivals, type Batch } from './arrivals.js';
import type { Fate } from './fate.js';
import type { Flight } from './flight.js';
import { SimulatedTransport } from './host-transport.js';
import { type NetworkClock, QUIET } from './network-clock.js';
import type { SeededRandom } from './random.js';
import { closestSubnet, parseSubnet, type Subnet } from './subnet.js';

/** A host of the simulated network: what tests see of it. */
export interface Host {
  /** As it is called in traces. */
  readonly name: string;
  /** The transport of the stack that runs here. After a restart it is another one. */
  readonly transport: Transport;
  /** The addresses that are up. */
  readonly addresses: readonly Address[];
  /** Randomness for the stack that runs here, from the network's seed. */
  readonly random: Random;
  /** Whether the host is switched on: not after a crash. */
  readonly isOn: boolean;
  /** Takes an address away; the stack is told, and packets on their way to it are lost. */
  addressDown(address: string): void;
  /** Brings an address back, or a new one (`10.0.1.1/24`); the stack is told. */
  addressUp(address: string): void;
  /** Power off: the transport falls silent without telling anybody, and never works again. */
  crash(): void;
  /** Power on, after a crash or instead of one: there is a new transport, for a new stack. */
  restart(): void;
}

/** How a host is made. */
export interface HostOptions {
  /** The UDP port that SCTP is encapsulated in (RFC 6951). Absent: plain SCTP over IP. */
  readonly encapsulationPort?: number;
  /**
   * The largest IP packet in bytes, which the transport announces; 1500 by default. IP fragments larger packets with an INIT,
   * INIT ACK or COOKIE ECHO, which SCTP can't divide. Others that are larger don't leave.
   */
  readonly mtu?: number;
  /** Names of network interfaces, by address. By default each address has one: `eth0`, `eth1`, in the order of adding. */
  readonly interfaces?: Readonly<Record<Address, string>>;
  /** Answers in place of the built-in routes. */
  readonly route?: (destination: Address) => Route | undefined;
}

const DEFAULT_MTU = 1500;
const MOST_ROUTES = 1024;

/** What a host needs of the network around it. */
export interface Wire {
  readonly clock: NetworkClock;
  transmit(from: Station, packet: Packet): void;
  /** Claims or gives back an address; throws EADDRINUSE. */
  claim(station: Station, address: Address): void;
  release(address: Address): void;
  /** Says what became of a packet at its destination. */
  arrived(flight: Flight, fate: Fate): void;
  /** Whether a packet that arrives may pass. */
  isCut(flight: Flight): boolean;
  /** Does code that is told of packets on their way watch them? It may wake anybody. */
  readonly isWatched: boolean;
}

/** A host as the network sees it. */
export class Station implements Host {
  readonly name: string;
  readonly random: Random;
  readonly options: HostOptions;
  readonly #wire: Wire;
  /** What was configured last, up or down: an address that comes back keeps its prefix length. */
  readonly #configured = new Map<Address, Subnet>();
  #up: readonly Subnet[] = [];
  #addresses: readonly Address[] = [];
  #transport: SimulatedTransport;
  #isDown = false;
  /** To where a route was asked for since the addresses are these: each set-up asks half a dozen times. */
  readonly #routes = new Map<Address, Route>();
  readonly #arrivals = new Arrivals();

  constructor(name: string, addresses: readonly string[], options: HostOptions, wire: Wire, stream: SeededRandom) {
    this.name = name;
    this.options = options;
    this.random = (bytes) => void stream.fill(bytes);
    this.#wire = wire;
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
    return !this.#isDown;
  }

  get mtu(): number {
    return this.options.mtu ?? DEFAULT_MTU;
  }

  addressDown(text: string): void {
    const address = canonicalAddress(text, 'addressDown');
    if (!this.#addresses.includes(address)) throw noAddress(address, this.name);
    this.#wire.release(address);
    this.#setUp(this.#up.filter((subnet) => subnet.address !== address));
    this.#transport.changed();
  }

  addressUp(text: string): void {
    this.#add(text);
    this.#transport.changed();
  }

  crash(): void {
    this.#isDown = true;
    this.#transport.die();
  }

  restart(): void {
    this.#transport.die();
    this.#isDown = false;
    this.#transport = new SimulatedTransport(this);
  }

  route(destination: Address): Route | undefined {
    if (this.options.route !== undefined) return this.options.route(destination);
    const known = this.#routes.get(destination);
    if (known) return known;
    const subnet = closestSubnet(this.#up, destination);
    if (!subnet) return undefined;
    const route = { source: subnet.address };
    if (this.#routes.size >= MOST_ROUTES) this.#routes.clear();
    this.#routes.set(destination, route);
    return route;
  }

  interfaceOf(address: Address): string | undefined {
    if (this.options.interfaces) return this.options.interfaces[address];
    const index = [...this.#configured.keys()].indexOf(address);
    return index < 0 ? undefined : `eth${index}`;
  }

  send(packet: Packet): void {
    this.#wire.transmit(this, packet);
  }

  /** A packet will be here at a time; all those of one instant arrive as one batch. */
  expect(flight: Flight, timeMs: number): void {
    const batch = this.#arrivals.add(flight, timeMs);
    if (batch) this.#wire.clock.at(timeMs, () => this.#arrive(batch));
  }

  unreachable(destination: Address, code: ErrorCode): void {
    this.#transport.unreachable(destination, code);
  }

  #arrive(batch: Batch): typeof QUIET | undefined {
    this.#arrivals.remove(batch);
    let packets: Packet[] | undefined;
    for (const flight of batch.flights) {
      const refusal = this.#refusal(flight);
      this.#wire.arrived(flight, refusal ?? 'delivered');
      if (refusal === undefined) packets = appended(packets, withPort(flight.packet, flight.sourcePort));
    }
    const isQuiet = packets === undefined || this.#transport.receive(packets);
    return isQuiet && !this.#wire.isWatched ? QUIET : undefined;
  }

  #refusal(flight: Flight): Fate | undefined {
    const { packet, destinationPort } = flight;
    const { encapsulationPort = 0 } = this.options;
    if (this.#wire.isCut(flight)) return 'partitioned';
    if (this.#isDown) return 'host down';
    if (!this.#addresses.includes(packet.destination)) return 'address down';
    if ((encapsulationPort === 0) !== (destinationPort === 0)) return 'wrong encapsulation';
    return this.#transport.isListening && encapsulationPort === destinationPort ? undefined : 'nobody listens';
  }

  #add(text: string): void {
    const subnet = this.#configured.get(text) ?? parseSubnet(text);
    if (this.#addresses.includes(subnet.address)) return;
    this.#wire.claim(this, subnet.address);
    this.#configured.set(subnet.address, subnet);
    this.#setUp([...this.#up, subnet]);
  }

  #setUp(subnets: readonly Subnet[]): void {
    this.#up = subnets;
    this.#routes.clear();
    this.#addresses = subnets.map((subnet) => subnet.address);
  }
}

/** A packet's port means another thing to its receiver: where it came from. */
function withPort(packet: Packet, port: number): Packet {
  return packet.port === port ? packet : { ...packet, port };
}

function noAddress(address: Address, host: string): SctpError {
  return new SctpError('EADDRNOTAVAIL', `${host} doesn't have ${address} now`, { syscall: 'addressDown', address });
}
