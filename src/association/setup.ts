import type { Address } from '../address.js';
import type { InitAttempt } from '../errors.js';
import type { Feature, Notification, StreamCounts } from '../stack/socket/notification.js';
import type { Path } from './paths/path.js';

/** How an association was set up. */
export interface Setup {
  /** The INITs that were sent to each listed address. Empty if the peer connected. */
  readonly tried: readonly InitAttempt[];
  /** Listed addresses that the peer confirmed as its own: they are part of the association. */
  readonly confirmed: readonly Address[];
  /** Listed addresses that the peer didn't confirm: they are not part of the association. */
  readonly dropped: readonly Address[];
  /** Further addresses of the peer, which weren't listed. */
  readonly added: readonly Address[];
  /** How many streams both ends agreed on. */
  readonly streams: StreamCounts;
  /** The extensions of RFC 9260 that both ends support. */
  readonly features: readonly Feature[];
  /** The time from the call until the association was up, in ms; 0 if the peer connected. */
  readonly elapsedMs: number;
}

/** The set-up of an association by the peer. There are no paths if it has ended already. */
export function passiveSetup(up: Notification & { type: 'association' }, paths: readonly Path[]): Setup {
  const { streams, features } = up;
  const added = paths.map(({ address }) => address);
  return { tried: [], confirmed: [], dropped: [], added, streams, features, elapsedMs: 0 };
}
