import type { Association } from '../association/association.js';
import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../wait.js';

/** What an acceptor needs from its socket. */
export interface AcceptorOwner {
  /** Makes the association of an accepted handle. Returns undefined if the association no longer exists. */
  accepted(handle: number): Association | undefined;
  /** Does the program take associations in another way than by `accept`: by the event `association`, or `receive`? */
  readonly takesByItself: boolean;
  /** Do peers that have left have too many messages that nobody has received? */
  readonly isFull: boolean;
  /** An association is up: emits the event. */
  isUp(association: Association): void;
}

/** How many associations a one-to-one socket lets wait in usrsctp by default, as a server of Node's `net` does. */
const BACKLOG = 511;
/** At most this many associations of a one-to-many socket are kept that have ended before they were taken. */
const MOST_ENDED = 128;

/**
 * Associations that peers have set up, until the program takes them: by `accept`, by iterating, or by the event
 * `association`. The event is emitted for all of them. If the program has called `accept` or iterates, that takes them
 * all, and the event only tells of them. A program that receives by the socket needs to take none.
 *
 * Those of a one-to-one socket wait in usrsctp, which enforces the backlog. Those of a one-to-many socket are up at once
 * and wait here. An association that ends while it waits can still be taken, because it may have left messages, but it
 * doesn't count towards the backlog.
 */
export class Acceptor implements AsyncIterable<Association> {
  readonly #clock: Clock;
  readonly #style: 'one-to-one' | 'one-to-many';
  readonly #owner: AcceptorOwner;
  readonly #waiters: Waiter<Association>[] = [];
  readonly #queue: Association[] = [];
  #backlog = 0;
  #isListening = false;
  /** Has the program called `accept`, or begun to iterate? */
  #isAccepting = false;
  #isPolling = false;
  /** Up to this length the queue isn't searched for ended associations. */
  #roomUntil = MOST_ENDED;
  #moduleSocket: ModuleSocket | undefined;
  #error: SctpError | undefined;

  constructor(clock: Clock, style: 'one-to-one' | 'one-to-many', owner: AcceptorOwner) {
    this.#clock = clock;
    this.#style = style;
    this.#owner = owner;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Listens on a module socket. By default the associations of a one-to-many socket are limited by the stack only. */
  listen(moduleSocket: ModuleSocket, backlog: number | undefined): void {
    moduleSocket.call('listen', (calls, handle) => calls.listen(handle, backlog ?? BACKLOG));
    this.#isListening = true;
    this.#backlog = backlog ?? Number.POSITIVE_INFINITY;
    if (this.#style === 'one-to-one') this.#moduleSocket = moduleSocket;
  }

  accept(options: WaitOptions): Promise<Association> {
    checkWaitOptions(options, 'accept');
    options.signal?.throwIfAborted();
    if (this.#error) throw this.#error;
    if (!this.isListening) throw new SctpError('EINVAL', 'accept: call listen() first', { syscall: 'accept' });
    this.#isAccepting = true;
    const waiter: Waiter<Association> = new Waiter(this.#clock, options, 'accept', () => {
      this.#forget(waiter);
    });
    this.#waiters.push(waiter);
    this.poll();
    return waiter.promise;
  }

  /** An association of a one-to-many socket is up. */
  push(association: Association): void {
    if (!this.isListening) return this.#owner.isUp(association);
    if (this.#error) return association.abort('nobody accepts any more');
    if (this.#owner.isFull) return association.abort('too many unreceived messages');
    const isTaken = !this.#isAccepting && this.#owner.takesByItself;
    if (!isTaken && !this.#hasRoom()) return association.abort('accept queue full');
    if (!isTaken) this.#queue.push(association);
    this.#owner.isUp(association);
    this.poll();
  }

  /** The program has taken an association in another way: it peels it off, or sends to it. */
  take(association: Association): void {
    const index = this.#queue.length === 0 ? -1 : this.#queue.indexOf(association);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  /** Takes all associations of a one-to-many socket that wait, unless the program accepts them. */
  takeAll(): Association[] {
    return this.#isAccepting ? [] : this.#queue.splice(0);
  }

  /** Gives the waiting associations to those who wait for one. */
  poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    for (let waiter = this.#waiters[0]; waiter && this.#serve(waiter); ) waiter = this.#waiters[0];
    if (!this.#isAccepting) this.#emit();
    this.#isPolling = false;
  }

  /** Accepts nothing more, and aborts the associations that wait. */
  end(error?: SctpError): void {
    this.#error ??= error ?? new SctpError('EBADF', 'accept: the socket is closed', { syscall: 'accept' });
    this.#moduleSocket = undefined;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#error);
    for (const association of this.#queue.splice(0)) association.abort('nobody accepts any more');
  }

  [Symbol.asyncIterator](): AsyncGenerator<Association, void, undefined> {
    this.#isAccepting = true;
    return this.#iterate();
  }

  async *#iterate(): AsyncGenerator<Association, void, undefined> {
    for (;;) {
      try {
        yield await this.accept({});
      } catch (error) {
        if (error instanceof SctpError && error.code === 'EBADF') return;
        throw error;
      }
    }
  }

  /** Is there room for another association? Drops the oldest of the ended ones if there are too many of them. */
  #hasRoom(): boolean {
    if (this.#queue.length < Math.min(this.#backlog, this.#roomUntil)) return true;
    const most = Math.min(this.#backlog, MOST_ENDED);
    const ended = this.#queue.filter(({ state }) => state === 'closed');
    for (const oldest of ended.splice(0, ended.length - most)) this.take(oldest);
    this.#roomUntil = this.#queue.length + MOST_ENDED;
    return this.#queue.length - ended.length < this.#backlog;
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

  /** Gives the associations that wait to the listeners of the event. */
  #emit(): void {
    try {
      while (this.#owner.takesByItself && !this.#isAccepting) {
        const queued = this.#queue.shift();
        if (queued) this.#owner.isUp(queued);
        else if (!this.#accepted()) return;
      }
    } catch (error) {
      if (!(error instanceof SctpError)) throw error; // usrsctp has no handle left: they go on waiting
    }
  }

  #forget(waiter: Waiter<Association>): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
  }

  #next(): Association | undefined {
    return this.#queue.shift() ?? this.#accepted();
  }

  /** Accepts an association that waits in usrsctp. */
  #accepted(): Association | undefined {
    for (let handle = this.#moduleSocket?.accept(); handle !== undefined; handle = this.#moduleSocket?.accept()) {
      const association = this.#owner.accepted(handle);
      if (!association) continue;
      this.#owner.isUp(association);
      return association;
    }
    return undefined;
  }
}
