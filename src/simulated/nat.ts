import { type Address, canonicalAddress, familyOf } from '../address.js';
import { type End, endsOf, type Group } from './group.js';
import type { PacketInTransit } from './packet-in-transit.js';

/** On how much of the other end a NAT's behaviour depends, in the words of RFC 4787. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/** How a NAT is made. */
export interface NatOptions {
  /** The addresses (or hosts: all of their addresses) that are hidden. From outside they can't be reached. */
  readonly inside: Group;
  /** The addresses that the outside sees. */
  readonly outside: string | readonly string[];
  /** When another destination gets another mapping (RFC 4787 §4.1); `'endpoint-independent'` by default. */
  readonly mapping?: Dependence;
  /** Who may answer through a mapping (RFC 4787 §5); `'address-and-port-dependent'` by default. */
  readonly filtering?: Dependence;
  /** How long a mapping lives without outgoing packets; 120,000 ms by default, the least of RFC 4787 §4.3. */
  readonly lifetimeMs?: number;
}

interface Mapping {
  readonly inside: Address;
  readonly insidePort: number;
  readonly outside: Address;
  readonly outsidePort: number;
  /** Keys of the peers that have been written to. */
  readonly peers: Set<string>;
  usedMs: number;
}

const FIRST_PORT = 40_000;
const PORTS = 20_000;

/**
 * A network address translator. UDP gets a public port of its own (RFC 4787); plain SCTP keeps its ports, since the
 * checksum covers them (RFC 3257 §3), and only the address is exchanged. Hairpinning works. Addresses inside SCTP's
 * own chunks stay what they are, as in life.
 */
export class Nat {
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
    this.#inside = endsOf(options.inside, 'nat');
    this.#outside = [options.outside].flat().map((address) => canonicalAddress(address, 'nat'));
    this.#mapping = options.mapping ?? 'endpoint-independent';
    this.#filtering = options.filtering ?? 'address-and-port-dependent';
    this.#lifetimeMs = options.lifetimeMs ?? 120_000;
  }

  /** How many mappings there are, dead ones included until somebody asks for them. */
  get mappings(): number {
    return this.#byOutside.size;
  }

  /** Forgets all mappings, like a router that restarts: the next packet out gets another port, and another address. */
  rebind(): void {
    this.#byInside.clear();
    this.#byOutside.clear();
    this.#generation++;
  }

  /** @internal Lets a packet out, from a public address; false: it can't. Packets that aren't from inside just pass. */
  outward(transit: PacketInTransit, nowMs: number): boolean {
    if (!this.#hides(transit.packet.source, transit.from) || this.#staysInside(transit)) return true;
    const mapping = this.#mappingOf(transit, nowMs);
    if (mapping === undefined) return false;
    mapping.usedMs = nowMs;
    mapping.peers.add(peerKey(transit.packet.destination, farPort(transit), this.#filtering));
    transit.packet = { ...transit.packet, source: mapping.outside };
    if (transit.sourcePort !== 0) transit.sourcePort = mapping.outsidePort;
    return true;
  }

  /** @internal Lets a packet in, to the address behind a mapping; false: nobody asked for it. Others just pass. */
  inward(transit: PacketInTransit, nowMs: number): boolean {
    const { packet } = transit;
    if (!this.#outside.includes(packet.destination)) return !this.#isTrespass(transit);
    const mapping = this.#byOutside.get(portKey(transit, packet.destination, farPort(transit)));
    if (mapping === undefined || this.#isDead(mapping, nowMs)) return false;
    if (!mapping.peers.has(peerKey(packet.source, nearPort(transit), this.#filtering))) return false;
    if (transit.destinationPort !== 0) transit.destinationPort = mapping.insidePort;
    transit.packet = { ...packet, destination: mapping.inside, port: transit.destinationPort };
    return true;
  }

  #hides(address: Address, host: End | undefined): boolean {
    return this.#inside.has(address) || (host !== undefined && this.#inside.has(host));
  }

  #staysInside({ packet, to }: PacketInTransit): boolean {
    return this.#hides(packet.destination, to);
  }

  /** From outside straight to a hidden address. */
  #isTrespass(transit: PacketInTransit): boolean {
    return this.#staysInside(transit) && !this.#hides(transit.sentFrom, transit.from);
  }

  #isDead(mapping: Mapping, nowMs: number): boolean {
    return nowMs - mapping.usedMs > this.#lifetimeMs;
  }

  #mappingOf(transit: PacketInTransit, nowMs: number): Mapping | undefined {
    const { packet } = transit;
    const inside = portKey(transit, packet.source, nearPort(transit));
    const key = `${inside} ${peerKey(packet.destination, farPort(transit), this.#mapping)}`;
    const known = this.#byInside.get(key);
    if (known !== undefined && !this.#isDead(known, nowMs)) return known;
    if (known !== undefined) this.#remove(known, portKey(transit, known.outside, known.outsidePort));
    const made = this.#makeMapping(transit, nowMs);
    if (made !== undefined) this.#byInside.set(key, made);
    return made;
  }

  /** Removes a dead mapping, unless another host has its public address and port by now. */
  #remove(dead: Mapping, outside: string): void {
    if (this.#byOutside.get(outside) === dead) this.#byOutside.delete(outside);
  }

  /** Takes the first free pair of public address and port; another address is all that plain SCTP can be offered. */
  #makeMapping(transit: PacketInTransit, nowMs: number): Mapping | undefined {
    const inside = transit.packet.source;
    const insidePort = nearPort(transit);
    const tries = transit.sourcePort === 0 ? 1 : PORTS;
    for (const outside of this.#candidates(inside)) {
      for (let count = 0; count < tries; count++) {
        const outsidePort = tries === 1 ? insidePort : FIRST_PORT + (this.#ports++ % PORTS);
        const key = portKey(transit, outside, outsidePort);
        const other = this.#byOutside.get(key);
        if (other !== undefined && !this.#isDead(other, nowMs)) continue;
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

/** The sender's port: UDP's, or SCTP's own. */
function nearPort({ sourcePort, packet }: PacketInTransit): number {
  return sourcePort !== 0 ? sourcePort : uint16(packet.bytes, 0);
}

/** The receiver's port: UDP's, or SCTP's own. */
function farPort({ destinationPort, packet }: PacketInTransit): number {
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
