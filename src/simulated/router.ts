import { type Address, familyOf } from '../address.js';
import { type ErrorCode, SctpError } from '../errors.js';
import type { Packet } from '../packet.js';
import { completePacket } from '../wire/crc32c.js';
import { BlockedPairs } from './blocked-pairs.js';
import { fragmentSizes, isFragmentable } from './fragments.js';
import type { Host } from './host.js';
import type { Link } from './link.js';
import type { Links } from './links.js';
import type { SimulatedNat } from './nat.js';
import type { NetworkClock } from './network-clock.js';
import type { PacketOutcome } from './outcome.js';
import { copyOf, ipBytes, markCongestion, type NetworkHost, type PacketInTransit } from './packet-in-transit.js';
import type { HostNetwork } from './simulated-host.js';
import type { TraceRecorder } from './trace.js';

/**
 * Sees each packet when it is sent, after any NAT. Returns `'drop'`, another packet in place of it, or nothing. The
 * packet's port is the destination's.
 */
export type Filter = (packet: Packet, from: Host, to: Host | undefined) => Packet | 'drop' | undefined;

/** The errors that ICMP would report to the sender, if the network reports unreachable destinations. */
const REPORTS: Partial<Record<PacketOutcome, ErrorCode>> = {
  'no host': 'EHOSTUNREACH',
  'host down': 'EHOSTUNREACH',
  'address down': 'EHOSTUNREACH',
  'nobody listens': 'ECONNREFUSED',
  'wrong encapsulation': 'ECONNREFUSED',
};

/** Once this many packets are held, further ones are dropped. */
const MOST_HELD = 10_000;

/**
 * Takes packets from their senders to their receivers:
 *
 *     sender → NAT → filters → partitions and holds → link (recorded in the trace) → … time … → receiver
 */
export class Router implements HostNetwork {
  readonly clock: NetworkClock;
  readonly filters: Set<Filter> = new Set();
  readonly partitions: BlockedPairs = new BlockedPairs();
  readonly holds: BlockedPairs = new BlockedPairs();
  readonly nats: SimulatedNat[] = [];
  readonly #trace: TraceRecorder;
  readonly #links: Links;
  readonly #reportsUnreachable: boolean;
  readonly #owners = new Map<Address, NetworkHost>();
  #held: PacketInTransit[] = [];

  constructor(clock: NetworkClock, trace: TraceRecorder, links: Links, reportsUnreachable: boolean) {
    this.clock = clock;
    this.#trace = trace;
    this.#links = links;
    this.#reportsUnreachable = reportsUnreachable;
  }

