import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { SctpError } from '../errors.js';
import { EventListeners } from '../event-listeners.js';
import type { Names } from '../nearest-name.js';
import type { Packet } from '../packet.js';
import { systemRandom } from '../random.js';
import type { StackStatistics } from '../socket/stack-statistics.js';
import { PathTable, type ShareState } from '../steering/path-table.js';
import { abortPacket, PeerRecords } from '../steering/peer-records.js';
import { Steering } from '../steering/steering.js';
import type { AddressNotifier } from '../transport/udp/local-socket.js';
import { parseOptions } from '../transport/udp/options.js';
import { chooseSockets } from './choose-sockets.js';
import {
  type CoresSockets,
  type CoresSteering,
  type FromWorker,
  LINK,
  plainError,
  type ToWorker,
  type WorkerLink,
  type WorkerStatistics,
} from './messages.js';
import { type CoresOptions, type CoresSettings, coresSettings } from './options.js';
import { packBatch, unpackBatch } from './packet-batch.js';
import { Pending } from './pending.js';
import { mainSockets, SharedSockets, watchAddresses } from './shared-sockets.js';
import { sumOf } from './statistics.js';

/** The events of {@link Cores}. */
export interface CoresEvents {
  /** A worker has bound a socket to a port, or has called `ready`. */
  listening: CoreListening;
  /** A worker has ended. */
  exit: CoreExit;
}

/** A worker takes new associations from now on. */
export interface CoreListening {
  /** The worker's share. */
  readonly index: number;
  /** Node's number of its thread. */
  readonly threadId: number;
}

/** A worker has ended. */
export interface CoreExit {
  /** The worker's share. */
  readonly index: number;
  /** Its exit code. */
  readonly code: number;
  /** The uncaught error that ended it; `undefined` if there was none. */
  readonly error: unknown;
}

/** The statistics of one worker. */
export interface CoreStatistics extends WorkerStatistics {
  /** The worker's share. */
  readonly index: number;
}

/** A worker, as the main thread sees it. */
export interface CoreInfo {
  /** Its share of the verification tags. */
  readonly index: number;
  /** What its stack does: `absent` if there is none yet, or it is closed; `starting` until it has bound a port. */
  readonly state: ShareState;
  /** Node's worker, for messages; `undefined` while there is none. */
  readonly worker: Worker | undefined;
}

/** The statistics of all workers. */
export interface CoresStatistics {
  /** Those of each worker that has answered. */
  readonly workers: readonly CoreStatistics[];
  /** The sum of the counters of all reported stacks; absent if there are none. */
  readonly stack?: StackStatistics;
}

const EVENTS: Names<CoresEvents> = { listening: true, exit: true };
/** A worker that dies sooner than this after its start is followed by another one only after that time, in ms. */
const SHORT_LIFE_MS = 1000;
/** How long the statistics of a worker are waited for, in ms. */
const STATISTICS_MS = 2000;
/** The peers of a worker that has died get this reason with the ABORT. */
const REASON = 'the worker that had this association has ended';

/** A running worker. */
interface Running {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly startedMs: number;
  /** It is to end, and isn't followed by another one. */
  isEnding: boolean;
  error: unknown;
  drained: () => void;
  readonly ended: Promise<void>;
}

/**
 * A server on several cores: workers with a stack each, behind one set of addresses and one UDP port. Each worker runs the same file,
 * which is written as a program for one core is, and gets its transport from `coreWorker()`. An association is in one worker from its
 * set-up to its end, on all its paths.
 *
 * ```ts
 * const cores = await Cores.start(new URL('server.js', import.meta.url), { workers: 4, udp: { port: 9899 } });
 * ```
 */
export class Cores implements AsyncDisposable {
  /** How packets get to the worker that they are for. */
  readonly steering: CoresSteering;
  readonly #file: string | URL;
  readonly #settings: CoresSettings;
  readonly #socketKind: CoresSockets;
  readonly #table: PathTable;
  readonly #packetSteering: Steering;
  readonly #pendingBuffer: SharedArrayBuffer;
  readonly #pending: Pending;
  readonly #records: PeerRecords[];
  readonly #running = new Map<number, Running>();
  readonly #events = new EventListeners<CoresEvents>(EVENTS);
  readonly #statisticsRequests = new Map<number, (statistics: WorkerStatistics) => void>();
  readonly #respawns = new Set<NodeJS.Timeout>();
  #sockets: SharedSockets;
  #addresses: AddressNotifier | undefined;
  #unsent: Packet[] = [];
  #nextId = 0;
  #isClosing = false;

