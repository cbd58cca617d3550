import { type Address, familyOf } from '../address.js';
import { type ErrorCode, SctpError } from '../errors.js';
import type { Packet } from '../packet.js';
import { completePacket } from '../wire/crc32c.js';
import { Barrier } from './barrier.js';
import type { Fate } from './fate.js';
import { copyOf, type Flight, ipBytes, markCongestion } from './flight.js';
import { fragmentSizes, mayBeFragmented } from './fragments.js';
import type { Link } from './link.js';
import type { Links } from './links.js';
import type { Nat } from './nat.js';
import type { NetworkClock } from './network-clock.js';
import type { Host, Station, Wire } from './station.js';
import type { Trace } from './trace.js';

/**
 * Sees each packet when it is sent, after any NAT: returns `'drop'`, another packet in place of it, or nothing. The
 * packet's port is the destination's.
 */
export type Filter = (packet: Packet, from: Host, to: Host | undefined) => Packet | 'drop' | undefined;

/** What a sender hears of a packet's fate when the network reports, as ICMP would tell it. */
const REPORTS: Partial<Record<Fate, ErrorCode>> = {
  'no host': 'EHOSTUNREACH',
  'host down': 'EHOSTUNREACH',
  'address down': 'EHOSTUNREACH',
  'nobody listens': 'ECONNREFUSED',
  'wrong encapsulation': 'ECONNREFUSED',
};

/** Beyond that many, packets that should be held are dropped. */
const MOST_HELD = 10_000;

/**
 * The way of a packet through the network:
 * sender → NAT → filters → barriers → link (trace) → … time … → receiver.
 */
export class Fabric implements Wire {
  readonly clock: NetworkClock;
  readonly filters: Set<Filter> = new Set();
  readonly cuts: Barrier = new Barrier();
  readonly holds: Barrier = new Barrier();
  readonly nats: Nat[] = [];
  readonly #trace: Trace;
  readonly #links: Links;
  readonly #reports: boolean;
  readonly #owners = new Map<Address, Station>();
  #held: Flight[] = [];

  constructor(clock: NetworkClock, trace: Trace, links: Links, reports: boolean) {
    this.clock = clock;
    this.#trace = trace;
    this.#links = links;
    this.#reports = reports;
  }

  get isWatched(): boolean {
    return this.filters.size > 0;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  claim(station: Station, address: Address): void {
    const owner = this.#owners.get(address);
    if (owner !== undefined) {
      throw new SctpError('EADDRINUSE', `${address} belongs to ${owner.name}`, { syscall: 'host', address });
    }
    this.#owners.set(address, station);
  }

  release(address: Address): void {
    this.#owners.delete(address);
  }

  transmit(from: Station, packet: Packet): void {
    const sourcePort = from.options.encapsulationPort ?? 0;
    const to = this.#owners.get(packet.destination);
    const flight: Flight = {
      from,
      sentFrom: packet.source,
      sourcePort,
      destinationPort: packet.port,
      packet,
      to,
      number: 0,
    };
    const refusal = this.#admit(flight);
    this.#trace.record(flight, this.clock.now(), refusal ?? 'in flight');
    if (refusal === undefined) this.#launch(flight);
    else if (refusal === 'held') this.#held.push(flight);
    else this.#report(flight, refusal);
  }

  /** Sends what was held and is held no longer. */
  sendHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const flight of held) {
      if (this.holds.stops(flight)) this.#held.push(flight);
      else this.#launch(flight);
    }
  }

  arrived(flight: Flight, fate: Fate): void {
    this.#trace.settle(flight, fate, this.clock.now());
    if (fate !== 'delivered') this.#report(flight, fate);
  }

  isCut(flight: Flight): boolean {
    return this.cuts.stops(flight);
  }

  /** Why a packet doesn't set out; undefined: it does. */
  #admit(flight: Flight): Fate | undefined {
    if (!flight.from.addresses.includes(flight.sentFrom)) return 'address down';
    if ((flight.sourcePort === 0) !== (flight.destinationPort === 0)) return 'wrong encapsulation';
    if (this.nats.length > 0 && !this.#translate(flight)) return 'no NAT mapping';
    if (this.filters.size > 0 && !this.#passesFilters(flight)) return 'filtered';
    if (flight.to === undefined) return 'no host';
    if (this.cuts.stops(flight)) return 'partitioned';
    if (!this.holds.stops(flight)) return undefined;
    return this.#held.length < MOST_HELD ? 'held' : 'queue full';
  }

  /** Out through the sender's NAT and in through the receiver's, where there are any. */
  #translate(flight: Flight): boolean {
    const now = this.clock.now();
    const isOut = this.nats.every((nat) => nat.outward(flight, now));
    const isIn = isOut && this.nats.every((nat) => nat.inward(flight, now));
    flight.to = this.#owners.get(flight.packet.destination);
    return isIn;
  }

  #passesFilters(flight: Flight): boolean {
    completePacket(flight.packet.bytes);
    for (const filter of this.filters) {
      const verdict = this.#judge(filter, flight);
      if (verdict === 'drop') return false;
      if (verdict === undefined) continue;
      flight.packet = verdict;
      flight.destinationPort = verdict.port;
      flight.to = this.#owners.get(verdict.destination);
    }
    return true;
  }

  /** `send` must not throw: what a filter throws, such as a failed expectation, goes to whoever drives the clock. */
  #judge(filter: Filter, { packet, from, to }: Flight): Packet | 'drop' | undefined {
    try {
      return filter(packet, from, to);
    } catch (error) {
      this.clock.at(this.clock.now(), () => {
        throw error;
      });
      return 'drop';
    }
  }

  #launch(flight: Flight): void {
    const link = this.#links.of(flight);
    if (link.duplicates()) {
      const copy = copyOf(flight);
      this.#trace.record(copy, this.clock.now(), 'in flight');
      this.#trace.remark(copy, 'duplicate');
      this.#carry(flight, link);
      this.#carry(copy, link);
    } else this.#carry(flight, link);
  }

  #carry(flight: Flight, link: Link): void {
    if (link.marks(this.clock.now()) && markCongestion(flight)) this.#trace.remark(flight, 'CE');
    const arrival = this.#arrival(flight, link);
    if (link.corrupts(flight.packet.bytes)) this.#trace.remark(flight, 'corrupted');
    if (typeof arrival === 'number') {
      this.#trace.settle(flight, 'in flight');
      flight.to?.expect(flight, arrival);
    } else this.#trace.settle(flight, arrival);
  }

  /** When all of a packet has arrived; or why it doesn't. */
  #arrival(flight: Flight, link: Link): number | Fate {
    const bytes = ipBytes(flight);
    const now = this.clock.now();
    const { mtu } = flight.from;
    if (bytes <= mtu) return link.carry(bytes, now);
    if (!mayBeFragmented(flight.packet.bytes)) return 'too big';
    const sizes = fragmentSizes(bytes, familyOf(flight.packet.destination) === 'IPv6', mtu);
    const arrivals = sizes.map((size) => link.carry(size, now));
    return arrivals.find((arrival) => typeof arrival === 'string') ?? Math.max(...(arrivals as number[]));
  }

  #report(flight: Flight, fate: Fate): void {
    const code = REPORTS[fate];
    if (!this.#reports || code === undefined) return;
    const { from, packet } = flight;
    const backMs = this.clock.now() + this.#links.of(flight).latencyMs;
    this.clock.at(backMs, () => from.unreachable(packet.destination, code));
  }
}
