import type { Association } from '../association/association.js';
import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../wait.js';

/** What an acceptor needs from its socket. */
export interface AcceptorOwner {
  /** Makes the association of an accepted handle. Returns undefined if the association no longer exists. */
  accepted(handle: number): Association | undefined;
}

/**
 * Associations that peers have set up and nobody has accepted yet. Those of a one-to-one socket wait in usrsctp, which
 * enforces the backlog. Those of a one-to-many socket are up at once and wait here. An association that ends while it
 * waits can still be accepted, because it may have left messages, but it doesn't count towards the backlog. At most a
 * backlog of such associations is kept, the oldest ones are dropped.
 */
export class Acceptor implements AsyncIterable<Association> {
  readonly #clock: Clock;
  readonly #style: 'one-to-one' | 'one-to-many';
  readonly #owner: AcceptorOwner;
  readonly #waiters: Waiter<Association>[] = [];
  readonly #queue: Association[] = [];
  #backlog = 0;
  #isPolling = false;
  #moduleSocket: ModuleSocket | undefined;
  #error: SctpError | undefined;

  constructor(clock: Clock, style: 'one-to-one' | 'one-to-many', owner: AcceptorOwner) {
    this.#clock = clock;
    this.#style = style;
    this.#owner = owner;
  }

  get isListening(): boolean {
    return this.#backlog > 0;
  }

  /** `moduleSocket`: the listening socket. */
  listen(backlog: number, moduleSocket: ModuleSocket): void {
    this.#backlog = backlog;
    if (this.#style === 'one-to-one') this.#moduleSocket = moduleSocket;
  }

  accept(options: WaitOptions): Promise<Association> {
    checkWaitOptions(options, 'accept');
    options.signal?.throwIfAborted();
    if (this.#error) throw this.#error;
    if (!this.isListening) throw new SctpError('EINVAL', 'accept: call listen() first', { syscall: 'accept' });
    const waiter: Waiter<Association> = new Waiter(this.#clock, options, 'accept', () => {
      this.#forget(waiter);
    });
    this.#waiters.push(waiter);
    this.poll();
    return waiter.promise;
  }

  /** An association of a one-to-many socket is up. */
  push(association: Association): void {
    if (!this.isListening) return;
    if (this.#error) return association.abort('nobody accepts any more');
    if (!this.#hasRoom()) return association.abort('accept queue full');
    this.#queue.push(association);
    this.poll();
  }

  /** Is there room for another association? Drops the oldest ended one if there are too many of them. */
  #hasRoom(): boolean {
    if (this.#queue.length < this.#backlog) return true;
    const ended = this.#queue.filter(({ state }) => state === 'closed');
    if (this.#queue.length - ended.length >= this.#backlog) return false;
    const [oldest] = ended;
    if (oldest && ended.length > this.#backlog) this.#queue.splice(this.#queue.indexOf(oldest), 1);
    return true;
  }

  /** Gives the waiting associations to those who wait for one. */
  poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    for (let waiter = this.#waiters[0]; waiter && this.#serve(waiter); ) waiter = this.#waiters[0];
    this.#isPolling = false;
  }

  /** Accepts nothing more, and aborts the associations that wait. */
  end(error?: SctpError): void {
    this.#error ??= error ?? new SctpError('EBADF', 'accept: the socket is closed', { syscall: 'accept' });
    this.#moduleSocket = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#error);
    for (const association of this.#queue.splice(0)) association.abort('nobody accepts any more');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Association, void, undefined> {
    for (;;) {
      try {
        yield await this.accept({});
      } catch (error) {
        if (error instanceof SctpError && error.code === 'EBADF') return;
        throw error;
      }
    }
  }

  /** Returns false if no association waits. */
  #serve(waiter: Waiter<Association>): boolean {
    try {
      const association = this.#next();
      if (!association) return false;
      waiter.resolve(association);
    } catch (error) {
      waiter.reject(error); // for example, usrsctp has no handle left
    }
    this.#forget(waiter);
    return true;
  }

  #forget(waiter: Waiter<Association>): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
  }

  #next(): Association | undefined {
    const queued = this.#queue.shift();
    if (queued) return queued;
    for (let handle = this.#moduleSocket?.accept(); handle !== undefined; handle = this.#moduleSocket?.accept()) {
      const association = this.#owner.accepted(handle);
      if (association) return association;
    }
    return undefined;
  }
}
