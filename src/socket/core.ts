import type { Association } from '../association/association.js';
import { passiveSetup } from '../association/setup.js';
import type { SctpError } from '../errors.js';
import type { SocketConfig } from '../options/socket-options.js';
import type { Message } from '../stack/socket/message.js';
import type { ModuleSocket, Owner } from '../stack/socket/module-socket.js';
import type { Notification } from '../stack/socket/notification.js';
import { Acceptor, type Adopter } from './acceptor.js';
import { type AssociationsOwner, AssociationTable } from './association-table.js';
import type { ConnectAttempts } from './connect/attempts.js';
import { Connector, type Surroundings } from './connect/connector.js';
import { type Holder, LazyModuleSocket } from './lazy-module-socket.js';
import type { StackContext } from './stack-context.js';

/** A socket, as its workings see it. */
export interface Outside extends Adopter, Holder {
  /** An association is up that no promise waits for. */
  isUp(association: Association): void;
  /** A one-to-one socket's association has ended. */
  ended(): void;
}

/** What a socket works with: each part is made when it is needed, as most sockets either accept or connect. */
export class SocketCore implements Owner, Surroundings, AssociationsOwner {
  readonly ground: LazyModuleSocket;
  readonly attempts: ConnectAttempts;
  readonly associations: AssociationTable;
  readonly #outside: Outside;
  #acceptor: Acceptor | undefined;
  #connector: Connector | undefined;

  /** `handle`: of an accepted socket. */
  constructor(world: StackContext, config: SocketConfig, outside: Outside, handle: number | undefined) {
    this.#outside = outside;
    this.attempts = world.attempts;
    this.associations = new AssociationTable(config, world.pump.clock, this);
    this.ground = new LazyModuleSocket(world, config, this, outside, handle);
  }

  get acceptor(): Acceptor {
    this.#acceptor ??= new Acceptor(this.ground.pump.clock, this.ground.config.style, this.#outside);
    return this.#acceptor;
  }

  get connector(): Connector {
    this.#connector ??= new Connector(this);
    return this.#connector;
  }

  get isListening(): boolean {
    return this.#acceptor?.isListening === true;
  }

  /** Nothing more is accepted, and no set-up goes on; `error` is made where one does. */
  stop(error: () => SctpError): void {
    this.#connector?.fail(error);
    const { moduleSocket, pump, config } = this.ground;
    if (this.isListening && !pump.death) {
      if (config.style === 'one-to-one') moduleSocket?.close();
      else moduleSocket?.call('listen', (calls, handle) => calls.listen(handle, 0));
    }
    this.#acceptor?.end();
  }

  // --- what the module socket tells ------------------------------------------------------------------------------------

  room(): number {
    return this.associations.room();
  }

  get held(): Uint32Array<ArrayBuffer> | undefined {
    return this.associations.held;
  }

  message(id: number, message: Message): void {
    this.associations.message(id, message);
  }

  notification(notification: Notification): void {
    const association = this.associations.byId.get(notification.associationId);
    if (notification.type !== 'association') return association?.notify(notification);
    if (this.#connector?.notified(notification)) return;
    if (association) return association.notify(notification);
    if (notification.state === 'up' && this.ground.moduleSocket) this.#passive(notification, this.ground.moduleSocket);
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
  }

  // --- what the associations tell -----------------------------------------------------------------------------------

  /** There is room to read. */
  read(): void {
    this.ground.moduleSocket?.read();
  }

  released(association: Association, moduleSocket: ModuleSocket, error: SctpError | undefined): void {
    this.#connector?.released(association.id, error);
    if (this.ground.config.style === 'one-to-many') return;
    this.ground.drop(moduleSocket);
    this.#outside.ended();
  }

  detachedUp(association: Association): void {
    this.#outside.isUp(association);
  }

  /** A peer has set up an association. */
  #passive(up: Notification & { type: 'association' }, moduleSocket: ModuleSocket): void {
    const association = this.associations.add(up.associationId, moduleSocket);
    association.opened(passiveSetup(up, association.paths()));
    this.#acceptor?.push(association);
    this.#outside.isUp(association);
  }
}
