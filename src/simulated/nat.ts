import { type Address, canonicalAddress, familyOf } from '../address.js';
import { checkOptions, quoted } from '../arguments.js';
import { type Names, suggestion } from '../nearest-name.js';
import { type End, endsOf, type Group } from './group.js';
import type { PacketInTransit } from './packet-in-transit.js';

/** On which part of the peer's endpoint a NAT's behaviour depends, in the terms of RFC 4787. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** Options of a NAT. */
export interface NatOptions {
  /** The private addresses; a host stands for all of its addresses. They can't be reached from outside. */
  readonly inside: Group;
  /** The public addresses. */
  readonly outside: string | readonly string[];
  /** When a different destination gets a different mapping (RFC 4787 §4.1); `'endpoint-independent'` by default. */
  readonly mapping?: Dependence;
  /** Who may send packets in through a mapping (RFC 4787 §5); `'address-and-port-dependent'` by default. */
  readonly filtering?: Dependence;
  /** How long a mapping lasts without outgoing packets; 120,000 ms by default, the minimum of RFC 4787 §4.3. */
  readonly lifetimeMs?: number;
}

const NAT_OPTIONS: Names<NatOptions> = {
  inside: true,
  outside: true,
  mapping: true,
  filtering: true,
  lifetimeMs: true,
};
const DEPENDENCES: Readonly<Record<Dependence, true>> = {
  'endpoint-independent': true,
  'address-dependent': true,
  'address-and-port-dependent': true,
};

interface Mapping {
  readonly inside: Address;
  readonly insidePort: number;
  readonly outside: Address;
  readonly outsidePort: number;
  /** Keys of the peers that packets were sent to. */
  readonly peers: Set<string>;
  usedMs: number;
}

const FIRST_PORT = 40_000;
const PORTS = 20_000;

/**
 * A network address translator. UDP gets a public port for each mapping (RFC 4787). Plain SCTP keeps its ports, since the
 * checksum covers them (RFC 3257 §3); only the address is translated. Hairpinning works. Addresses inside SCTP chunks are not
 * translated, as with real NATs.
 */
export interface Nat {
  /** How many mappings there are. Expired ones count until they are looked up. */
  readonly mappings: number;
  /** Deletes all mappings, as a router that restarts does. The next outgoing packet gets another port and another address. */
  rebind(): void;
}

/** A NAT, as the router uses it. */
export class SimulatedNat implements Nat {
  readonly #inside: ReadonlySet<End>;
  readonly #outside: readonly Address[];
  readonly #mapping: Dependence;
  readonly #filtering: Dependence;
  readonly #lifetimeMs: number;
  readonly #byInside = new Map<string, Mapping>();
  readonly #byOutside = new Map<string, Mapping>();
  #generation = 0;
  #ports = 0;

  constructor(options: NatOptions) {
    checkOptions(options, NAT_OPTIONS, 'nat');
    this.#inside = endsOf(options.inside, 'nat');
    this.#outside = [options.outside].flat().map((address) => canonicalAddress(address, 'nat'));
    this.#mapping = dependence('mapping', options.mapping ?? 'endpoint-independent');
    this.#filtering = dependence('filtering', options.filtering ?? 'address-and-port-dependent');
    this.#lifetimeMs = options.lifetimeMs ?? 120_000;
  }

  get mappings(): number {
    return this.#byOutside.size;
  }

  rebind(): void {
    this.#byInside.clear();
    this.#byOutside.clear();
    this.#generation++;
  }

