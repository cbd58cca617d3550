import type { Address } from './address.js';
import { checkArray, shown } from './arguments.js';

/** One SCTP packet between two IP addresses, as a transport carries it. */
export interface Packet {
  /** The source IP address. */
  readonly source: Address;
  /** The destination IP address. */
  readonly destination: Address;
  /**
   * The peer's UDP port if SCTP is encapsulated in UDP (RFC 6951): the destination port of an outgoing packet, the source
   * port of an incoming one. 0 if it isn't encapsulated.
   */
  readonly port: number;
  /** The traffic class octet of the IP header; its low two bits are the ECN field (RFC 3168). */
  readonly trafficClass: number;
  /**
   * True if IP may fragment an outgoing packet: it is larger than the path MTU, because it has a chunk that SCTP can't divide. A
   * transport that can't send it without the don't-fragment bit sends it as any other.
   */
  readonly mayBeFragmented?: boolean;
  /** The SCTP packet, beginning with its common header. Whoever receives the packet owns these bytes. */
  readonly bytes: Uint8Array;
}

/** Throws TypeError if the packets have the wrong type. Otherwise the mistake would show later and elsewhere. */
export function checkPackets(packets: unknown): void {
  checkArray(packets, 'the packets', 'send');
  for (const packet of packets as (Partial<Packet> | null | undefined)[]) {
    const isPacket = typeof packet?.source === 'string' && typeof packet.destination === 'string';
    if (!isPacket || !ArrayBuffer.isView(packet.bytes)) {
      throw new TypeError(`send: a packet must have a source, a destination and bytes, unlike ${shown(packet)}`);
    }
  }
}
