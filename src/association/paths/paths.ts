import { type Address, canonicalAddress, type Endpoint } from '../../address.js';
import { SctpError } from '../../errors.js';
import type { EventListeners } from '../../event-listeners.js';
import type { OptionAccess } from '../../options/access.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { Notification } from '../../stack/socket/notification.js';
import type { AssociationEvents, PathEvent } from '../events.js';
import type { Lifecycle } from '../lifecycle.js';
import { type Path, pathsOf } from './path.js';
import { PathChanges } from './path-changes.js';
import type { RefusalListener, Refusals } from './refusals.js';
import { type AssociationStatistics, readStatistics } from './statistics.js';
import { type Status, statusOf } from './status.js';

/** What the paths need from their association. */
export interface PathsOwner {
  readonly id: number;
  readonly moduleSocket: ModuleSocket;
  readonly lifecycle: Lifecycle;
  readonly options: OptionAccess;
  readonly events: EventListeners<AssociationEvents>;
  readonly refusals: Refusals;
  /** An id that no other path of the socket has. */
  nextPathId(): number;
}

const NONE: readonly Address[] = [];

/** The state of an association and of its paths. After the association's end: as usrsctp reported it last. */
export class Paths implements RefusalListener {
  readonly #owner: PathsOwner;
  #ids: Map<Address, number> | undefined;
  #last: readonly Path[] = [];
  #lastStatus: Status | undefined;
  /** The addresses whose refusals this is told of: those of the paths, as long as the program listens to them. */
  #watched: readonly Address[] = NONE;

  constructor(owner: PathsOwner) {
    this.#owner = owner;
  }

  list(): readonly Path[] {
    if (!this.#isClosed) this.refresh();
    return this.#last;
  }

  status(): Status {
    this.list();
    if (this.#lastStatus) return this.#lastStatus;
    throw new SctpError('ENOTCONN', 'status: the association ended before its status was known', { syscall: 'status' });
  }

  /** The ports, which never change; undefined if the association ended before they were read. */
  get ports(): Pick<Status, 'localPort' | 'remotePort'> | undefined {
    if (!this.#lastStatus) this.list();
    return this.#lastStatus;
  }

  /** The local endpoints of the association. */
  locals(): readonly Endpoint[] {
    this.list();
    const { localAddresses = [], localPort: port = 0 } = this.#lastStatus ?? {};
    return localAddresses.map((address) => ({ address, port }));
  }

  /** The peer's endpoints. */
  remotes(): readonly Endpoint[] {
    const paths = this.list();
    const { remotePort: port = 0 } = this.#lastStatus ?? {};
    return paths.map(({ address }) => ({ address, port }));
  }

  statistics(): AssociationStatistics {
    if (this.#isClosed) {
      throw new SctpError('ENOTCONN', 'statistics: the association has ended', { syscall: 'statistics' });
    }
    const addresses = this.list().map(({ address }) => address);
    return readStatistics(this.#owner.moduleSocket, this.#owner.id, addresses);
  }

  setPrimary(address: Address): void {
    const primary = this.#canonical(address, 'setPrimary');
    this.list();
    if (!this.#isConfirmed(primary)) {
      const problem = `${primary} is none of the peer's confirmed addresses: see paths()`;
      throw new SctpError('EINVAL', `setPrimary: ${problem}`, { syscall: 'setPrimary', address: primary });
    }
    this.#owner.options.set('primaryPath', primary);
  }

  setPeerPrimary(address: Address): void {
    const primary = this.#canonical(address, 'setPeerPrimary');
    const details = { syscall: 'setPeerPrimary', address: primary };
    if (!this.status().localAddresses.includes(primary)) {
      throw new SctpError('EINVAL', `setPeerPrimary: ${primary} is none of the association's local addresses`, details);
    }
    if (!this.#owner.options.get('dynamicAddresses')) {
      const problem = 'an end has no dynamic addresses: see the option dynamicAddresses';
      throw new SctpError('EOPNOTSUPP', `setPeerPrimary: ${problem}`, details);
    }
    this.#owner.options.set('peerPrimaryPath', primary);
  }

  changes(): AsyncIterableIterator<PathEvent> {
    return new PathChanges(this.#owner.events, this.#isClosed);
  }

  /** Reads the state and the paths from usrsctp. Returns false if usrsctp no longer knows the association. */
  refresh(): boolean {
    const { id, moduleSocket } = this.#owner;
    const state = moduleSocket.association(id);
    if (!state) return false;
    this.#last = pathsOf(state, moduleSocket, (address) => this.#idOf(address));
    this.#lastStatus = statusOf(state);
    this.#watch();
    return true;
  }

  /** The program begins or ceases to listen to the paths, or the association has ended. */
  watch(): void {
    if (this.#isClosed || !this.refresh()) this.#watch();
  }

  /** The paths that were read last. */
  get last(): readonly Path[] {
    return this.#last;
  }

  /** usrsctp reports that a path has changed. */
  changed({ address, change }: Notification & { type: 'path' }): void {
    // The set-up confirms the first path, which has been read since: nothing has changed then.
    if (change !== 'confirmed' || !this.#isConfirmed(address)) this.list();
    const path = this.#last.find((each) => each.address === address);
    // usrsctp keeps the heartbeat timer of an address that the peer didn't list (sctp_pcb.c: freed, but referenced).
    if (change === 'unreachable' && path === undefined) return;
    this.#owner.events.emit('path', { address, change, ...(change === 'mtu' && path && { mtu: path.mtu }) });
  }

  /** The network reports that an address can't be reached. */
  refused(address: Address, error: SctpError): void {
    this.#owner.events.emit('path', { address, change: 'refused', error });
  }

  #watch(): void {
    const { events, refusals } = this.#owner;
    const isWatching = events.has('path') && !this.#isClosed;
    if (!isWatching && this.#watched === NONE) return;
    const addresses = isWatching ? this.#last.map(({ address }) => address) : NONE;
    if (isWatching && String(addresses) === String(this.#watched)) return;
    refusals.listen(this, addresses, this.#watched);
    this.#watched = addresses;
  }

  get #isClosed(): boolean {
    return this.#owner.lifecycle.state === 'closed';
  }

  #isConfirmed(address: Address): boolean {
    return this.#last.some((path) => path.address === address && path.state !== 'unconfirmed');
  }

  #canonical(address: Address, syscall: string): Address {
    if (!this.#isClosed) return canonicalAddress(address, syscall);
    throw new SctpError('ENOTCONN', `${syscall}: the association has ended`, { syscall });
  }

  #idOf(address: Address): number {
    this.#ids ??= new Map();
    const id = this.#ids.get(address) ?? this.#owner.nextPathId();
    this.#ids.set(address, id);
    return id;
  }
}
