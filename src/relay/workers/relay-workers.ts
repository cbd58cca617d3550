import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { checkDuration, checkOptions, shown } from '../../arguments.js';
import { systemClock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { EventListeners } from '../../event-listeners.js';
import type { Names } from '../../nearest-name.js';
import { systemRandom } from '../../random.js';
import { MetricsSum } from '../metrics.js';
import { DRAIN_MS } from '../server.js';
import { type RegistryWorker, SharedRegistry } from './shared-registry.js';
import { MESSAGE_FIELD, type ProcessMessage, WORKER_INDEX } from './worker.js';

/** Options of {@link RelayWorkers}. */
export interface RelayWorkersOptions {
  /** How many workers there are, 1 to 64. Default: as many as processors can be used (`os.availableParallelism`). */
  readonly workers?: number;
  /** Command line arguments of the workers. Default: those of this process. */
  readonly args?: readonly string[];
  /** Node's options of the workers, such as `--import`. Default: those of this process. */
  readonly execArgv?: readonly string[];
  /** Whether a worker that ends by itself is followed by another one. Default true. */
  readonly respawn?: boolean;
  /** How long workers whose relays are closed may take to end by themselves before they are killed, in ms. Default 5000. */
  readonly graceMs?: number;
}

const NAMES: Names<RelayWorkersOptions> = { workers: true, args: true, execArgv: true, respawn: true, graceMs: true };
const MOST_WORKERS = 64;

/** The events of {@link RelayWorkers}. */
export interface RelayWorkersEvents {
  /** A worker takes clients. */
  listening: RelayWorkerListening;
  /** A worker has ended. */
  exit: RelayWorkerExit;
}

/** A worker takes clients from now on. */
export interface RelayWorkerListening {
  /** The worker's number, from 0. */
  readonly index: number;
  /** The id of its process. */
  readonly pid: number;
}

/** A worker has ended. */
export interface RelayWorkerExit {
  /** The worker's number, from 0. */
  readonly index: number;
  /** Its exit code; `null` if a signal has ended it. */
  readonly code: number | null;
  /** The signal that has ended it; `null` if it has ended by itself. */
  readonly signal: string | null;
}

/** A worker, as the primary process sees it. */
export interface RelayWorkerInfo {
  /** The worker's number, from 0. */
  readonly index: number;
  /** Whether it takes clients. */
  readonly isListening: boolean;
  /** The id of its process; `undefined` if there is none now. */
  readonly pid: number | undefined;
}

const EVENTS: Names<RelayWorkersEvents> = { listening: true, exit: true };
/** A worker that dies sooner than this after its start is followed by another one only after that time, in ms. */
const SHORT_LIFE_MS = 1000;
/** How often the metrics of the workers are noted, so that those of one that dies aren't lost, in ms. */
const METRICS_MS = 1000;
/** How long the metrics of a worker are waited for, in ms. */
const ANSWER_MS = 2000;

interface Running {
  readonly worker: Worker;
  readonly registry: RegistryWorker;
  readonly startedMs: number;
  readonly ended: Promise<void>;
  hasStarted: boolean;
  hasPort: boolean;
  isListening: boolean;
}

/**
 * A relay in several processes (Node's `cluster`), behind one port for WebSockets. Each worker runs the same file, which is written as a
 * relay in one process is, and passes {@link relayWorker} to `relayServer`. Clients are spread over the workers. Their limits, UDP ports and
 * SCTP ports are those of all workers together, and a session can be resumed by any worker.
 *
 * ```ts
 * const workers = await RelayWorkers.start(new URL('relay.js', import.meta.url), { workers: 4 });
 * process.once('SIGTERM', () => workers.drain());
 * ```
 */
export class RelayWorkers implements AsyncDisposable {
  readonly #file: string;
  readonly #options: RelayWorkersOptions;
  readonly #of: number;
  readonly #graceMs: number;
  readonly #registry: SharedRegistry;
  readonly #running = new Map<number, Running>();
  readonly #events = new EventListeners<RelayWorkersEvents>(EVENTS);
  readonly #respawns = new Set<NodeJS.Timeout>();
  readonly #metrics = new MetricsSum();
  readonly #noting: NodeJS.Timeout;
  #port = 0;
  #isEnding = false;
  #ending: Promise<void> | undefined;

  /**
   * Starts the workers. Resolves when each of them has a relay and listens. Rejects with TypeError or EINVAL for invalid options, and with
   * ECONNABORTED if a worker ends before; what it has thrown is on its standard error.
   */
  static async start(file: string | URL, options: RelayWorkersOptions = {}): Promise<RelayWorkers> {
    const workers = new RelayWorkers(file, options);
    try {
      await workers.#spawn(0); // If there is an error, one worker prints it.
      await Promise.all(Array.from({ length: workers.#of - 1 }, (_, index) => workers.#spawn(index + 1)));
    } catch (error) {
      await workers.close();
      throw error;
    }
    return workers;
  }

  private constructor(file: string | URL, options: RelayWorkersOptions) {
    checkOptions(options, NAMES, 'RelayWorkers.start');
    const { workers = Math.min(availableParallelism(), MOST_WORKERS), graceMs = 5000 } = options;
    if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
      const message = `RelayWorkers.start: \`workers\` is ${shown(workers)}: give an integer from 1 to ${MOST_WORKERS}`;
      throw new SctpError('EINVAL', message, { syscall: 'RelayWorkers.start' });
    }
    checkDuration(graceMs, 'graceMs', 'RelayWorkers.start');
    for (const name of ['args', 'execArgv'] as const) checkTexts(name, options[name]);
    if (typeof file !== 'string' && !(file instanceof URL)) {
      throw new TypeError(`RelayWorkers.start: the file must be a path or a URL, not ${shown(file)}`);
    }
    this.#file = typeof file === 'string' ? file : fileURLToPath(file);
    this.#options = options;
    this.#of = workers;
    this.#graceMs = graceMs;
    this.#registry = new SharedRegistry(workers, { random: systemRandom, clock: systemClock });
    this.#noting = setInterval(() => void this.#noteMetrics(), METRICS_MS);
    this.#noting.unref();
  }

  /** The workers, in the order of their numbers. */
  get workers(): readonly RelayWorkerInfo[] {
    return Array.from({ length: this.#of }, (_, index) => {
      const running = this.#running.get(index);
      return { index, isListening: running?.isListening === true, pid: running?.worker.process.pid };
    });
  }

  /** The TCP port that the workers listen on; 0 before. */
  get port(): number {
    return this.#port;
  }

  /** The clients of all workers, including those that have lost their connection and may resume. */
  get clients(): number {
    return this.#registry.clients;
  }

  /**
   * The metrics of all workers together, in Prometheus' text format (`text/plain; version=0.0.4`). Rejects with TypeError unless the
   * workers' option `metrics` was set.
   */
  async metrics(): Promise<string> {
    await this.#noteMetrics();
    return this.#metrics.text({ restingPorts: this.#registry.restingPorts, workers: this.#listening.length });
  }

  /**
   * Ends gracefully, as `drain` of a relay does: all workers refuse new clients, tell the present ones, and end when they have left, or after
   * `withinMs` (default 10 s). Further calls wait for the same end. Throws TypeError or RangeError if the time is invalid.
   */
  drain(withinMs: number = DRAIN_MS): Promise<void> {
    checkDuration(withinMs, 'the time', 'drain');
    this.#ending ??= this.#end((registry) => registry.drain(withinMs), withinMs + this.#graceMs);
    return this.#ending;
  }

  /** Ends at once, and tells the clients why. Resolves when all workers have ended. */
  async close(): Promise<void> {
    for (const { registry } of this.#running.values()) registry.close();
    this.#ending ??= this.#end((registry) => registry.close(), 2 * this.#graceMs);
    await this.#ending;
  }

  /** Ends all workers, as `close` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Calls `listener` for each event of that name. Returns a function that removes it. */
  on<Name extends keyof RelayWorkersEvents>(
    name: Name,
    listener: (event: RelayWorkersEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /** Calls `listener` for the next event of that name only. Returns a function that removes it. */
  once<Name extends keyof RelayWorkersEvents>(
    name: Name,
    listener: (event: RelayWorkersEvents[Name]) => void,
  ): () => void {
    return this.#events.once(name, listener);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<Name extends keyof RelayWorkersEvents>(name: Name, listener: (event: RelayWorkersEvents[Name]) => void): void {
    this.#events.off(name, listener);
  }

  get #listening(): Running[] {
    return [...this.#running.values()].filter(({ isListening }) => isListening);
  }

  /** Starts a worker. Resolves when it takes clients. */
  async #spawn(index: number): Promise<void> {
    this.#start(index);
    await new Promise<void>((resolve, reject) => {
      const stop = [
        this.#events.on('listening', (event) => event.index === index && settle(resolve)),
        this.#events.on('exit', (event) => event.index === index && settle(() => reject(startError(event)))),
      ];
      const settle = (then: () => void) => {
        for (const each of stop) each();
        then();
      };
    });
  }

  #start(index: number): void {
    const { args = process.argv.slice(2), execArgv = process.execArgv } = this.#options;
    // Only the workers that are forked next get these settings, so the program can have workers of its own.
    cluster.setupPrimary({ exec: this.#file, args: [...args], execArgv: [...execArgv], serialization: 'json' });
    const worker = cluster.fork({ [WORKER_INDEX]: String(index) });
    const registry = this.#registry.worker(
      (message) => {
        const envelope: ProcessMessage = { [MESSAGE_FIELD]: message };
        if (worker.isConnected()) worker.send(envelope);
      },
      {
        started: () => {
          running.hasStarted = true;
          this.#checkListening(index, running);
        },
        closed: () => {
          if (!this.#isEnding) return;
          if (worker.isConnected()) worker.disconnect();
        },
      },
    );
    let hasEnded = () => {};
    const running: Running = {
      worker,
      registry,
      startedMs: performance.now(),
      ended: new Promise((resolve) => {
        hasEnded = resolve;
      }),
      hasStarted: false,
      hasPort: false,
      isListening: false,
    };
    worker.on('message', (envelope: ProcessMessage | undefined) => {
      const message = envelope?.[MESSAGE_FIELD];
      if (message !== undefined) registry.received(message);
    });
    worker.on('error', () => {}); // A message couldn't be sent: the worker has gone, which `exit` tells.
    worker.on('listening', ({ port }: { readonly port: number }) => {
      this.#port = port;
      running.hasPort = true;
      this.#checkListening(index, running);
    });
    worker.on('exit', (code: number | null, signal: string | null) => {
      this.#ended(index, running, code, signal);
      hasEnded();
    });
    this.#running.set(index, running);
  }

  /** A worker takes clients as soon as it has a relay and listens, in any order. */
  #checkListening(index: number, running: Running): void {
    if (running.isListening || !running.hasStarted || !running.hasPort) return;
    running.isListening = true;
    this.#events.emit('listening', { index, pid: running.worker.process.pid ?? 0 });
  }

  #ended(index: number, running: Running, code: number | null, signal: string | null): void {
    this.#running.delete(index);
    running.registry.gone();
    this.#metrics.ended(index);
    this.#events.emit('exit', { index, code, signal });
    if (this.#isEnding || this.#options.respawn === false || !running.isListening) return;
    const livedMs = performance.now() - running.startedMs;
    const timer = setTimeout(
      () => {
        this.#respawns.delete(timer);
        if (!this.#isEnding) this.#start(index);
      },
      livedMs < SHORT_LIFE_MS ? SHORT_LIFE_MS : 0,
    );
    this.#respawns.add(timer);
  }

  async #end(tell: (registry: RegistryWorker) => void, withinMs: number): Promise<void> {
    this.#isEnding = true;
    for (const timer of this.#respawns) clearTimeout(timer);
    await Promise.all(
      [...this.#running.values()].map(async ({ registry, worker, ended, hasStarted }) => {
        if (hasStarted) tell(registry);
        else worker.process.kill('SIGKILL');
        const timer = setTimeout(() => worker.process.kill('SIGKILL'), withinMs);
        await ended;
        clearTimeout(timer);
      }),
    );
    clearInterval(this.#noting);
  }

  /** A worker that hasn't started yet doesn't get the question; the last values of one that doesn't answer in time are good enough. */
  async #noteMetrics(): Promise<void> {
    const started = [...this.#running].filter(([, { hasStarted }]) => hasStarted);
    await Promise.all(
      started.map(async ([index, { registry }]) => {
        const values = await within(ANSWER_MS, registry.metrics());
        if (values !== undefined && this.#running.get(index)?.registry === registry) this.#metrics.note(index, values);
      }),
    );
  }
}

function checkTexts(name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'))) return;
  throw new TypeError(`RelayWorkers.start: \`${name}\` must be an array of strings, not ${shown(value)}`);
}

/** Resolves with `undefined` if that takes longer. */
async function within<Value>(ms: number, answer: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function startError({ index, code, signal }: RelayWorkerExit): SctpError {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const message = `RelayWorkers.start: worker ${index} has ended ${how} before it took clients`;
  return new SctpError('ECONNABORTED', message, { syscall: 'RelayWorkers.start' });
}
