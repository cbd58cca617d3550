import type { Association } from '../association/association.js';
import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import { FewSet } from '../few.js';
import type { ModuleSocket } from '../stack/socket/module-socket.js';
import { checkWaitOptions, Waiter, type WaitOptions } from '../wait.js';

export interface Adopter {
  /** Makes the association of an accepted handle; undefined: there is none any more. */
  adopt(handle: number): Association | undefined;
}

/**
 * Associations that peers have set up, on their way to whoever accepts them. Those of a one-to-one socket wait in
 * usrsctp, which counts its backlog, until somebody takes them; those of a one-to-many socket are up at once and wait
 * here. One that ends while it waits can still be accepted, as it may have left messages, but takes no living one's place;
 * of those no more than the backlog are kept, the last ones.
 */
export class Acceptor implements AsyncIterable<Association> {
  readonly #clock: Clock;
  readonly #style: 'one-to-one' | 'one-to-many';
  readonly #adopter: Adopter;
  readonly #waiters = new FewSet<Waiter<Association>>();
  readonly #queue: Association[] = [];
  #backlog = 0;
  #isPolling = false;
  #moduleSocket: ModuleSocket | undefined;
  #error: SctpError | undefined;

  constructor(clock: Clock, style: 'one-to-one' | 'one-to-many', adopter: Adopter) {
    this.#clock = clock;
    this.#style = style;
    this.#adopter = adopter;
  }

  get isListening(): boolean {
    return this.#backlog > 0;
  }

  /** `moduleSocket`: where those of a one-to-one socket wait. */
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
      this.#waiters.delete(waiter);
    });
    this.#waiters.add(waiter);
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

  /** Is there room for one more? Too many that have ended make some. */
  #hasRoom(): boolean {
    if (this.#queue.length < this.#backlog) return true;
    const ended = this.#queue.filter(({ state }) => state === 'closed');
    if (this.#queue.length - ended.length >= this.#backlog) return false;
    const [oldest] = ended;
    if (oldest && ended.length > this.#backlog) this.#queue.splice(this.#queue.indexOf(oldest), 1);
    return true;
  }

  /** Gives those who wait what there is. */
  poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    for (const waiter of this.#waiters) if (!this.#serve(waiter)) break;
    this.#isPolling = false;
  }

  /** Nothing more will be accepted. What nobody has taken is aborted. */
  end(error?: SctpError): void {
    this.#error ??= error ?? new SctpError('EBADF', 'accept: the socket is closed', { syscall: 'accept' });
    this.#moduleSocket = undefined;
    for (const waiter of this.#waiters) waiter.reject(this.#error);
    this.#waiters.clear();
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

  /** False: there is nothing for it yet. */
  #serve(waiter: Waiter<Association>): boolean {
    try {
      const association = this.#next();
      if (!association) return false;
      waiter.resolve(association);
    } catch (error) {
      waiter.reject(error); // no handle is left for it, say
    }
    return this.#waiters.delete(waiter);
  }

  #next(): Association | undefined {
    const queued = this.#queue.shift();
    if (queued) return queued;
    for (let handle = this.#moduleSocket?.accept(); handle !== undefined; handle = this.#moduleSocket?.accept()) {
      const association = this.#adopter.adopt(handle);
      if (association) return association;
    }
    return undefined;
  }
}
