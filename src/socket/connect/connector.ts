import type { Address, Endpoint } from '../../address.js';
import { type Association, coreOf, setReady } from '../../association/association.js';
import type { Path } from '../../association/paths/path.js';
import { type ErrorCode, SctpError } from '../../errors.js';
import type { Lookup } from '../../host-name.js';
import type { ModuleSocket } from '../../stack/socket/module-socket.js';
import type { Notification } from '../../stack/socket/notification.js';
import { Waiter, type WaitOptions } from '../../wait.js';
import type { AssociationTable } from '../association-table.js';
import { portOf } from '../binding.js';
import type { LazyModuleSocket } from '../lazy-module-socket.js';
import { ConnectAttempt } from './attempt.js';
import type { ConnectAttempts } from './attempts.js';
import { begin, setInitBudget } from './begin.js';
import { checkCount, checkIdle, checkUnknown, knownId } from './idle.js';
import { namedLocals } from './local-addresses.js';
import { hasHostName, lookUpPeers, lookupTimeout } from './names.js';
import { type ConnectOptions, checkConnectOptions } from './options.js';
import { checkPeers, type Peer } from './peers.js';
import { checkEncapsulation, reachablePeers } from './reachability.js';

type AssociationUp = Notification & { type: 'association' };

/** A set-up that is under way. */
interface PendingSetup {
  readonly plan: Plan;
  readonly association: Association;
  readonly waiter: Waiter<Association>;
  attempt: ConnectAttempt;
  /** How many SCTP ports the network has refused. */
  refusedPorts: number;
  /** Set when nobody waits for the set-up any more: cancels its deadline. */
  detached?: () => void;
  /** The association was up, and had ended when that was read. A later notification tells how it ended. */
  up?: AssociationUp;
}

/** A set-up that has passed all checks. */
interface Plan {
  readonly syscall: string;
  readonly peers: readonly Peer[];
  /** The peers in the order in which they are tried. */
  readonly reachable: readonly Peer[];
  readonly options: ConnectOptions;
  /** The local endpoints to which the socket is bound for this set-up. */
  readonly locals: readonly Endpoint[] | undefined;
  /** May the set-up use any SCTP port? */
  readonly isAnyPort: boolean;
  /** When connectx was called. */
  readonly startedAtMs: number;
}

/** A set-up whose INIT has been sent. */
interface StartedSetup {
  readonly id: number;
  readonly moduleSocket: ModuleSocket;
  readonly attempt: ConnectAttempt;
}

/** How many SCTP ports a set-up tries, if the network refuses them because other hosts use them. */
const MOST_PORTS = 8;

/** What a connector needs from its socket. */
export interface ConnectorOwner {
  readonly moduleSocket: LazyModuleSocket;
  readonly attempts: ConnectAttempts;
  /** The most associations that the stack may have. */
  readonly mostAssociations: number;
  readonly associations: AssociationTable;
  readonly isListening: boolean;
  /** Looks host names up, if the transport can. */
  readonly lookup: Lookup | undefined;
  /** Chooses the link of a link-local address of the peer; undefined if the transport can't. */
  useZone(destination: Address, zone: string): boolean | undefined;
  /** Throws if the socket is closed. */
  checkOpen(syscall: string): void;
  /** An association is up for which nobody waits any more. */
  isUp(association: Association): void;
}

/** Sets associations up (connectx), and knows the set-ups of a socket that are under way. */
export class Connector {
  readonly #owner: ConnectorOwner;
  readonly #pending = new Map<number, PendingSetup>();
  /** Lookups of host names that are under way. */
  readonly #lookups = new Set<Waiter<Peer[]>>();

  constructor(owner: ConnectorOwner) {
    this.#owner = owner;
  }

  /** Checks the arguments, binds if asked to, and starts a set-up; or adds addresses to an association. */
  connect(syscall: string, list: readonly Peer[], options: ConnectOptions): Association | Promise<Association> {
    return this.#checkAndConnect(syscall, list, options, false);
  }