  /** Translates an outgoing packet; false if there is no mapping for it. Other packets pass unchanged. */
  outward(transit: PacketInTransit, nowMs: number): boolean {
    if (!this.#isPrivate(transit.packet.source, transit.from) || this.#staysInside(transit)) return true;
    const mapping = this.#mappingOf(transit, nowMs);
    if (mapping === undefined) return false;
    mapping.usedMs = nowMs;
    mapping.peers.add(peerKey(transit.packet.destination, receiverPort(transit), this.#filtering));
    transit.packet = { ...transit.packet, source: mapping.outside };
    if (transit.sourcePort !== 0) transit.sourcePort = mapping.outsidePort;
    return true;
  }

  /** Translates an incoming packet; false if no mapping admits it. Other packets pass unchanged. */
  inward(transit: PacketInTransit, nowMs: number): boolean {
    const { packet } = transit;
    if (!this.#outside.includes(packet.destination)) return !this.#bypassesNat(transit);
    const mapping = this.#byOutside.get(portKey(transit, packet.destination, receiverPort(transit)));
    if (mapping === undefined || this.#isExpired(mapping, nowMs)) return false;
    if (!mapping.peers.has(peerKey(packet.source, senderPort(transit), this.#filtering))) return false;
    if (transit.destinationPort !== 0) transit.destinationPort = mapping.insidePort;
    transit.packet = { ...packet, destination: mapping.inside, port: transit.destinationPort };
    return true;
  }

  #isPrivate(address: Address, host: End | undefined): boolean {
    return this.#inside.has(address) || (host !== undefined && this.#inside.has(host));
  }

  #staysInside({ packet, to }: PacketInTransit): boolean {
    return this.#isPrivate(packet.destination, to);
  }

  /** Whether a packet comes from outside and is addressed to a private address. */
  #bypassesNat(transit: PacketInTransit): boolean {
    return this.#staysInside(transit) && !this.#isPrivate(transit.sentFrom, transit.from);
  }

  #isExpired(mapping: Mapping, nowMs: number): boolean {
    return nowMs - mapping.usedMs > this.#lifetimeMs;
  }

  #mappingOf(transit: PacketInTransit, nowMs: number): Mapping | undefined {
    const { packet } = transit;
    const inside = portKey(transit, packet.source, senderPort(transit));
    const key = `${inside} ${peerKey(packet.destination, receiverPort(transit), this.#mapping)}`;
    const known = this.#byInside.get(key);
    if (known !== undefined && !this.#isExpired(known, nowMs)) return known;
    if (known !== undefined) this.#remove(known, portKey(transit, known.outside, known.outsidePort));
    const made = this.#makeMapping(transit, nowMs);
    if (made !== undefined) this.#byInside.set(key, made);
    return made;
  }

  /** Removes an expired mapping, unless another host has its public address and port by now. */
  #remove(expired: Mapping, outside: string): void {
    if (this.#byOutside.get(outside) === expired) this.#byOutside.delete(outside);
  }

  /** Takes the first free pair of public address and port. Plain SCTP keeps its port, so only another address may be free. */
  #makeMapping(transit: PacketInTransit, nowMs: number): Mapping | undefined {
    const inside = transit.packet.source;
    const insidePort = senderPort(transit);
    const tries = transit.sourcePort === 0 ? 1 : PORTS;
    for (const outside of this.#candidates(inside)) {
      for (let count = 0; count < tries; count++) {
        const outsidePort = tries === 1 ? insidePort : FIRST_PORT + (this.#ports++ % PORTS);
        const key = portKey(transit, outside, outsidePort);
        const other = this.#byOutside.get(key);
        if (other !== undefined && !this.#isExpired(other, nowMs)) continue;
        const mapping = { inside, insidePort, outside, outsidePort, peers: new Set<string>(), usedMs: nowMs };
        this.#byOutside.set(key, mapping);
        return mapping;
      }
    }
    return undefined;
  }

  #candidates(inside: Address): Address[] {
    const ofFamily = this.#outside.filter((address) => familyOf(address) === familyOf(inside));
    const first = this.#generation % Math.max(1, ofFamily.length);
    return [...ofFamily.slice(first), ...ofFamily.slice(0, first)];
  }
}

/** The sender's port: the UDP port, or the SCTP port without encapsulation. */
function senderPort({ sourcePort, packet }: PacketInTransit): number {
  return sourcePort !== 0 ? sourcePort : uint16(packet.bytes, 0);
}

/** The receiver's port: the UDP port, or the SCTP port without encapsulation. */
function receiverPort({ destinationPort, packet }: PacketInTransit): number {
  return destinationPort !== 0 ? destinationPort : uint16(packet.bytes, 2);
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function portKey(transit: PacketInTransit, address: Address, port: number): string {
  return `${transit.sourcePort === 0 ? 'sctp' : 'udp'} ${address} ${port}`;
}

function peerKey(address: Address, port: number, dependence: Dependence): string {
  if (dependence === 'endpoint-independent') return '*';
  return dependence === 'address-dependent' ? address : `${address} ${port}`;
}

function dependence(name: string, value: Dependence): Dependence {
  if (Object.hasOwn(DEPENDENCES, value)) return value;
  throw new TypeError(`nat: ${name} is ${quoted(value)}: ${suggestion(value, Object.keys(DEPENDENCES))}`);
}
