import { type Address, canonicalAddress } from '../address.js';
import type { PacketInTransit } from './packet-in-transit.js';

/** A host, as far as links and partitions need it. */
export interface Named {
  /** The host's name. */
  readonly name: string;
}

/** One end of a link: a host (all of its addresses), one address, or `'*'` for any. */
export type End = Named | Address | '*';

/** One end or several. */
export type Group = End | readonly End[];

/** The ends of a group, with canonical addresses. Throws EINVAL for a string that is neither `'*'` nor an address. */
export function endsOf(group: Group, syscall: string): ReadonlySet<End> {
  const ends = Array.isArray(group) ? (group as readonly End[]) : [group as End];
  return new Set(ends.map((end) => canonicalEnd(end, syscall)));
}

export function canonicalEnd(end: End, syscall: string): End {
  return typeof end === 'string' && end !== '*' ? canonicalAddress(end, syscall) : end;
}

/** Whether a packet was sent from a group. */
export function leaves(ends: ReadonlySet<End>, { from, sentFrom, packet }: PacketInTransit): boolean {
  return ends.has('*') || ends.has(from) || ends.has(sentFrom) || ends.has(packet.source);
}

/** Whether a packet is sent to a group. */
export function enters(ends: ReadonlySet<End>, { to, packet }: PacketInTransit): boolean {
  return ends.has('*') || (to !== undefined && ends.has(to)) || ends.has(packet.destination);
}
