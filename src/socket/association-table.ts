import { type Association, coreOf, newAssociation } from '../association/association.js';
import type { AssociationCore, AssociationOwner } from '../association/core.js';
import type { Refusals } from '../association/paths/refusals.js';
import { SEND_BYTES } from '../bridge/calls.js';
import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import type { Words } from '../lib-types.js';
import type { SocketConfig } from '../options/socket-options.js';
import { costOf, type Message } from '../stack/socket/message.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { OneToOneReadAhead, type ReadAhead } from './read-ahead/read-ahead.js';
import { OneToManyReadAhead } from './read-ahead/shared.js';
import { SocketReceiver } from './socket-receiver.js';

/** What the table tells its socket. */
export interface AssociationTableOwner {
  /** There is room to read the module socket again. */
  read(): void;
  ended(association: AssociationCore, error: SctpError | undefined): void;
}

/** What all associations of a stack share. */
export type SharedByAssociations = Pick<AssociationOwner, 'clock' | 'refusals'>;

/** The associations of one socket. It delivers what is read to them, and lets them send when there is room. */
export class AssociationTable implements AssociationOwner {
  readonly clock: Clock;
  readonly refusals: Refusals;
  readonly #config: SocketConfig;
  readonly #owner: AssociationTableOwner;
  readonly #readAhead: ReadAhead<AssociationCore>;
  readonly #byId = new Map<number, Association>();
  /** Associations with messages that wait for room in the send buffer. */
  #waiting: Set<AssociationCore> | undefined;
  /** How many bytes of incomplete messages have been read, by association. */
  #begun: Map<number, number> | undefined;
  #receiver: SocketReceiver | undefined;
  #lastPathId = 0;

  constructor(config: SocketConfig, { clock, refusals }: SharedByAssociations, owner: AssociationTableOwner) {
    this.clock = clock;
    this.refusals = refusals;
    this.#config = config;
    this.#owner = owner;
    const { style, readAheadBytes } = config;
    this.#readAhead =
      style === 'one-to-one'
        ? new OneToOneReadAhead(readAheadBytes, this)
        : new OneToManyReadAhead(readAheadBytes, this);
  }