  /** The association of a one-to-many socket with a peer; if there is none, starts a set-up as `wait: false` does. */
  associationWith(list: readonly Peer[], options: WaitOptions): Association | Promise<Association> {
    return this.#checkAndConnect('send', list, { ...options, wait: false }, true);
  }

  #checkAndConnect(
    syscall: string,
    list: readonly Peer[],
    options: ConnectOptions,
    mayExist: boolean,
  ): Association | Promise<Association> {
    checkConnectOptions(options, syscall);
    if (hasHostName(list) && !options.association) return this.#lookUp(syscall, list, options, mayExist);
    return this.#connect(syscall, list, options, this.#owner.moduleSocket.pump.clock.now(), mayExist);
  }

  #connect(
    syscall: string,
    list: readonly Peer[],
    options: ConnectOptions,
    startedAtMs: number,
    mayExist: boolean,
  ): Association | Promise<Association> {
    const { moduleSocket: socket, associations, isListening } = this.#owner;
    const { interfaces } = socket.pump;
    const { family, style } = socket.config;
    const locals = namedLocals(options, interfaces, family, syscall);
    if (options.association) return this.#extend(options.association, list, locals, syscall);
    const peers = checkPeers(list, family, syscall, (address, zone) => this.#owner.useZone(address, zone));
    checkEncapsulation(peers, socket.encapsulationPort, syscall);
    options.signal?.throwIfAborted();
    const known = mayExist && associations.get(knownId(socket.opened(), peers, syscall));
    if (known) return known;
    if (style === 'one-to-one') checkIdle(associations.list, isListening, syscall);
    // Unreachable addresses come last, because usrsctp would wait for an answer from each of them.
    const reachable = reachablePeers(peers, interfaces, locals ?? socket.endpoints, syscall);
    if (style === 'one-to-many') checkUnknown(socket.opened(), peers, syscall);
    const isAnyPort = locals ? locals[0]?.port === 0 : socket.endpoints === undefined;
    if (locals) socket.bind(locals, syscall);
    return this.#start({ syscall, peers, reachable, options, locals, isAnyPort, startedAtMs });
  }

  /** Looks host names up, then connects. The deadline and the signal apply to both. */
  async #lookUp(
    syscall: string,
    list: readonly Peer[],
    options: ConnectOptions,
    mayExist: boolean,
  ): Promise<Association> {
    const { moduleSocket: socket, associations, isListening, lookup } = this.#owner;
    const { clock } = socket.pump;
    const { family, style } = socket.config;
    if (style === 'one-to-one') checkIdle(associations.list, isListening, syscall, this.#lookups.size > 0);
    options.signal?.throwIfAborted();
    const startedAtMs = clock.now();
    const waiter = new Waiter<Peer[]>(clock, options, syscall, (reason) =>
      isTimeout(reason) ? lookupTimeout(list, options.timeoutMs, syscall) : reason,
    );
    this.#lookups.add(waiter);
    lookUpPeers(list, { lookup: options.lookup ?? lookup, family, syscall }).then(
      (peers) => waiter.resolve(peers),
      (error: unknown) => waiter.reject(error),
    );
    const peers = await waiter.promise.finally(() => this.#lookups.delete(waiter));
    this.#owner.checkOpen(syscall);
    return this.#connect(syscall, peers, options, startedAtMs, mayExist);
  }

  /** Takes a notification about a set-up that is under way. Returns false if it is about another association. */
  notified(notification: Notification & { type: 'association' }): boolean {
    const pending = this.#pending.get(notification.associationId);
    if (!pending) return false;
    const { association, attempt } = pending;
    const core = coreOf(association);
    if (core.lifecycle.isFailing) return true; // the abort has its own error
    if (notification.state === 'up') {
      const paths = core.livePaths();
      if (paths) this.#up(pending, notification, paths);
      else pending.up = notification;
    } else if (notification.state === 'shutdown complete' && pending.up) {
      this.#up(pending, pending.up, association.paths());
      core.notify(notification);
    } else if (notification.state !== 'restart') {
      this.#failed(pending, attempt.failure(notification.abort));
    }
    return true;
  }

  /** An association has ended: if it was being set up, this end has ended it. */
  ended(id: number, error: SctpError | undefined): void {
    const pending = this.#pending.get(id);
    if (pending) this.#failed(pending, error ?? pending.attempt.error('ECONNRESET', 'the set-up was ended'));
  }

  /** Ends all set-ups. */
  fail(why: () => SctpError): void {
    if (this.#pending.size + this.#lookups.size === 0) return;
    const error = why();
    for (const waiter of this.#lookups) waiter.reject(error);
    for (const pending of this.#pending.values()) this.#failed(pending, error);
  }

  #start(plan: Plan): Association | Promise<Association> {
    const { syscall, options, startedAtMs } = plan;
    const { moduleSocket: socket, associations } = this.#owner;
    const { pump } = socket;
    const { id, moduleSocket, attempt } = pump.enter(() => this.#begin(plan));
    const association = associations.add(id, moduleSocket);
    const giveUp = (reason: unknown) => this.#giveUp(pending, reason);
    const waiter: Waiter<Association> = new Waiter(
      pump.clock,
      remaining(options, pump.clock.now() - startedAtMs),
      syscall,
      giveUp,
    );
    const pending: PendingSetup = { plan, association, waiter, attempt, refusedPorts: 0 };
    this.#pending.set(id, pending);
    setReady(association, waiter.promise);
    if (options.wait !== false) return waiter.promise;
    waiter.promise.catch(() => undefined); // `ready` may be ignored
    association.paths(); // keeps the paths for a caller who asks for them after a failure
    return association;
  }

  #begin({ syscall, peers, reachable, options, locals, startedAtMs }: Plan): StartedSetup {
    const { moduleSocket: socket } = this.#owner;
    const { pump, config } = socket;
    const moduleSocket = socket.bound();
    setInitBudget(moduleSocket, config, peers.length, options.timeoutMs);
    const ports = { local: portOf(moduleSocket), encapsulation: socket.encapsulationPort };
    const attempt: ConnectAttempt = new ConnectAttempt(pump, this.#owner.attempts, peers, ports, syscall, startedAtMs, {
      refused: () => this.#refused(attempt),
      portTaken: () => this.#portTaken(attempt),
    });
    try {
      checkCount(pump.calls.associationCount(), this.#owner.mostAssociations, syscall);
      return { id: begin(moduleSocket, reachable, syscall), moduleSocket, attempt };
    } catch (error) {
      attempt.end();
      if (locals) this.#unbind();
      throw error;
    }
  }

  #refused(attempt: ConnectAttempt): void {
    const pending = this.#pendingOf(attempt);
    if (pending) this.#failed(pending, attempt.failure());
  }

  /**
   * The network refuses the SCTP port of a set-up: another host uses it. If usrsctp has chosen the port, and nothing else uses the
   * socket, the set-up begins again from another port.
   */
  #portTaken(attempt: ConnectAttempt): boolean {
    const pending = this.#pendingOf(attempt);
    if (!pending || pending.up) return false;
    const { associations, isListening } = this.#owner;
    const isAlone = associations.size === 1 && !isListening;
    if (!pending.plan.isAnyPort || !isAlone || ++pending.refusedPorts >= MOST_PORTS) return false;
    try {
      this.#beginAgain(pending);
    } catch (error) {
      if (!(error instanceof SctpError)) throw error;
      this.#failed(pending, error);
    }
    return true;
  }

  #beginAgain(pending: PendingSetup): void {
    const { plan, association } = pending;
    const { moduleSocket: socket, associations } = this.#owner;
    this.#pending.delete(association.id);
    pending.attempt.end();
    try {
      socket.pump.enter(() => {
        socket.unbind();
        if (plan.locals) socket.bind(plan.locals, plan.syscall);
        const { id, moduleSocket, attempt } = this.#begin(plan);
        pending.attempt = attempt;
        associations.beginAgain(association, moduleSocket, id);
      });
    } finally {
      this.#pending.set(association.id, pending);
    }
  }

  #pendingOf(attempt: ConnectAttempt): PendingSetup | undefined {
    return [...this.#pending.values()].find((pending) => pending.attempt === attempt);
  }

  #up(pending: PendingSetup, up: AssociationUp, paths: readonly Path[]): void {
    const { plan, attempt, association, waiter } = pending;
    coreOf(association).opened(attempt.setup(up, paths));
    this.#end(pending);
    const isMultipath = paths.length > 1 && association.status().localAddresses.length > 1;
    if (pending.detached) this.#owner.isUp(association);
    else if (plan.options.requireMultipath && !isMultipath) {
      const what = "there is a single path: take the error's association as it is, or peel it off";
      waiter.reject(attempt.error('EPROTO', what, { association }));
    } else waiter.resolve(association);
  }

  #failed(pending: PendingSetup, error: SctpError): void {
    if (!this.#end(pending)) return;
    this.#cancel(pending, error);
    pending.waiter.reject(error);
  }

  /** The signal was aborted, or the deadline has passed. Returns the reason of the rejection. */
  #giveUp(pending: PendingSetup, reason: unknown): unknown {
    const { plan, attempt, association } = pending;
    const { options } = plan;
    const late = isTimeout(reason);
    if (!late && options.onAbort === 'detach') {
      pending.detached = this.#keepDeadline(pending);
      association.paths();
      return attempt.error('EINTR', 'interrupted; the set-up goes on', { association });
    }
    const error = late ? attempt.timeout(`not connected within ${options.timeoutMs} ms`) : undefined;
    this.#end(pending);
    this.#cancel(pending, error ?? attempt.error('ECONNRESET', 'the set-up was given up'));
    return error ?? reason;
  }

  /** Keeps the deadline of a set-up for which nobody waits any more. Returns the function that cancels it. */
  #keepDeadline(pending: PendingSetup): () => void {
    const { timeoutMs = Number.POSITIVE_INFINITY } = pending.plan.options;
    const late = () => this.#failed(pending, pending.attempt.timeout(`not connected within ${timeoutMs} ms`));
    if (!Number.isFinite(timeoutMs)) return () => {};
    const leftMs = Math.max(0, timeoutMs - pending.attempt.elapsedMs);
    return this.#owner.moduleSocket.pump.clock.schedule(leftMs, late);
  }

  /** Returns false if it had ended before. */
  #end({ attempt, association, detached }: PendingSetup): boolean {
    attempt.end();
    detached?.();
    return this.#pending.delete(association.id);
  }

  #cancel({ association, plan }: PendingSetup, error: SctpError): void {
    coreOf(association).cancel(error);
    if (plan.locals) this.#unbind();
  }

  /** Undoes the binding for a set-up, unless it is used by now. */
  #unbind(): void {
    const { moduleSocket: socket, associations, isListening } = this.#owner;
    if (associations.size === 0 && !isListening) socket.unbind();
  }

  /** connectx for an existing association: only addresses of this end can be added. */
  #extend(
    association: Association,
    list: readonly Peer[],
    locals: readonly Endpoint[] | undefined,
    syscall: string,
  ): Association {
    const { moduleSocket: socket, associations } = this.#owner;
    const fail = (code: ErrorCode, what: string) => new SctpError(code, `${syscall}: ${what}`, { syscall });
    if (list.length > 0) throw fail('EOPNOTSUPP', 'only the peer can add its addresses: give an empty list of peers');
    if (associations.get(association.id) !== association) {
      throw fail('EINVAL', "the association is none of this socket's");
    }
    if (association.state !== 'open') throw fail('ENOTCONN', `the association is ${association.state}`);
    if (!locals) throw fail('EINVAL', 'name the addresses to add by local or interface');
    socket.add(locals, syscall);
    return association;
  }
}

/** The options for the rest of a set-up, of which some time has passed. */
function remaining(options: ConnectOptions, elapsedMs: number): ConnectOptions {
  const { timeoutMs } = options;
  return timeoutMs === undefined ? options : { ...options, timeoutMs: Math.max(0, timeoutMs - elapsedMs) };
}

/** Whether a wait was given up because of its deadline; otherwise its signal was aborted. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof SctpError && reason.code === 'ETIMEDOUT';
}