  get hasFilters(): boolean {
    return this.filters.size > 0;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  claim(host: NetworkHost, address: Address): void {
    const owner = this.#owners.get(address);
    if (owner !== undefined) {
      throw new SctpError('EADDRINUSE', `${address} belongs to ${owner.name}`, { syscall: 'host', address });
    }
    this.#owners.set(address, host);
  }

  release(address: Address): void {
    this.#owners.delete(address);
  }

  transmit(from: NetworkHost, packet: Packet): void {
    const transit: PacketInTransit = {
      from,
      sentFrom: packet.source,
      sourcePort: from.encapsulationPort,
      destinationPort: packet.port,
      packet,
      to: this.#owners.get(packet.destination),
      number: 0,
    };
    const refusal = this.#refusal(transit);
    this.#trace.record(transit, this.clock.now(), refusal ?? 'in flight');
    if (refusal === undefined) this.#forward(transit);
    else if (refusal === 'held') this.#held.push(transit);
    else this.#report(transit, refusal);
  }

  /** Forwards the packets that were held and no longer are. */
  sendHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const transit of held) {
      if (this.holds.blocks(transit)) this.#held.push(transit);
      else this.#forward(transit);
    }
  }

  arrived(transit: PacketInTransit, outcome: PacketOutcome): void {
    this.#trace.settle(transit, outcome, this.clock.now());
    if (outcome !== 'delivered') this.#report(transit, outcome);
  }

  isCut(transit: PacketInTransit): boolean {
    return this.partitions.blocks(transit);
  }

  /** Why a packet isn't forwarded now; undefined if it is. */
  #refusal(transit: PacketInTransit): PacketOutcome | undefined {
    if (!transit.from.addresses.includes(transit.sentFrom)) return 'address down';
    if ((transit.sourcePort === 0) !== (transit.destinationPort === 0)) return 'wrong encapsulation';
    if (this.nats.length > 0 && !this.#translate(transit)) return 'no NAT mapping';
    if (this.filters.size > 0 && !this.#passesFilters(transit)) return 'filtered';
    if (transit.to === undefined) return 'no host';
    if (this.partitions.blocks(transit)) return 'partitioned';
    if (!this.holds.blocks(transit)) return undefined;
    return this.#held.length < MOST_HELD ? 'held' : 'queue full';
  }

  /** Out through the sender's NAT and in through the receiver's, if there are any. */
  #translate(transit: PacketInTransit): boolean {
    const now = this.clock.now();
    const isOut = this.nats.every((nat) => nat.outward(transit, now));
    const isIn = isOut && this.nats.every((nat) => nat.inward(transit, now));
    transit.to = this.#owners.get(transit.packet.destination);
    return isIn;
  }

  #passesFilters(transit: PacketInTransit): boolean {
    completePacket(transit.packet.bytes);
    for (const filter of this.filters) {
      const verdict = this.#apply(filter, transit);
      if (verdict === 'drop') return false;
      if (verdict === undefined) continue;
      transit.packet = verdict;
      transit.destinationPort = verdict.port;
      transit.to = this.#owners.get(verdict.destination);
    }
    return true;
  }

  /** `send` must not throw: an error of a filter, such as a failed expectation, is thrown by the clock instead. */
  #apply(filter: Filter, { packet, from, to }: PacketInTransit): Packet | 'drop' | undefined {
    try {
      return filter(packet, from, to);
    } catch (error) {
      this.clock.at(this.clock.now(), () => {
        throw error;
      });
      return 'drop';
    }
  }

  #forward(transit: PacketInTransit): void {
    const link = this.#links.of(transit);
    if (link.duplicates()) {
      const copy = copyOf(transit);
      this.#trace.record(copy, this.clock.now(), 'in flight');
      this.#trace.remark(copy, 'duplicate');
      this.#carry(transit, link);
      this.#carry(copy, link);
    } else this.#carry(transit, link);
  }

  #carry(transit: PacketInTransit, link: Link): void {
    if (link.marks(this.clock.now()) && markCongestion(transit)) this.#trace.remark(transit, 'CE');
    const arrival = this.#arrival(transit, link);
    if (link.corrupts(transit.packet.bytes)) this.#trace.remark(transit, 'corrupted');
    if (typeof arrival === 'number') {
      this.#trace.settle(transit, 'in flight');
      transit.to?.deliverAt(arrival, transit);
    } else this.#trace.settle(transit, arrival);
  }

  /** When all of a packet has arrived, or why it doesn't arrive. */
  #arrival(transit: PacketInTransit, link: Link): number | PacketOutcome {
    const bytes = ipBytes(transit);
    const now = this.clock.now();
    const mtu = Math.min(transit.from.mtu, transit.packet.mayBeFragmented ? link.mtu : Number.POSITIVE_INFINITY);
    if (bytes <= mtu) return link.carry(bytes, now);
    if (!isFragmentable(transit.packet)) return 'too big';
    const sizes = fragmentSizes(bytes, familyOf(transit.packet.destination) === 'IPv6', mtu);
    const arrivals = sizes.map((size) => link.carry(size, now));
    return arrivals.find((arrival) => typeof arrival === 'string') ?? Math.max(...(arrivals as number[]));
  }

  #report(transit: PacketInTransit, outcome: PacketOutcome): void {
    const code = REPORTS[outcome];
    if (!this.#reportsUnreachable || code === undefined) return;
    const { from, packet } = transit;
    const reportedMs = this.clock.now() + this.#links.of(transit).latencyMs;
    this.clock.at(reportedMs, () => from.unreachable(packet.destination, code));
  }
}
