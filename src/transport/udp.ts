import { lookup } from 'node:dns';
import { networkInterfaces } from 'node:os';
import type { Address } from '../address.js';
import { checkType } from '../arguments.js';
import { SctpError } from '../errors.js';
import type { Lookup } from '../host-name.js';
import { checkPackets, type Packet } from '../packet.js';
import { checkHost } from './host.js';
import { ETHERNET_MTU } from './path-mtu.js';
import type { Route, Transport, TransportHost } from './transport.js';
import { interfaceName } from './udp/interfaces.js';
import { packetSizes } from './udp/mtu.js';
import { UdpNetwork } from './udp/network.js';
import { parseOptions, type UdpOptions, type UdpSettings } from './udp/options.js';
import { surviveTermination } from './udp/termination.js';

export type { AddressFilter } from './udp/filter.js';
export type { UdpOptions } from './udp/options.js';

/** A transport over UDP. */
export interface UdpTransport extends Transport {
  readonly encapsulationPort: number;
  /** The local UDP port, the same on all addresses; 0 until `start` has resolved. */
  readonly port: number;
  /** Keeps the process alive until it is closed, which is the default. */
  ref(): void;
  /** Doesn't keep the process alive. */
  unref(): void;
  /** How many packets were dropped in this process: the queue was full, they were too large, or there was no route. */
  readonly dropped: number;
  route(destination: Address): Route | undefined;
}

/**
 * SCTP over UDP (RFC 6951) with `node:dgram`, in Node, Deno and Bun. There is one socket per local address. `addresses` follows
 * the machine, unless `watch` is false. Traffic classes, and therefore ECN, aren't supported, since Node has no
 * API for them. Throws EINVAL if an option is invalid, and names it.
 *
 * @example
 * const stack = await Stack.create({ transport: udp({ port: 9899 }) });
 */
export function udp(options: UdpOptions = {}): UdpTransport {
  return new Udp(parseOptions(options));
}

class Udp implements UdpTransport {
  readonly encapsulationPort: number;
  readonly mtu: number;
  readonly #settings: UdpSettings;
  #opening: Promise<UdpNetwork> | undefined;
  #network: UdpNetwork | undefined;
  #closing: Promise<void> | undefined;
  #droppedBeforeStart = 0;
  #isHeld = true;

  constructor(settings: UdpSettings) {
    this.#settings = settings;
    this.encapsulationPort = settings.encapsulationPort;
    this.mtu = settings.mtu ?? ETHERNET_MTU;
  }

  get addresses(): readonly Address[] {
    return this.#closing === undefined ? (this.#network?.addresses ?? []) : [];
  }

  get port(): number {
    return this.#network?.port ?? 0;
  }

  get dropped(): number {
    return this.#droppedBeforeStart + (this.#network?.dropped ?? 0);
  }

  /** May be called again after it has failed. */
  async start(host: TransportHost): Promise<void> {
    checkHost(host);
    if (this.#closing !== undefined) throw closedError();
    if (this.#opening !== undefined) throw startedError();
    this.#opening = UdpNetwork.open(this.#settings, host);
    try {
      const network = await this.#opening;
      if (this.#closing === undefined) this.#network = network;
      if (!this.#isHeld) this.#network?.hold(false);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
    if (this.#network === undefined) throw closedError();
  }

  route(destination: Address): Route | undefined {
    checkType(destination, 'string', 'the destination', 'route');
    const source = this.#network?.source(destination);
    return source === undefined ? undefined : { source, ...packetSizes(source, this.#settings.mtu) };
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
    this.#hold(true);
  }

  unref(): void {
    this.#hold(false);
  }

  send(packets: readonly Packet[]): void {
    checkPackets(packets);
    if (this.#network === undefined) this.#droppedBeforeStart += packets.length;
    else this.#network.send(packets);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#network?.hold(isHeld);
  }

  async #close(): Promise<void> {
    if (this.#network !== undefined) return this.#network.close();
    const network = await this.#opening?.catch(() => undefined);
    await network?.close();
  }
}

function closedError(): SctpError {
  return new SctpError('ENETDOWN', 'the UDP transport is closed: create another one', { syscall: 'start' });
}

function startedError(): SctpError {
  return new SctpError('EALREADY', 'the UDP transport is already in use: create one for each stack', {
    syscall: 'start',
  });
}