  /**
   * Starts the workers. Resolves when each of them has bound a socket to a port, or has called `ready`. Rejects with EINVAL for invalid
   * options, with the errors of `udp()` such as EADDRINUSE, and with what a worker throws before that.
   */
  static async start(file: string | URL, options: CoresOptions = {}): Promise<Cores> {
    const settings = coresSettings(options, availableParallelism());
    const udp = parseOptions(settings.udp);
    const { steering, sockets, open } = await chooseSockets(settings, udp);
    const cores = new Cores(file, settings, steering, sockets);
    const main = { received: cores.#received, unreachable: cores.#unreachable };
    cores.#sockets = new SharedSockets(open ?? mainSockets(udp, main));
    try {
      if (sockets === 'native') cores.#addresses = await watchAddresses(udp, cores.#addressesChanged);
      await Promise.all(Array.from({ length: settings.workers }, (_, index) => cores.spawn(index)));
    } catch (error) {
      await cores.close();
      throw error;
    }
    return cores;
  }

  private constructor(file: string | URL, settings: CoresSettings, steering: CoresSteering, sockets: CoresSockets) {
    const { workers, paths } = settings;
    this.steering = steering;
    this.#socketKind = sockets;
    this.#file = file;
    this.#settings = settings;
    this.#table = PathTable.create(workers, systemRandom, paths);
    this.#packetSteering = new Steering(this.#table);
    this.#pendingBuffer = Pending.create(workers);
    this.#pending = new Pending(this.#pendingBuffer);
    this.#records = Array.from({ length: workers }, () => PeerRecords.create(paths));
    this.#sockets = new SharedSockets(() => Promise.reject(new Error('not started')));
  }

  /** The workers, in the order of their shares. */
  get workers(): readonly CoreInfo[] {
    return Array.from({ length: this.#settings.workers }, (_, index) => {
      return { index, state: this.#table.state(index), worker: this.#running.get(index)?.worker };
    });
  }

  /** The local UDP port, the same on all addresses. */
  get port(): number {
    return this.#sockets.port;
  }

  /**
   * Starts the worker of a share that has none, as after `drain`. Resolves when it has bound a socket to a port, or has called `ready`.
   * Rejects with EALREADY if there is one, with ENETDOWN after `close`, and with what it throws before that.
   */
  async spawn(index: number): Promise<void> {
    this.#checkIndex(index, 'spawn');
    if (this.#isClosing) throw new SctpError('ENETDOWN', 'spawn: the workers are closed', { syscall: 'spawn' });
    if (this.#running.has(index)) {
      throw new SctpError('EALREADY', `spawn: worker ${index} is running`, { syscall: 'spawn' });
    }
    this.#start(index);
    await new Promise<void>((resolve, reject) => {
      const stop = [
        this.#events.on('listening', (event) => event.index === index && settle(resolve)),
        this.#events.on('exit', (event) => event.index === index && settle(() => reject(startError(index, event)))),
      ];
      const settle = (then: () => void) => {
        for (const each of stop) each();
        then();
      };
    });
  }

  /**
   * Takes a worker out without ending its associations: it gets no new ones, and ends when it has none left. Resolves when it has ended.
   * An aborted `signal` ends the associations that are left.
   */
  async drain(index: number, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#checkIndex(index, 'drain');
    const running = this.#running.get(index);
    if (running === undefined) return;
    running.isEnding = true;
    const drained = new Promise<void>((resolve) => {
      running.drained = resolve;
      options.signal?.addEventListener('abort', () => resolve(), { once: true });
      if (options.signal?.aborted) resolve();
    });
    if (this.#table.state(index) === 'open') this.#table.setState(index, 'draining');
    this.#updateProgram();
    post(running, { type: 'drain' });
    await Promise.race([drained, running.ended]);
    await this.#end(running);
  }

  /** The statistics of all workers: of their transports, and of the stacks that they have reported. */
  async statistics(): Promise<CoresStatistics> {
    const asked = [...this.#running].map(async ([index, running]) => {
      const id = this.#nextId++;
      const statistics = await new Promise<WorkerStatistics | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), STATISTICS_MS);
        this.#statisticsRequests.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        post(running, { type: 'statistics', id });
        void running.ended.then(() => resolve(undefined));
      });
      this.#statisticsRequests.delete(id);
      return statistics === undefined ? [] : [{ index, ...statistics }];
    });
    const workers = (await Promise.all(asked)).flat();
    const stack = sumOf(workers.flatMap((each) => (each.stack === undefined ? [] : [each.stack])));
    return { workers, ...(stack && { stack }) };
  }

  /** Calls `listener` for each event of that name. Returns a function that removes it. */
  on<Name extends keyof CoresEvents>(name: Name, listener: (event: CoresEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Calls `listener` for the next event of that name only. Returns a function that removes it. */
  once<Name extends keyof CoresEvents>(name: Name, listener: (event: CoresEvents[Name]) => void): () => void {
    return this.#events.once(name, listener);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<Name extends keyof CoresEvents>(name: Name, listener: (event: CoresEvents[Name]) => void): void {
    this.#events.off(name, listener);
  }

  /**
   * Ends all workers: the stacks that they have reported are closed, as `Stack.close` does. Resolves when all have ended; those that
   * haven't after `graceMs` are terminated.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#respawns) clearTimeout(timer);
    await Promise.all([...this.#running.values()].map((running) => this.#end(running)));
    await this.#sockets.close();
    this.#addresses?.close();
    this.#addresses = undefined;
  }

  /** Ends all workers, as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // --- workers ------------------------------------------------------------------------------------------------------

  #start(index: number): Running {
    const { workers, udp, workerData, argv, execArgv } = this.#settings;
    const { port1, port2 } = new MessageChannel();
    this.#pending.reset(index);
    const link: WorkerLink = {
      index,
      of: workers,
      steering: this.steering,
      sockets: this.#socketKind,
      udp,
      table: this.#table.buffer,
      records: (this.#records[index] as PeerRecords).buffer,
      pending: this.#pendingBuffer,
      port: port2,
    };
    const worker = new Worker(this.#file, {
      workerData: { ...workerData, [LINK]: link },
      transferList: [port2],
      ...(argv && { argv: [...argv] }),
      ...(execArgv && { execArgv: [...execArgv] }),
    });
    let hasEnded = () => {};
    const running: Running = {
      worker,
      port: port1,
      startedMs: performance.now(),
      isEnding: false,
      error: undefined,
      drained: () => {},
      ended: new Promise((resolve) => {
        hasEnded = resolve;
      }),
    };
    port1.on('message', (message: FromWorker) => void this.#messageReceived(index, running, message));
    worker.on('error', (error) => {
      running.error = error;
    });
    worker.on('exit', (code) => {
      this.#ended(index, running, code);
      hasEnded();
    });
    this.#introduce(index, running);
    this.#running.set(index, running);
    return running;
  }

  /** Connects a new worker with all others, so that they hand packets over to each other. */
  #introduce(index: number, running: Running): void {
    for (const [other, each] of this.#running) {
      const { port1, port2 } = new MessageChannel();
      post(running, { type: 'peer', index: other, port: port1 }, port1);
      post(each, { type: 'peer', index, port: port2 }, port2);
    }
  }

  async #messageReceived(index: number, running: Running, message: FromWorker): Promise<void> {
    switch (message.type) {
      case 'open': {
        const { id } = message;
        try {
          const opened = await this.#sockets.use(index, message.address, message.port);
          this.#updateProgram();
          post(running, { type: 'opened', id, ...opened });
        } catch (error) {
          post(running, { type: 'failed', id, error: plainError(error) });
        }
        return;
      }
      case 'release':
        await this.#sockets.release(index, message.address);
        return;
      case 'sleep': {
        const { address } = message;
        this.#sockets.wait(index, address, () => post(running, { type: 'wake', address }));
        return;
      }
      case 'send':
        this.#pending.taken(this.#pending.main, message.count);
        this.#sockets.send(unpackBatch(message.batch));
        return;
      case 'state':
        this.#updateProgram();
        if (this.#table.state(index) !== 'open') return;
        this.#sendUnsent();
        this.#events.emit('listening', { index, threadId: running.worker.threadId });
        return;
      case 'drained':
        running.drained();
        return;
      case 'statistics':
        this.#statisticsRequests.get(message.id)?.(message.statistics);
    }
  }

  /** Has a worker close its stacks. Terminates it if it hasn't ended in time. */
  async #end(running: Running): Promise<void> {
    running.isEnding = true;
    post(running, { type: 'close' });
    const timer = setTimeout(() => void running.worker.terminate(), this.#settings.graceMs);
    await running.ended;
    clearTimeout(timer);
  }

  /** A worker has ended, by itself or not. Its peers are told, if its stack hasn't done so. */
  #ended(index: number, running: Running, code: number): void {
    running.port.close();
    this.#running.delete(index);
    this.#table.setState(index, 'absent');
    this.#table.clear(index);
    this.#sockets.abandon(index);
    this.#pending.reset(index);
    this.#updateProgram();
    for (const record of this.#records[index]?.take() ?? []) this.#unsent.push(abortPacket(record, REASON));
    this.#sendUnsent();
    this.#events.emit('exit', { index, code, error: running.error });
    if (running.isEnding || this.#isClosing || !this.#settings.respawn) return;
    const livedMs = performance.now() - running.startedMs;
    const timer = setTimeout(
      () => {
        this.#respawns.delete(timer);
        if (!this.#running.has(index) && !this.#isClosing) this.#start(index);
      },
      livedMs < SHORT_LIFE_MS ? SHORT_LIFE_MS : 0,
    );
    this.#respawns.add(timer);
  }

  #checkIndex(index: number, syscall: string): void {
    const { workers } = this.#settings;
    if (Number.isInteger(index) && index >= 0 && index < workers) return;
    throw new SctpError('EINVAL', `${syscall}: give the index of a worker, 0 to ${workers - 1}`, { syscall });
  }

  // --- packets ------------------------------------------------------------------------------------------------------

  #updateProgram(): void {
    const indexes = Array.from({ length: this.#table.of }, (_, index) => index);
    const present = indexes.filter((index) => this.#table.state(index) !== 'absent');
    this.#sockets.steer({ of: this.#table.of, present, open: this.#table.open });
  }

  /** Sends ABORTs in place of a worker that has died: from here, or else from a worker that is open. */
  #sendUnsent(): void {
    if (this.#unsent.length === 0) return;
    const [open] = this.#table.open;
    const running = open === undefined ? undefined : this.#running.get(open);
    if (this.steering === 'main') this.#sockets.send(this.#unsent);
    else if (running === undefined) return;
    else {
      const batch = packBatch(this.#unsent);
      running.port.postMessage({ type: 'send', batch } satisfies ToWorker, [batch.buffer]);
    }
    this.#unsent = [];
  }

  /** The main thread's sockets have received packets. */
  readonly #received = (packets: readonly Packet[]): void => {
    const batches = new Map<number, Packet[]>();
    for (const packet of packets) {
      const index = this.#packetSteering.shareOf(packet, undefined, 'hash');
      if (index === undefined) continue;
      const batch = batches.get(index);
      if (batch === undefined) batches.set(index, [packet]);
      else batch.push(packet);
    }
    for (const [index, own] of batches) {
      const running = this.#running.get(index);
      if (running === undefined || !this.#pending.add(index, own.length)) continue;
      const batch = packBatch(own);
      const message: ToWorker = { type: 'received', batch, count: own.length };
      running.port.postMessage(message, [batch.buffer]);
    }
  };

  readonly #addressesChanged = (): void => {
    for (const running of this.#running.values()) post(running, { type: 'addresses' });
  };

  readonly #unreachable = (
    ...[destination, code]: Parameters<Parameters<typeof mainSockets>[1]['unreachable']>
  ): void => {
    for (const running of this.#running.values()) post(running, { type: 'unreachable', destination, code });
  };
}

function post({ port }: Running, message: ToWorker, ...transfer: MessagePort[]): void {
  port.postMessage(message, transfer);
}

function startError(index: number, { code, error }: CoreExit): unknown {
  if (error instanceof Error) return error;
  const message = `worker ${index} has ended with code ${code} before its stack started`;
  return new SctpError('ENETDOWN', `Cores.start: ${message}`, { syscall: 'Cores.start', cause: error });
}
