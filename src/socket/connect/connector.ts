import type { Endpoint } from '../../address.js';
import type { Association } from '../../association/association.js';
import type { Path } from '../../association/paths/path.js';
import { type ErrorCode, SctpError } from '../../errors.js';
import { FewMap } from '../../few.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { Notification } from '../../stack/socket/notification.js';
import { Waiter } from '../../wait.js';
import type { AssociationTable } from '../association-table.js';
import { portOf } from '../binding.js';
import type { LazyModuleSocket } from '../lazy-module-socket.js';
import { ConnectAttempt } from './attempt.js';
import type { ConnectAttempts } from './attempts.js';
import { begin, setInitBudget } from './begin.js';
import { checkIdle, checkUnknown } from './idle.js';
import { namedLocals } from './local-addresses.js';
import { type ConnectOptions, checkConnectOptions } from './options.js';
import { checkPeers, type Peer } from './peers.js';
import { checkEncapsulation, reachablePeers } from './reachability.js';

interface Pending {
  readonly attempt: ConnectAttempt;
  readonly association: Association;
  readonly waiter: Waiter<Association>;
  readonly options: ConnectOptions;
  /** The socket was bound for this set-up. */
  readonly isBoundForIt: boolean;
  /** Nobody waits for it any more; forgets the deadline that it has all the same. */
  detached?: () => void;
  /** It was up, and had ended when that was read: which end it was, a later notification tells. */
  up?: Up;
}

type Up = Notification & { type: 'association' };

/** A set-up that nothing speaks against. */
interface Plan {
  readonly syscall: string;
  readonly peers: readonly Peer[];
  /** The same, in the order in which they are tried. */
  readonly reachable: readonly Peer[];
  readonly options: ConnectOptions;
  readonly isBoundForIt: boolean;
}

/** A set-up whose INIT is on its way. */
interface Begun {
  readonly id: number;
  readonly moduleSocket: ModuleSocket;
  readonly attempt: ConnectAttempt;
}

/** What the set-ups of a socket have to do with. */
export interface Surroundings {
  readonly ground: LazyModuleSocket;
  readonly attempts: ConnectAttempts;
  readonly associations: AssociationTable;
  readonly isListening: boolean;
  /** An association is up that nobody waits for any more. */
  detachedUp(association: Association): void;
}

/** connectx, and the set-ups that a socket has under way. */
export class Connector {
  readonly #around: Surroundings;
  readonly #pending = new FewMap<number, Pending>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Checks what can be checked, binds if told to, and starts a set-up; or adds addresses to an association. */
  connect(syscall: string, list: readonly Peer[], options: ConnectOptions): Association | Promise<Association> {
    checkConnectOptions(options, syscall);
    const { ground, associations, isListening } = this.#around;
    const { interfaces } = ground.pump;
    const { family, style } = ground.config;
    const locals = namedLocals(options, interfaces, family, syscall);
    if (options.association) return this.#extend(options.association, list, locals, syscall);
    const peers = checkPeers(list, family, syscall);
    checkEncapsulation(peers, ground.encapsulationPort, syscall);
    options.signal?.throwIfAborted();
    if (style === 'one-to-one') checkIdle(associations.list, isListening, syscall);
    // usrsctp would wait for an answer from an address to which nothing can be sent, too: those come last
    const reachable = reachablePeers(peers, interfaces, locals ?? ground.endpoints, syscall);
    if (style === 'one-to-many') checkUnknown(ground.opened(), peers, syscall);
    if (locals) ground.bind(locals, syscall);
    return this.#start({ syscall, peers, reachable, options, isBoundForIt: locals !== undefined });
  }

  /** Takes what concerns a set-up under way; false: it doesn't. */
  notified(notification: Notification & { type: 'association' }): boolean {
    const pending = this.#pending.get(notification.associationId);
    if (!pending) return false;
    const { association, attempt } = pending;
    if (association.isFailing) return true; // whoever aborts it says why
    if (notification.state === 'up') {
      const paths = association.livePaths();
      if (paths) this.#up(pending, notification, paths);
      else pending.up = notification;
    } else if (notification.state === 'shutdown complete' && pending.up) {
      this.#up(pending, pending.up, association.paths());
      association.notify(notification);
    } else if (notification.state !== 'restart') {
      this.#failed(pending, attempt.failure(notification.abort));
    }
    return true;
  }

  /** An association has ended; if it was being set up, its owner has ended it. */
  released(id: number, error: SctpError | undefined): void {
    const pending = this.#pending.get(id);
    if (pending) this.#failed(pending, error ?? pending.attempt.error('ECONNRESET', 'the set-up was ended'));
  }

