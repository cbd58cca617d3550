import type { Clock } from '../clock.js';
import { SctpError } from '../errors.js';
import type { Association } from './association.js';
import { checkWaitOptions, Waiter, type WaitOptions } from './deadline.js';
import type { Descriptor } from './descriptor.js';

/**
 * Associations that peers have set up, on their way to whoever accepts them. Those of a one-to-one socket wait in
 * usrsctp, which counts its backlog, until somebody takes them; those of a one-to-many socket are up at once and wait
 * here.
 */
export class Acceptor implements AsyncIterable<Association> {
  readonly #clock: Clock;
  readonly #style: 'one-to-one' | 'one-to-many';
  readonly #adopt: (handle: number) => Association;
  readonly #waiters = new Set<Waiter<Association>>();
  readonly #queue: Association[] = [];
  #backlog = 0;
  #descriptor: Descriptor | undefined;
  #error: SctpError | undefined;

  /** `adopt` makes the association of an accepted handle. */
  constructor(clock: Clock, style: 'one-to-one' | 'one-to-many', adopt: (handle: number) => Association) {
    this.#clock = clock;
    this.#style = style;
    this.#adopt = adopt;
  }

  get isListening(): boolean {
    return this.#backlog > 0;
  }

  listen(backlog: number): void {
    this.#backlog = backlog;
  }

  accept(options: WaitOptions): Promise<Association> {
    checkWaitOptions(options, 'accept');
    if (this.#error) return Promise.reject(this.#error);
    if (!this.isListening) {
      return Promise.reject(new SctpError('EINVAL', 'accept: call listen() first', { syscall: 'accept' }));
    }
    const waiter: Waiter<Association> = new Waiter(this.#clock, options, 'accept', () => {
      queueMicrotask(() => this.#waiters.delete(waiter));
    });
    if (!waiter.settled) this.#waiters.add(waiter);
    this.#serve();
    return waiter.promise;
  }

  /** An association of a one-to-many socket is up. */
  push(association: Association): void {
    if (!this.isListening) return;
    if (this.#queue.length >= this.#backlog) return association.abort('accept queue full');
    this.#queue.push(association);
    this.#serve();
  }

  /** There may be associations to accept in the module. */
  poll(descriptor: Descriptor): void {
    if (this.#style === 'one-to-many' || !this.isListening) return;
    this.#descriptor = descriptor;
    this.#serve();
  }

  /** Nothing more will be accepted. What nobody has taken is aborted. */
  end(error?: SctpError): void {
    this.#error ??= error ?? new SctpError('EBADF', 'accept: the socket is closed', { syscall: 'accept' });
    for (const waiter of this.#waiters) waiter.reject(this.#error);
    this.#waiters.clear();
    for (const association of this.#queue.splice(0)) association.abort();
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

  #serve(): void {
    for (const waiter of this.#waiters) {
      const association = this.#next();
      if (!association) return;
      this.#waiters.delete(waiter);
      waiter.resolve(association);
    }
  }

  #next(): Association | undefined {
    const queued = this.#queue.shift();
    if (queued) return queued;
    const handle = this.#descriptor?.accept();
    return handle === undefined ? undefined : this.#adopt(handle);
  }
}
