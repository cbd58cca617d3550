import { type Address, canonicalAddress } from '../address.js';
import { SctpError } from '../errors.js';
import { Configurable, type OptionTarget } from '../options/access.js';
import type { Notification } from '../stack/socket/notification.js';
import type { AssociationEvents, PathEvent } from './events.js';
import type { AssociationOwner } from './owner.js';
import type { Path } from './paths/path.js';
import { PathChanges } from './paths/path-changes.js';
import { Paths } from './paths/paths.js';
import { type AssociationStatistics, readStatistics } from './paths/statistics.js';
import type { Status } from './paths/status.js';

/** Being set up, up, being shut down from either end, over. */
export type AssociationState = 'connecting' | 'open' | 'closing' | 'closed';

/** What an association tells of its paths. */
export abstract class Multihomed extends Configurable<AssociationEvents> {
  /** The association identifier of RFC 6458, unique within the socket. */
  readonly id: number;
  readonly #paths: Paths;

  /** @internal */
  constructor(id: number) {
    super();
    this.id = id;
    this.#paths = new Paths(id);
  }

  /** Where it is in its life. */
  abstract get state(): AssociationState;

  protected abstract get home(): AssociationOwner;

  protected override optionTarget(): OptionTarget {
    return { moduleSocket: this.home.moduleSocket, associationId: this.id };
  }

  /** The paths, one for each address of the peer; after the end of the association, as they were last. */
  paths(): readonly Path[] {
    if (this.state !== 'closed') this.#paths.refresh(this.home);
    return this.#paths.last;
  }

  /** The association as a whole; after its end, as it was last. Throws ENOTCONN when it ended before it was known. */
  status(): Status {
    this.paths();
    if (this.#paths.lastStatus) return this.#paths.lastStatus;
    throw new SctpError('ENOTCONN', 'status: the association has ended before it was known', { syscall: 'status' });
  }

  /** What usrsctp counts of it and of its paths. Throws ENOTCONN after its end. */
  statistics(): AssociationStatistics {
    if (this.state === 'closed') {
      throw new SctpError('ENOTCONN', 'statistics: the association has ended', { syscall: 'statistics' });
    }
    const addresses = this.paths().map(({ address }) => address);
    return readStatistics(this.home.moduleSocket, this.id, addresses);
  }

  /**
   * Makes one of the peer's addresses the primary path: where messages are sent to while it is active
   * (SCTP_PRIMARY_ADDR). Throws EINVAL for an address that isn't the peer's, or isn't confirmed yet.
   */
  setPrimary(address: Address): void {
    const primary = this.#own(address, 'setPrimary');
    if (!this.paths().some((path) => path.address === primary && path.state !== 'unconfirmed')) {
      const problem = `${primary} is none of the peer's confirmed addresses: see paths()`;
      throw new SctpError('EINVAL', `setPrimary: ${problem}`, { syscall: 'setPrimary', address: primary });
    }
    this.setOption('primaryPath', primary);
  }

  /**
   * Asks the peer to send to this local address (ASCONF with SET-PRIMARY-ADDRESS, RFC 5061 §4.2.4,
   * SCTP_SET_PEER_PRIMARY_ADDR). Both ends must have dynamic addresses; the peer isn't bound to comply. Throws EINVAL
   * for an address that isn't the association's, EOPNOTSUPP when the peer can't be asked.
   */
  setPeerPrimary(address: Address): void {
    const primary = this.#own(address, 'setPeerPrimary');
    const details = { syscall: 'setPeerPrimary', address: primary };
    if (!this.status().localAddresses.includes(primary)) {
      throw new SctpError('EINVAL', `setPeerPrimary: ${primary} is none of the association's local addresses`, details);
    }
    if (!this.getOption('dynamicAddresses')) {
      throw new SctpError('EOPNOTSUPP', 'setPeerPrimary: there are no dynamic addresses: see the option', details);
    }
    this.setOption('peerPrimaryPath', primary);
  }

  /** The changes of its paths from now on, until it ends: 256 wait to be taken, of more the oldest are dropped. */
  pathChanges(): AsyncIterableIterator<PathEvent> {
    return new PathChanges(this, this.state === 'closed');
  }

  /** @internal Its paths, read anew; undefined when usrsctp doesn't know it any more: its end will be read next. */
  livePaths(): readonly Path[] | undefined {
    if (this.#paths.refresh(this.home)) return this.#paths.last;
    this.home.ending();
    return undefined;
  }

  /** @internal Does usrsctp still know it? */
  isAlive(): boolean {
    return this.home.moduleSocket.association(this.id) !== undefined;
  }

  /** @internal The network says no. */
  refused(address: Address, error: SctpError): void {
    if (this.state === 'closed' || !this.#paths.has(address)) return;
    this.emit('path', { address, change: 'refused', error });
  }

  /** An address in its canonical form; the association must not have ended. */
  #own(address: Address, syscall: string): Address {
    if (this.state !== 'closed') return canonicalAddress(address, syscall);
    throw new SctpError('ENOTCONN', `${syscall}: the association has ended`, { syscall });
  }

  protected pathChanged({ address, change }: Notification & { type: 'path' }): void {
    // The first path is confirmed by what has set the association up: nothing has changed since that was read.
    if (change !== 'confirmed' || !this.#paths.isConfirmed(address)) this.paths();
    // usrsctp keeps the heartbeat timer of an address that the peer didn't name (sctp_pcb.c: it's freed, but referenced)
    if (change === 'unreachable' && !this.#paths.has(address)) return;
    this.emit('path', { address, change });
  }
}
