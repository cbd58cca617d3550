import { type Address, familyOf } from '../address.js';
import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';
import type { Host } from './host.js';

/** A host as the network sees it. */
export interface NetworkHost extends Host {
  /** 0 if the host does not encapsulate SCTP in UDP. */
  readonly encapsulationPort: number;
  readonly mtu: number;
  /** The packet will arrive at the given time. */
  deliverAt(timeMs: number, transit: PacketInTransit): void;
  /** Tells the stack that a destination can't be reached, as ICMP would. */
  unreachable(destination: Address, code: ErrorCode): void;
}

/** A packet on its way through the network. */
export interface PacketInTransit {
  readonly from: NetworkHost;
  /** The address that the sender sent from. A NAT changes `packet.source`, never this. */
  readonly sentFrom: Address;
  /** UDP ports; both are 0 if SCTP isn't encapsulated. */
  sourcePort: number;
  destinationPort: number;
  /** As the receiver sees it, except for `port`, which is set on arrival. */
  packet: Packet;
  /** Undefined if no host has the destination address. */
  to: NetworkHost | undefined;
  /** Its number in the trace. */
  number: number;
}

/** The size of the whole IP packet in bytes. */
export function ipBytes({ packet, destinationPort }: PacketInTransit): number {
  const ipHeader = familyOf(packet.destination) === 'IPv4' ? 20 : 40;
  return ipHeader + (destinationPort === 0 ? 0 : 8) + packet.bytes.length;
}

/** A copy with bytes of its own. */
export function copyOf(transit: PacketInTransit): PacketInTransit {
  return { ...transit, packet: { ...transit.packet, bytes: new Uint8Array(transit.packet.bytes) } };
}

/** The ECN field (RFC 3168 §5): 0 for packets that aren't ECN-capable, 3 for Congestion Experienced. */
const CONGESTION_EXPERIENCED = 3;

/** Marks a packet if it is ECN-capable. Returns whether it is. */
export function markCongestion(transit: PacketInTransit): boolean {
  const { trafficClass } = transit.packet;
  if ((trafficClass & CONGESTION_EXPERIENCED) === 0) return false;
  transit.packet = { ...transit.packet, trafficClass: trafficClass | CONGESTION_EXPERIENCED };
  return true;
}