  /** All associations, as a copy: closing one removes it from the table. */
  get list(): readonly Association[] {
    return [...this.#byId.values()];
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): Association | undefined {
    return this.#byId.get(id);
  }

  core(id: number): AssociationCore | undefined {
    const association = this.#byId.get(id);
    return association && coreOf(association);
  }

  add(id: number, moduleSocket: ModuleSocket): Association {
    const association = newAssociation(this, moduleSocket, id);
    this.#byId.set(id, association);
    return association;
  }

  /** The set-up of an association begins again, from another SCTP port. */
  beginAgain(association: Association, moduleSocket: ModuleSocket, id: number): void {
    this.#byId.delete(association.id);
    coreOf(association).beginAgain(moduleSocket, id);
    this.#byId.set(id, association);
  }

  /** Takes over an association of another socket, which may read on then. */
  adopt(association: Association, moduleSocket: ModuleSocket, from: AssociationTable): void {
    const core = coreOf(association);
    const { id } = core;
    const { cost } = core.receiveQueues;
    const begun = from.#begun?.get(id) ?? 0;
    const isWaiting = from.#waiting?.has(core) === true;
    from.#receiver?.forget(association);
    from.forget(core);
    this.#readAhead.add(core, cost);
    core.move(this, moduleSocket);
    this.#byId.set(id, association);
    if (isWaiting) this.messagesWait(core);
    this.begun(id, begun);
    from.#readAhead.remove(core, cost);
  }

  /** Removes an association. */
  forget(core: AssociationCore): void {
    if (!this.#byId.delete(core.id)) return;
    this.#begun?.delete(core.id);
    this.#waiting?.delete(core);
    this.#readAhead.forget(core);
  }

  /** Receives the messages of all associations. */
  get receiver(): SocketReceiver {
    if (this.#receiver) return this.#receiver;
    this.#receiver = new SocketReceiver(this.clock, () => {
      if (this.#begun?.size || this.setAside) this.#owner.read();
    });
    for (const association of this.#byId.values()) this.#receiver.arrived(association);
    return this.#receiver;
  }

  /** Does the program receive the messages of all associations? */
  get isReceiving(): boolean {
    return this.#receiver !== undefined;
  }

  /** Ends all associations. */
  end(error: SctpError): void {
    for (const association of this.list) coreOf(association).ended(error);
  }

  // --- what the module socket tells ---------------------------------------------------------------------------------

  /** How many bytes of messages may be read now. */
  room(): number {
    let begun = 0;
    if (this.#begun && !this.#receiver?.isWaiting) {
      for (const [id, bytes] of this.#begun) if (!this.core(id)?.receiveQueues.isWanted) begun += bytes;
    }
    return this.#readAhead.room(begun);
  }

  /** Ids of the associations that are set aside: nothing may be read from them now; undefined if there are none. */
  get setAside(): Words | undefined {
    return this.#readAhead.setAside;
  }

  message(id: number, message: Message): void {
    const association = this.#byId.get(id);
    if (!association) return;
    const core = coreOf(association);
    this.#readAhead.add(core, costOf(message));
    core.deliver(message);
    this.#receiver?.arrived(association);
  }

  begun(id: number, bytes: number): void {
    const core = this.core(id);
    if (bytes > 0 && core) {
      this.#begun ??= new Map();
      this.#begun.set(id, bytes);
      this.#readAhead.add(core, 0);
    } else this.#begun?.delete(id);
  }

  oversized(id: number): void {
    const limit = `maxMessageBytes (${this.#config.maxMessageBytes})`;
    const error = new SctpError('EMSGSIZE', `the peer sends a message larger than ${limit}: aborted`);
    this.core(id)?.fail(error, 'message too large');
  }

  /** An error at this end: the association can't go on. That the stack has stopped is told by `end`. */
  failed(id: number, cause: unknown): void {
    const message = `the association can't go on: ${cause instanceof Error ? cause.message : String(cause)}`;
    const error = cause instanceof SctpError ? cause : new SctpError('EPROTO', message, { cause });
    this.core(id)?.fail(error, 'internal error');
  }

  /** There may be room in the send buffers. */
  ready(): void {
    if (this.#waiting) for (const core of [...this.#waiting]) this.#flush(core);
    this.#readEnds();
  }

  // --- what the read-ahead asks -------------------------------------------------------------------------------------

  get cores(): readonly AssociationCore[] {
    return this.list.map(coreOf);
  }

  read(): void {
    this.#owner.read();
  }

  /** How many bytes of an association have been read, and are neither received nor waited for. */
  unreceived(core: AssociationCore): number {
    const { cost, isWanted } = core.receiveQueues;
    const begun = this.#begun?.get(core.id) ?? 0;
    return cost + (begun > 0 && (isWanted || this.#receiver?.isWaiting) ? 0 : begun);
  }

  // --- what the associations tell and ask ---------------------------------------------------------------------------

  get sendQueueBytes(): number {
    return this.#config.sendQueueBytes;
  }

  get pieceBytes(): number {
    return Math.min(this.#config.sendBufferBytes ?? SEND_BYTES, SEND_BYTES);
  }

  messagesLeft(core: AssociationCore, cost: number): void {
    this.#readAhead.remove(core, cost);
  }

  messageWanted(core: AssociationCore): void {
    this.#readAhead.wanted(core);
  }

  messagesWait(core: AssociationCore): void {
    this.#waiting ??= new Set();
    this.#waiting.add(core);
  }

  endIsNear(): void {
    queueMicrotask(() => this.#readEnds());
  }

  ended(core: AssociationCore, error: SctpError | undefined): void {
    const association = this.#byId.get(core.id);
    if (association) this.#receiver?.ended(association);
    this.forget(core);
    this.#owner.ended(core, error);
  }

  nextPathId(): number {
    return ++this.#lastPathId;
  }

  #flush(core: AssociationCore): void {
    try {
      if (!core.flush()) this.#waiting?.delete(core);
    } catch (error) {
      this.failed(core.id, error);
    }
  }

  /**
   * If nobody receives, the notification that an association has ended waits behind its messages. Then everything is
   * read, so that those who wait for the end learn of it. It is no more than the receive buffer, because nothing more
   * comes from a peer that is gone. A one-to-many socket is never paused.
   */
  #readEnds(): void {
    if (this.#readAhead.isPaused && this.cores.some(({ isAlive }) => !isAlive)) this.#readAhead.lift();
  }
}
