import type { Address } from '../address.js';
import type { InitAttempt } from '../errors.js';
import type { Feature, Notification, StreamCounts } from '../stack/socket/notification.js';
import type { Path } from './paths/path.js';

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

/** That of an association which the peer has set up; there are no paths when it has ended already. */
export function passiveSetup(up: Notification & { type: 'association' }, paths: readonly Path[]): Setup {
  const { streams, features } = up;
  const added = paths.map(({ address }) => address);
  return { tried: [], confirmed: [], dropped: [], added, streams, features, elapsedMs: 0 };
}
