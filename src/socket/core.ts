import type { Address } from '../address.js';
import { checkObject, checkOptions, shown } from '../arguments.js';
import { Association, coreOf } from '../association/association.js';
import type { AssociationCore } from '../association/core.js';
import { bytesOf, sendInfo } from '../association/messages/send-info.js';
import type { Sendable } from '../association/messages/send-options.js';
import type { Refusals } from '../association/paths/refusals.js';
import { passiveSetup } from '../association/setup.js';
import { SctpError } from '../errors.js';
import { EventListeners } from '../event-listeners.js';
import type { Lookup } from '../host-name.js';
import type { Words } from '../lib-types.js';
import { OptionAccess } from '../options/access.js';
import type { SocketConfig } from '../options/socket-options.js';
import { failed } from '../stack/socket/errors.js';
import type { Message } from '../stack/socket/message.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import type { Notification } from '../stack/socket/notification.js';
import type { Transport } from '../transport/transport.js';
import { checkWaitOptions, type WaitOptions } from '../wait.js';
import { Acceptor, type AcceptorOwner } from './acceptor.js';
import { AssociationTable, type AssociationTableOwner } from './association-table.js';
import type { ConnectAttempts } from './connect/attempts.js';
import { Connector, type ConnectorOwner } from './connect/connector.js';
import type { Peer } from './connect/peers.js';
import { SOCKET_EVENTS, type SocketEvents } from './events.js';
import { LazyModuleSocket, type LazyModuleSocketOwner, type ModuleSocketContext } from './lazy-module-socket.js';
import { logEnd, logNotification } from './log-associations.js';
import type { SocketMessage } from './socket-receiver.js';
import { SOCKET_SEND_OPTIONS, type SocketSendOptions } from './socket-send.js';
import type { LogWriter } from './stack-log.js';

const MOST_STREAMS = 0x10000;

/** What a socket needs from its stack. */
export interface SocketContext extends ModuleSocketContext {
  /** The set-ups that are under way. */
  readonly attempts: ConnectAttempts;
  /** The most associations that the stack may have. */
  readonly mostAssociations: number;
  readonly refusals: Refusals;
  /** Undefined if nothing is logged. */
  readonly log: LogWriter | undefined;
  /** Is the stack closed, or being closed? */
  readonly isClosing: boolean;
  /** The sockets that are in use: those that have a module socket. */
  readonly sockets: Set<SocketCore>;
  readonly transport: Transport;
}