  /** Nothing comes of any of them. */
  fail(why: () => SctpError): void {
    if (this.#pending.size === 0) return;
    const error = why();
    for (const pending of this.#pending.values()) this.#failed(pending, error);
  }

  #start(plan: Plan): Promise<Association> {
    const { syscall, options, isBoundForIt } = plan;
    const { ground, associations } = this.#around;
    const { pump } = ground;
    let fail = () => {};
    const { id, moduleSocket, attempt } = pump.enter(() => this.#begin(plan, () => fail()));
    const association = associations.add(id, moduleSocket);
    const giveUp = (reason: unknown) => this.#giveUp(pending, reason);
    const waiter: Waiter<Association> = new Waiter(pump.clock, options, syscall, giveUp);
    const pending: Pending = { attempt, association, waiter, options, isBoundForIt };
    this.#pending.set(id, pending);
    association.connecting(waiter.promise);
    fail = () => this.#failed(pending, attempt.failure());
    if (options.wait !== false) return waiter.promise;
    waiter.promise.catch(() => undefined); // nobody needs to ask for `ready`
    association.paths(); // what is told of it should it fail; others are handed out when they are up
    return Promise.resolve(association);
  }

  /** `onRefused`: the network has refused all of the addresses. */
  #begin({ syscall, peers, reachable, options, isBoundForIt }: Plan, onRefused: () => void): Begun {
    const { ground } = this.#around;
    const { pump, config } = ground;
    const moduleSocket = ground.bound();
    setInitBudget(moduleSocket, config, peers.length, options.timeoutMs);
    const ports = { local: portOf(moduleSocket), encapsulation: ground.encapsulationPort };
    const attempt = new ConnectAttempt(pump, this.#around.attempts, peers, ports, syscall, onRefused);
    try {
      return { id: begin(moduleSocket, reachable, syscall), moduleSocket, attempt };
    } catch (error) {
      attempt.end();
      if (isBoundForIt) this.#unbind();
      throw error;
    }
  }

  #up(pending: Pending, up: Up, paths: readonly Path[]): void {
    const { attempt, association, waiter, options } = pending;
    association.opened(attempt.setup(up, paths));
    this.#end(pending);
    const isMultipath = paths.length > 1 && association.status().localAddresses.length > 1;
    if (pending.detached) this.#around.detachedUp(association);
    else if (options.requireMultipath && !isMultipath) {
      const what = "there is a single path: take the error's association as it is, or peel it off";
      waiter.reject(attempt.error('EPROTO', what, { association }));
    } else waiter.resolve(association);
  }

  #failed(pending: Pending, error: SctpError): void {
    if (!this.#end(pending)) return;
    this.#cancel(pending, error);
    pending.waiter.reject(error);
  }

  /** The signal or the deadline; returns what the promise rejects with. */
  #giveUp(pending: Pending, reason: unknown): unknown {
    const { attempt, association, options } = pending;
    const late = reason instanceof SctpError && reason.code === 'ETIMEDOUT';
    if (!late && options.onAbort === 'detach') {
      pending.detached = this.#keepDeadline(pending);
      association.paths();
      return attempt.error('EINTR', 'interrupted; the set-up goes on', { association });
    }
    const error = late ? attempt.timeout(`not connected within ${options.timeoutMs} ms`) : undefined;
    this.#end(pending);
    this.#cancel(pending, error ?? attempt.error('ECONNRESET', 'the attempt was given up'));
    return error ?? reason;
  }

  /** The deadline of a set-up that nobody waits for any more. */
  #keepDeadline(pending: Pending): () => void {
    const { attempt, options } = pending;
    const { timeoutMs = Number.POSITIVE_INFINITY } = options;
    const late = () => this.#failed(pending, attempt.timeout(`not connected within ${timeoutMs} ms`));
    if (!Number.isFinite(timeoutMs)) return () => {};
    return this.#around.ground.pump.clock.schedule(Math.max(0, timeoutMs - attempt.elapsedMs), late);
  }

  /** False: it has ended before. */
  #end({ attempt, association, detached }: Pending): boolean {
    attempt.end();
    detached?.();
    return this.#pending.delete(association.id);
  }

  #cancel({ association, isBoundForIt }: Pending, error: SctpError): void {
    association.cancel(error);
    if (isBoundForIt) this.#unbind();
  }

  /** Undoes the binding for a set-up; what has begun meanwhile keeps it. */
  #unbind(): void {
    const { ground, associations, isListening } = this.#around;
    if (associations.list.length === 0 && !isListening) ground.unbind();
  }

  /** connectx for an association that is there already: only this end's addresses can be added. */
  #extend(
    association: Association,
    list: readonly Peer[],
    locals: readonly Endpoint[] | undefined,
    syscall: string,
  ): Association {
    const { ground, associations } = this.#around;
    const fail = (code: ErrorCode, what: string) => new SctpError(code, `${syscall}: ${what}`, { syscall });
    if (list.length > 0) throw fail('EOPNOTSUPP', 'only the peer can add addresses of its own: give an empty list');
    if (associations.byId.get(association.id) !== association) {
      throw fail('EINVAL', "the association is none of this socket's");
    }
    if (association.state !== 'open') throw fail('ENOTCONN', `the association is ${association.state}`);
    if (!locals) throw fail('EINVAL', 'name the addresses to add, by local or by interface');
    ground.add(locals, syscall);
    return association;
  }
}
