import { Association } from '../association/association.js';
import type { AssociationOwner } from '../association/owner.js';
import { SEND_BYTES } from '../bridge/calls.js';
import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import { FewMap, FewSet } from '../few.js';
import type { SocketConfig } from '../options/socket-options.js';
import { costOf, type Message } from '../stack/socket/message.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { OneToOneReadAhead, type ReadAhead } from './read-ahead/read-ahead.js';
import { OneToManyReadAhead } from './read-ahead/shared.js';

/** Whose associations they are. */
export interface AssociationsOwner {
  /** Reads the socket, as far as there is room. */
  read(): void;
  released(association: Association, moduleSocket: ModuleSocket, error: SctpError | undefined): void;
}

/** The associations of one socket: what is read goes to them, and what they send waits for room. */
export class AssociationTable {
  readonly #config: SocketConfig;
  readonly #clock: Clock;
  readonly #owner: AssociationsOwner;
  readonly #readAhead: ReadAhead<Association>;
  readonly #byId = new FewMap<number, Association>();
  readonly #waiting = new FewSet<Association>();
  /** Bytes of messages that aren't complete. */
  #begun: FewMap<number, number> | undefined;
  #home: AssociationOwner | undefined;
  #pathIds = 0;

  constructor(config: SocketConfig, clock: Clock, owner: AssociationsOwner) {
    this.#config = config;
    this.#clock = clock;
    this.#owner = owner;
    const { style, readAheadBytes } = config;
    this.#readAhead =
      style === 'one-to-one'
        ? new OneToOneReadAhead(readAheadBytes, this)
        : new OneToManyReadAhead(readAheadBytes, this);
  }

  get list(): readonly Association[] {
    return this.#byId.values();
  }

  get byId(): Pick<FewMap<number, Association>, 'get'> {
    return this.#byId;
  }

  add(id: number, moduleSocket: ModuleSocket): Association {
    const association = new Association(this.#homeOn(moduleSocket), id);
    this.#byId.set(id, association);
    return association;
  }

  /** Takes over an association of another socket, which may then have room to read on. */
  adopt(association: Association, moduleSocket: ModuleSocket, from: AssociationTable): void {
    const { id } = association;
    const cost = association.unreceivedCost;
    const begun = from.#begun?.get(id) ?? 0;
    const isWaiting = from.#waiting.has(association);
    from.forget(id);
    this.#readAhead.add(association, cost);
    association.move(this.#homeOn(moduleSocket));
    this.#byId.set(id, association);
    if (isWaiting) this.#waiting.add(association);
    this.begun(id, begun);
    from.#readAhead.remove(association, cost);
  }

  /** They share it: there may be thousands on one module socket. */
  #homeOn(moduleSocket: ModuleSocket): AssociationOwner {
    if (this.#home?.moduleSocket !== moduleSocket) this.#home = new AssociationTable.#Home(this, moduleSocket);
    return this.#home;
  }

  static readonly #Home = class implements AssociationOwner {
    readonly #of: AssociationTable;
    readonly moduleSocket: ModuleSocket;

    constructor(of: AssociationTable, moduleSocket: ModuleSocket) {
      this.#of = of;
      this.moduleSocket = moduleSocket;
    }

    get clock(): Clock {
      return this.#of.#clock;
    }

    get sendQueueBytes(): number {
      return this.#of.#config.sendQueueBytes;
    }

    get pieceBytes(): number {
      return Math.min(this.#of.#config.sendBufferBytes ?? SEND_BYTES, SEND_BYTES);
    }

    left(association: Association, cost: number): void {
      this.#of.#readAhead.remove(association, cost);
    }

    wanted(association: Association): void {
      this.#of.#readAhead.wanted(association);
    }

    waiting(association: Association): void {
      this.#of.#waiting.add(association);
    }

    ending(): void {
      queueMicrotask(() => this.#of.#readEnds());
    }

    released(association: Association, error: SctpError | undefined): void {
      this.#of.forget(association.id);
      this.#of.#owner.released(association, this.moduleSocket, error);
    }

    nextPathId(): number {
      return ++this.#of.#pathIds;
    }
  };

  /** It is none of these any more. */
  forget(id: number): void {
    const association = this.#byId.get(id);
    this.#byId.delete(id);
    this.#begun?.delete(id);
    if (association === undefined) return;
    this.#waiting.delete(association);
    this.#readAhead.forget(association);
  }

  /** Bytes of messages that may be read now. */
  room(): number {
    let begun = 0;
    if (this.#begun && this.#begun.size > 0) {
      for (const [id, bytes] of this.#begun) if (!this.#byId.get(id)?.isWanted) begun += bytes;
    }
    return this.#readAhead.room(begun);
  }

  /** Ids of those of which nothing may be read now; undefined: there are none. */
  get held(): Uint32Array<ArrayBuffer> | undefined {
    return this.#readAhead.held;
  }

  read(): void {
    this.#owner.read();
  }

  /** Bytes that are here of an association, and that nobody has received or waits for. */
  unreceived(association: Association): number {
    const begun = this.#begun?.get(association.id) ?? 0;
    return association.unreceivedCost + (begun > 0 && association.isWanted ? 0 : begun);
  }

  begun(id: number, bytes: number): void {
    const association = this.#byId.get(id);
    if (bytes > 0 && association) {
      this.#begun ??= new FewMap();
      this.#begun.set(id, bytes);
      this.#readAhead.add(association, 0);
    } else this.#begun?.delete(id);
  }

  message(id: number, message: Message): void {
    const association = this.#byId.get(id);
    if (!association) return;
    this.#readAhead.add(association, costOf(message));
    association.deliver(message);
  }

  oversized(id: number): void {
    const limit = `maxMessageBytes (${this.#config.maxMessageBytes})`;
    const error = new SctpError('EMSGSIZE', `the peer sends a message larger than ${limit}: aborted`);
    this.#byId.get(id)?.fail(error, 'message too large');
  }

  /** One can't go on, because of an error here. Of the stack's death all were told. */
  failed(id: number, cause: unknown): void {
    const message = `the association can't go on: ${cause instanceof Error ? cause.message : String(cause)}`;
    const error = cause instanceof SctpError ? cause : new SctpError('EPROTO', message, { cause });
    this.#byId.get(id)?.fail(error, 'internal error');
  }

  /** There may be room to send. */
  ready(): void {
    if (this.#waiting.size > 0) for (const association of this.#waiting) this.#flush(association);
    this.#readEnds();
  }

  #flush(association: Association): void {
    try {
      if (!association.flush()) this.#waiting.delete(association);
    } catch (error) {
      this.failed(association.id, error);
    }
  }

  #readEnds(): void {
    if (this.#readAhead.isPaused && this.#hasEndedUnread()) this.#readAhead.lift();
  }

  end(error: SctpError): void {
    for (const association of this.list) association.ended(error);
  }

  /**
   * While nobody receives, the notification that an association has ended waits behind the messages. Those who wait for
   * the end hear of it all the same: what there is, is read. It is not more than the receive buffer, as nothing more
   * comes from a peer that is gone. A one-to-many socket isn't paused.
   */
  #hasEndedUnread(): boolean {
    return this.list.some((association) => !association.isAlive());
  }
}
