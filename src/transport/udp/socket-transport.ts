import { lookup } from 'node:dns';
import { networkInterfaces } from 'node:os';
import type { Address } from '../../address.js';
import { checkType } from '../../arguments.js';
import { SctpError } from '../../errors.js';
import type { Lookup } from '../../host-name.js';
import { checkPackets, type Packet } from '../../packet.js';
import { checkHost } from '../host.js';
import { ETHERNET_MTU } from '../path-mtu.js';
import type { Route, Transport, TransportHost } from '../transport.js';
import { interfaceName } from './interfaces.js';
import type { SocketSystem } from './local-socket.js';
import { SocketNetwork } from './network.js';
import type { UdpSettings } from './options.js';
import { surviveTermination } from './termination.js';

/** How a transport over the system's sockets differs from another one. */
export interface SocketTransportParts {
  /** Its name in errors, such as `UDP`. */
  readonly name: string;
  /** The UDP port at which peers are expected; absent without UDP. */
  readonly encapsulationPort?: number;
  /** See `Transport.portBound`. */
  readonly portBound?: (port: number) => void;
  /** Loads what the sockets need. */
  readonly system: (host: TransportHost) => Promise<SocketSystem> | SocketSystem;
  /** The packet sizes of a route from a local address. */
  readonly packetSizes: (source: Address, mtu: number | undefined) => Omit<Route, 'source'>;
}

/** A transport over sockets of the operating system, one for each local address. */
export class SocketTransport implements Transport {
  declare readonly encapsulationPort?: number;
  declare readonly portBound?: (port: number) => void;
  readonly mtu: number;
  readonly #settings: UdpSettings;
  readonly #parts: SocketTransportParts;
  #opening: Promise<SocketNetwork> | undefined;
  #network: SocketNetwork | undefined;
  #closing: Promise<void> | undefined;
  #droppedBeforeStart = 0;
  #isRef = true;

  constructor(settings: UdpSettings, parts: SocketTransportParts) {
    this.#settings = settings;
    this.#parts = parts;
    if (parts.encapsulationPort !== undefined) this.encapsulationPort = parts.encapsulationPort;
    if (parts.portBound !== undefined) this.portBound = parts.portBound;
    this.mtu = settings.mtu ?? ETHERNET_MTU;
  }

  get addresses(): readonly Address[] {
    return this.#closing === undefined ? (this.#network?.addresses ?? []) : [];
  }

  /** The local UDP port, the same on all addresses; 0 until `start` has resolved, and without UDP. */
  get port(): number {
    return this.#network?.port ?? 0;
  }

  /** How many packets were dropped in this process. */
  get dropped(): number {
    return this.#droppedBeforeStart + (this.#network?.dropped ?? 0);
  }

  /** May be called again after it has failed. */
  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    if (this.#closing !== undefined) throw this.#closedError();
    if (this.#opening !== undefined) throw this.#startedError();
    this.#opening = this.#open(host);
    try {
      const network = await this.#opening;
      if (this.#closing === undefined) this.#network = network;
      if (!this.#isRef) this.#network?.setRef(false);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
    if (this.#network === undefined) throw this.#closedError();
  }

  route(destination: Address): Route | undefined {
    checkType(destination, 'string', 'the destination', 'route');
    const source = this.#network?.source(destination);
    return source === undefined ? undefined : { source, ...this.#parts.packetSizes(source, this.#settings.mtu) };
  }

  interfaceOf(address: Address): string | undefined {
    checkType(address, 'string', 'the address', 'interfaceOf');
    return interfaceName(networkInterfaces(), address);
  }

  useZone(destination: Address, zone: string): boolean {
    checkType(destination, 'string', 'the destination', 'useZone');
    checkType(zone, 'string', 'the zone', 'useZone');
    return this.#network?.useZone(destination, zone) === true;
  }

  lookup(...[hostname, options, callback]: Parameters<Lookup>): void {
    lookup(hostname, options, (error, addresses) => {
      surviveTermination();
      callback(error, addresses);
    });
  }

  ref(): void {
    this.#setRef(true);
  }

  unref(): void {
    this.#setRef(false);
  }

  send(packets: readonly Packet[]): void {
    checkPackets(packets);
    if (this.#network === undefined) this.#droppedBeforeStart += packets.length;
    else this.#network.send(packets);
  }

  /** Packets of these peers have arrived by other means. */
  learn(packets: readonly Packet[]): void {
    this.#network?.learn(packets);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #setRef(isRef: boolean): void {
    this.#isRef = isRef;
    this.#network?.setRef(isRef);
  }

  async #open(host: TransportHost): Promise<SocketNetwork> {
    return SocketNetwork.open(this.#settings, await this.#parts.system(host), host);
  }

  async #close(): Promise<void> {
    if (this.#network !== undefined) return this.#network.close();
    const network = await this.#opening?.catch(() => undefined);
    await network?.close();
  }

  #closedError(): SctpError {
    const message = `the ${this.#parts.name} transport is closed: create another one`;
    return new SctpError('ENETDOWN', message, { syscall: 'start' });
  }

  #startedError(): SctpError {
    const message = `the ${this.#parts.name} transport is already in use: create one for each stack`;
    return new SctpError('EALREADY', message, { syscall: 'start' });
  }
}
