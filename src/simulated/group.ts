import { type Address, canonicalAddress } from '../address.js';
import type { PacketInTransit } from './packet-in-transit.js';

/** What the network needs to know of a host to find it. */
export interface Named {
  /** A name of a host, as the network knows it. */
  readonly name: string;
}

/** One end of a link: a host (all of its addresses), one address, or `'*'`: whoever it is. */
export type End = Named | Address | '*';

/** Several ends, or one. */
export type Group = End | readonly End[];

/** The ends of a group, addresses in canonical form. Throws EINVAL for text that is neither `'*'` nor an address. */
export function endsOf(group: Group, syscall: string): ReadonlySet<End> {
  const ends = Array.isArray(group) ? (group as readonly End[]) : [group as End];
  return new Set(ends.map((end) => canonicalEnd(end, syscall)));
}

export function canonicalEnd(end: End, syscall: string): End {
  return typeof end === 'string' && end !== '*' ? canonicalAddress(end, syscall) : end;
}

/** Whether a packet comes out of a group. */
export function leaves(ends: ReadonlySet<End>, { from, sentFrom, packet }: PacketInTransit): boolean {
  return ends.has('*') || ends.has(from) || ends.has(sentFrom) || ends.has(packet.source);
}

/** Whether a packet goes into a group. */
export function enters(ends: ReadonlySet<End>, { to, packet }: PacketInTransit): boolean {
  return ends.has('*') || (to !== undefined && ends.has(to)) || ends.has(packet.destination);
}
