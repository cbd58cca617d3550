import type { Endpoint } from '../address.js';
import { SctpError } from '../errors.js';
import type { Pump } from '../stack/pump.js';
import type { Association } from './association.js';
import { Attempt } from './attempt.js';
import { begin, setInitBudget } from './begin.js';
import { localEndpoints, portOf } from './binding.js';
import type { SocketConfig } from './config.js';
import type { ConnectOptions } from './connectoptions.js';
import { Waiter } from './deadline.js';
import type { Descriptor } from './descriptor.js';
import type { Notification } from './notification.js';
import type { Peer } from './peers.js';
import { reachablePeers } from './reachability.js';

/** One connectx. */
export interface Call {
  readonly descriptor: Descriptor;
  readonly peers: readonly Peer[];
  readonly options: ConnectOptions;
  readonly syscall: string;
  /** Makes the association that gets this id. */
  add(id: number): Association;
  /** The set-up has come to nothing. */
  failed(): void;
}

interface Pending extends Pick<Call, 'descriptor' | 'options' | 'failed'> {
  readonly attempt: Attempt;
  readonly association: Association;
  readonly waiter: Waiter<Association>;
  /** Nobody waits for it any more. */
  detached: boolean;
}

/** The set-ups that a socket has under way. */
export class Connector {
  readonly #pump: Pump;
  readonly #config: SocketConfig;
  readonly #onDetachedUp: (association: Association) => void;
  readonly #pending = new Map<number, Pending>();

  /** `onDetachedUp` is told of associations that are up and that nobody waits for any more. */
  constructor(pump: Pump, config: SocketConfig, onDetachedUp: (association: Association) => void) {
    this.#pump = pump;
    this.#config = config;
    this.#onDetachedUp = onDetachedUp;
  }

  /** Starts a set-up on a bound socket. */
  connect(call: Call): Promise<Association> {
    const { descriptor, peers, options, syscall } = call;
    setInitBudget(descriptor, this.#config, peers.length, options.timeoutMs);
    let fail = () => {};
    const attempt = new Attempt(this.#pump, peers, portOf(descriptor), syscall, () => fail());
    let id: number;
    try {
      id = begin(descriptor, this.#inOrder(peers, localEndpoints(descriptor), syscall), syscall);
    } catch (error) {
      attempt.end();
      call.failed();
      throw error;
    }
    const association = call.add(id);
    const waiter: Waiter<Association> = new Waiter(this.#pump.clock, options, syscall, (reason) =>
      this.#giveUp(pending, reason),
    );
    const pending: Pending = { ...call, attempt, association, waiter, detached: false };
    this.#pending.set(id, pending);
    association.connecting(waiter.promise);
    fail = () => this.#failed(pending, attempt.failure());
    return options.wait === false ? Promise.resolve(association) : waiter.promise;
  }

  /** Takes what concerns a set-up under way; false: it doesn't. */
  notified(notification: Notification & { type: 'association' }): boolean {
    const pending = this.#pending.get(notification.associationId);
    if (!pending) return false;
    if (notification.state === 'up') this.#up(pending, notification);
    else if (notification.state !== 'restart') {
      this.#failed(pending, pending.attempt.failure(notification.abort));
    }
    return true;
  }

  /** The association has ended; if it was being set up, somebody else has ended it. */
  released(id: number, error: SctpError | undefined): void {
    const pending = this.#pending.get(id);
    if (pending) this.#failed(pending, error ?? pending.attempt.error('ECONNRESET', 'the set-up was ended'));
  }

  /** Nothing comes of any of them. */
  fail(error: SctpError): void {
    for (const pending of [...this.#pending.values()]) this.#failed(pending, error);
  }

  #up(pending: Pending, up: Notification & { type: 'association' }): void {
    const { attempt, association, waiter, options, descriptor } = pending;
    this.#end(pending);
    const paths = association.paths();
    association.opened(attempt.setup(up, paths));
    const isMultipath = paths.length > 1 && localEndpoints(descriptor, association.id).length > 1;
    if (pending.detached) this.#onDetachedUp(association);
    else if (options.requireMultipath && !isMultipath) {
      const what = 'the association has a single path: use or peel off the one in `association`';
      waiter.reject(attempt.error('EPROTO', what, { association }));
    } else waiter.resolve(association);
  }

  #failed(pending: Pending, error: SctpError): void {
    if (!this.#end(pending)) return;
    pending.association.cancel(error);
    pending.failed();
    pending.waiter.reject(error);
  }

  /** The signal or the deadline; returns what the promise rejects with. */
  #giveUp(pending: Pending, reason: unknown): unknown {
    const { attempt, association, options } = pending;
    const late = reason instanceof SctpError && reason.code === 'ETIMEDOUT';
    if (!late && options.onAbort === 'detach') {
      pending.detached = true;
      return attempt.error('EINTR', 'interrupted; the set-up goes on', { association });
    }
    const error = late ? attempt.timeout(`not connected within ${options.timeoutMs} ms`) : undefined;
    this.#end(pending);
    association.cancel(error ?? attempt.error('ECONNRESET', 'the attempt was given up'));
    pending.failed();
    return error ?? reason;
  }

  /** False: it has ended before. */
  #end({ attempt, association }: Pending): boolean {
    attempt.end();
    return this.#pending.delete(association.id);
  }

  /** usrsctp waits for an answer from an address to which nothing can be sent, too: those come last. */
  #inOrder(peers: readonly Peer[], bound: readonly Endpoint[], syscall: string): readonly Peer[] {
    return reachablePeers(peers, this.#pump.interfaces, bound, syscall);
  }
}
