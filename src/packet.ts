import type { Address } from './address.js';
import { checkArray, shown } from './arguments.js';

/** One SCTP packet between two IP addresses, as a transport carries it. */
export interface Packet {
  /** Where it comes from. */
  readonly source: Address;
  /** Where it goes to. */
  readonly destination: Address;
  /**
   * The peer's UDP port when SCTP travels inside UDP (RFC 6951): where an outgoing packet goes, where an incoming one
   * came from. 0: not encapsulated.
   */
  readonly port: number;
  /** The traffic class octet of the IP header; its low two bits are the ECN field (RFC 3168). */
  readonly trafficClass: number;
  /** The SCTP packet, from its common header on. Whoever is handed the packet owns these bytes. */
  readonly bytes: Uint8Array;
}

/** Throws TypeError for what can't be sent: told at once, rather than by what comes of it. */
export function checkPackets(packets: unknown): void {
  checkArray(packets, 'the packets', 'send');
  for (const packet of packets as (Partial<Packet> | null | undefined)[]) {
    const isPacket = typeof packet?.source === 'string' && typeof packet.destination === 'string';
    if (!isPacket || !ArrayBuffer.isView(packet.bytes)) {
      throw new TypeError(`send: a packet has a source, a destination and bytes, and isn't ${shown(packet)}`);
    }
  }
}
