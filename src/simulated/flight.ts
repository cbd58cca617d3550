import { type Address, familyOf } from '../address.js';
import type { Packet } from '../packet.js';
import type { Station } from './station.js';

/** One packet on its way through the network. */
export interface Flight {
  readonly from: Station;
  /** The address that the sender sent from; a NAT changes `packet.source`, never this. */
  readonly sentFrom: Address;
  /** UDP ports; both 0 when SCTP isn't encapsulated. */
  sourcePort: number;
  destinationPort: number;
  /** As the receiver sees it, but for `port`, which is set on arrival. */
  packet: Packet;
  to: Station | undefined;
  /** Its number in the trace. */
  number: number;
}

/** The size of the whole IP packet in bytes. */
export function ipBytes({ packet, destinationPort }: Flight): number {
  const ipHeader = familyOf(packet.destination) === 'IPv4' ? 20 : 40;
  return ipHeader + (destinationPort === 0 ? 0 : 8) + packet.bytes.length;
}

/** A second packet that is the same. */
export function copyOf(flight: Flight): Flight {
  return { ...flight, packet: { ...flight.packet, bytes: new Uint8Array(flight.packet.bytes) } };
}

/** The ECN field (RFC 3168 §5): 0 of packets that aren't ECN-capable, 3 for Congestion Experienced. */
const CONGESTION_EXPERIENCED = 3;

/** Marks a packet that is ECN-capable; says whether it is. */
export function markCongestion(flight: Flight): boolean {
  const { trafficClass } = flight.packet;
  if ((trafficClass & CONGESTION_EXPERIENCED) === 0) return false;
  flight.packet = { ...flight.packet, trafficClass: trafficClass | CONGESTION_EXPERIENCED };
  return true;
}