/** The inside of a socket: it receives what the module socket reads, and connects the parts. */
export class SocketCore implements LazyModuleSocketOwner, AssociationTableOwner, AcceptorOwner, ConnectorOwner {
  readonly config: SocketConfig;
  readonly events: EventListeners<SocketEvents> = new EventListeners(SOCKET_EVENTS, () => this.#onListening());
  readonly moduleSocket: LazyModuleSocket;
  readonly associations: AssociationTable;
  readonly #context: SocketContext;
  #options: OptionAccess | undefined;
  #acceptor: Acceptor | undefined;
  #connector: Connector | undefined;
  #isOpen = true;
  /** Was the socket made for an association that was accepted or peeled off, with which it ends? */
  #isOfAssociation = false;
  /** The association of an accepted socket, until `accepted` returns it. */
  #accepted: Association | undefined;
  #facade: object | undefined;

  /** `handle`: that of an accepted or peeled-off socket. */
  constructor(context: SocketContext, config: SocketConfig, handle?: number) {
    this.config = config;
    this.#context = context;
    const { pump, refusals } = context;
    this.associations = new AssociationTable(config, { clock: pump.clock, refusals }, this);
    this.moduleSocket = new LazyModuleSocket(context, config, this, handle);
  }

  /** The public object of the socket, which `make` makes at the first call. */
  facade<Facade extends object>(make: () => Facade): Facade {
    this.#facade ??= make();
    return this.#facade as Facade;
  }

  get options(): OptionAccess {
    this.#options ??= new OptionAccess(() => {
      this.checkOpen('option');
      const { moduleSocket } = this;
      return { moduleSocket: moduleSocket.opened(), associationId: 0, reapplied: moduleSocket.reapplied };
    });
    return this.#options;
  }

  get attempts(): ConnectAttempts {
    return this.#context.attempts;
  }

  get lookup(): Lookup | undefined {
    const { transport } = this.#context;
    return transport.lookup && ((...question) => transport.lookup?.(...question));
  }

  useZone(destination: Address, zone: string): boolean | undefined {
    return this.#context.transport.useZone?.(destination, zone);
  }

  get mostAssociations(): number {
    return this.#context.mostAssociations;
  }

  get isListening(): boolean {
    return this.#acceptor?.isListening === true;
  }

  get acceptor(): Acceptor {
    this.#acceptor ??= new Acceptor(this.#context.pump.clock, this.config.style, this);
    return this.#acceptor;
  }

  get connector(): Connector {
    this.#connector ??= new Connector(this);
    return this.#connector;
  }

  checkOpen(syscall: string): void {
    const { pump, isClosing } = this.#context;
    if (!this.#isOpen) throw new SctpError('EBADF', `${syscall}: the socket is closed`, { syscall });
    if (pump.stopError) throw pump.stopError;
    if (isClosing) throw new SctpError('ENETDOWN', `${syscall}: the stack is closed`, { syscall });
  }

  listen(options: { readonly backlog?: number }): Acceptor {
    checkOptions(options, { backlog: true }, 'listen');
    const { backlog } = options;
    this.checkOpen('listen');
    if (backlog !== undefined && !(Number.isInteger(backlog) && backlog >= 1)) {
      throw failed('EINVAL', `listen: backlog must be 1 or more, not ${shown(backlog)}`);
    }
    if (this.config.style === 'one-to-one' && this.associations.size > 0) {
      throw failed('EISCONN', 'listen: the socket has an association: close it, or use another socket');
    }
    this.acceptor.listen(this.moduleSocket.bound(), backlog);
    return this.acceptor;
  }

  peeloff(association: { readonly id: number }): SocketCore {
    checkObject(association, 'the association', 'peeloff');
    const { id } = association;
    this.checkOpen('peeloff');
    const own = this.associations.get(id);
    const { current } = this.moduleSocket;
    if (this.config.style === 'one-to-one') throw failed('EOPNOTSUPP', 'peeloff: the association has its own socket');
    if (!own || own !== association || !current) {
      throw failed('EINVAL', `peeloff: the association (id ${shown(id)}) is none of this socket's`);
    }
    if (own.state === 'connecting') throw failed('EINPROGRESS', 'peeloff: the association is being set up');
    // One entry: nothing may be sent or read while usrsctp and this side disagree on the association's socket.
    return this.#context.pump.enter(() => {
      const handle = current.call('peeloff', (calls, from) => calls.peeloff(from, id));
      const socket = new SocketCore(this.#context, { ...this.config, style: 'one-to-one' }, handle);
      socket.#takeOver(own, current, this.associations);
      this.#acceptor?.take(own);
      return socket;
    });
  }

  /** The next message of any association. Also takes the associations that wait to be accepted. */
  async receive(options: WaitOptions): Promise<SocketMessage | undefined> {
    if (this.config.style === 'one-to-one') {
      throw failed('EOPNOTSUPP', "receive: a one-to-one socket doesn't receive: call receive() of its association");
    }
    if (!this.associations.isReceiving) {
      const { receiver } = this.associations;
      for (const association of this.#acceptor?.takeAll() ?? []) receiver.arrived(association);
      if (this.#isOpen)
        this.moduleSocket.opened(); // so that stack.close() ends the wait
      else receiver.end();
    }
    return this.associations.receiver.take(options);
  }

  /** Sends a message to an association, or to a peer, with which an association is set up if there is none. */
  async send(data: Sendable, options: SocketSendOptions): Promise<Association> {
    this.checkOpen('send');
    if (this.config.style === 'one-to-one') {
      throw failed('EOPNOTSUPP', "send: a one-to-one socket doesn't send: call send() of its association");
    }
    checkOptions(options ?? {}, SOCKET_SEND_OPTIONS, 'send');
    if (options?.to === undefined) {
      throw new TypeError("send: give `to`: an association of the socket, or the peer's { address, port }");
    }
    const { to, timeoutMs, signal, ...rest } = options;
    const bytes = bytesOf(data);
    sendInfo(0, MOST_STREAMS, rest);
    const wait = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) };
    const found = this.#associationWith(to, wait);
    // Without `await` for an association that is known, so that messages to a peer leave in the order of the calls.
    const association = found instanceof Association ? found : await found;
    if (association.state !== 'closed' && this.associations.get(association.id) !== association) {
      throw failed('EINVAL', `send: the association (id ${association.id}) is none of this socket's`);
    }
    this.#acceptor?.take(association);
    await association.ready;
    await association.send(bytes, rest);
    return association;
  }

  #associationWith(to: Association | Peer | readonly Peer[], wait: WaitOptions): Association | Promise<Association> {
    if (to instanceof Association) return to;
    return this.connector.associationWith(Array.isArray(to) ? to : [to], wait);
  }

  async close(options: WaitOptions): Promise<void> {
    checkWaitOptions(options, 'close');
    this.#stop();
    const closed = await Promise.allSettled(this.associations.list.map((association) => association.close(options)));
    this.moduleSocket.end();
    this.#endReceiving();
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  abort(reason: string): void {
    if (typeof reason !== 'string') throw new TypeError('abort: the reason must be a string');
    this.#stop();
    for (const association of this.associations.list) association.abort(reason);
    this.moduleSocket.end();
    this.#endReceiving();
  }

  /** Drops all unreceived messages: nobody will receive any more. */
  discard(): void {
    for (const core of this.associations.cores) core.discard();
  }

  // --- what the module socket tells ---------------------------------------------------------------------------------

  inUse(isInUse: boolean): void {
    if (isInUse) this.#context.sockets.add(this);
    else this.#context.sockets.delete(this);
  }

  room(): number {
    return this.associations.room();
  }

  get setAside(): Words | undefined {
    return this.associations.setAside;
  }

  message(id: number, message: Message): void {
    this.associations.message(id, message);
  }

  notification(notification: Notification): void {
    this.#handle(notification);
    const { log } = this.#context;
    if (log) logNotification(log, notification, this.associations.core(notification.associationId));
  }

  #handle(notification: Notification): void {
    const core = this.associations.core(notification.associationId);
    if (notification.type !== 'association') return core?.notify(notification);
    if (this.#connector?.notified(notification)) return;
    if (core) return core.notify(notification);
    const { current } = this.moduleSocket;
    if (notification.state === 'up' && current) this.#peerConnected(notification, current);
  }

  begun(id: number, bytes: number): void {
    this.associations.begun(id, bytes);
  }

  oversized(id: number): void {
    this.associations.oversized(id);
  }

  ready(): void {
    this.associations.ready();
    this.#acceptor?.poll();
  }

  failed(id: number, error: unknown): void {
    this.associations.failed(id, error);
  }

  fail(error: SctpError): void {
    this.#connector?.fail(() => error);
    this.associations.end(error);
    this.#acceptor?.end(error);
    this.#endReceiving(error);
  }

  // --- what the parts tell and ask ----------------------------------------------------------------------------------

  read(): void {
    this.moduleSocket.current?.read();
  }

  ended({ id, moduleSocket }: AssociationCore, error: SctpError | undefined): void {
    if (this.#context.log) logEnd(this.#context.log, id, error);
    this.#connector?.ended(id, error);
    if (this.config.style === 'one-to-many') return;
    this.moduleSocket.drop(moduleSocket);
    if (this.#isOfAssociation) this.#isOpen = false;
  }

  get takesByItself(): boolean {
    return this.associations.isReceiving || this.events.has('association');
  }

  get isFull(): boolean {
    return this.associations.isReceiving && this.associations.receiver.isFull;
  }

  /** An association is up that a peer has set up, or for which nobody waits any more. */
  isUp(association: Association): void {
    if (this.#isOfAssociation) this.#accepted = association;
    this.events.emit('association', association);
  }

  accepted(handle: number): Association | undefined {
    return new SocketCore(this.#context, this.config, handle).#ownAssociation();
  }

  /** The first listener gets the associations that wait, but not before `on` has returned. */
  #onListening(): void {
    queueMicrotask(() => this.#acceptor?.poll());
  }

  /** Nothing more will be received: those who wait get undefined, or the error. */
  #endReceiving(error?: SctpError): void {
    if (this.associations.isReceiving) this.associations.receiver.end(error);
  }

  #peerConnected(up: Notification & { type: 'association' }, moduleSocket: ModuleSocket): void {
    const association = this.associations.add(up.associationId, moduleSocket);
    coreOf(association).opened(passiveSetup(up, association.paths()));
    this.acceptor.push(association);
  }

  /** The association of an accepted socket: its first notification, which is read here, says that it is up. */
  #ownAssociation(): Association | undefined {
    this.#isOfAssociation = true;
    this.moduleSocket.current?.ready();
    const association = this.#accepted;
    this.#accepted = undefined;
    if (!association) this.moduleSocket.end();
    return association;
  }

  /** Takes over the association that was peeled off, for which the socket was made. */
  #takeOver(association: Association, from: ModuleSocket, associations: AssociationTable): void {
    this.#isOfAssociation = true;
    const moduleSocket = this.moduleSocket.opened();
    moduleSocket.adopt(association.id, from);
    this.associations.adopt(association, moduleSocket, associations);
  }

  /** Begins nothing new, and gives up what nobody has received yet: set-ups, and associations that weren't accepted. */
  #stop(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connector?.fail(
      () => new SctpError('EBADF', 'the socket was closed during the set-up', { syscall: 'close' }),
    );
    const { current } = this.moduleSocket;
    if (this.isListening && !this.#context.pump.stopError) {
      if (this.config.style === 'one-to-one') current?.close();
      else current?.call('listen', (calls, handle) => calls.listen(handle, 0));
    }
    this.#acceptor?.end();
  }
}
