import type { Address } from '../../address.js';
import { type InitAttempt, SctpError } from '../../errors.js';
import type { Descriptor } from '../descriptor.js';
import type { Feature, Notification, StreamCounts } from '../notification.js';

/** How an association came about. */
export interface Setup {
  /** Per listed address: how many INITs were sent there, and when. Empty where the peer connected. */
  readonly tried: readonly InitAttempt[];
  /** Listed addresses that the peer named: part of the association. */
  readonly confirmed: readonly Address[];
  /** Listed addresses that the peer didn't name: no longer part of it. */
  readonly dropped: readonly Address[];
  /** Addresses that the peer named beyond those listed. */
  readonly added: readonly Address[];
  /** What was agreed on. */
  readonly streams: StreamCounts;
  /** What both ends can do beyond RFC 9260. */
  readonly features: readonly Feature[];
  /** From the call to the association's being up, in ms; 0 where the peer connected. */
  readonly elapsedMs: number;
}

/** That of an association which the peer has set up. */
export function passiveSetup(descriptor: Descriptor, up: Notification & { type: 'association' }): Setup {
  const added = peerAddresses(descriptor, up.associationId);
  const { streams, features } = up;
  return { tried: [], confirmed: [], dropped: [], added, streams, features, elapsedMs: 0 };
}

/** None when the association has ended already: the notification that it is up came late. */
function peerAddresses(descriptor: Descriptor, id: number): Address[] {
  try {
    const peers = descriptor.endpoints('getpaddrs', (calls, handle) => calls.getpaddrs(handle, id));
    return peers.map(({ address }) => address);
  } catch (error) {
    if (error instanceof SctpError) return [];
    throw error;
  }
}
