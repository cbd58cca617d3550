import { SctpError } from '../../errors.js';
import type { ChannelMessage } from './channel.js';
import { WorkerRegistry } from './worker-registry.js';

/** The environment variable with the worker's index. */
export const WORKER_INDEX = 'USRSCTP_RELAY_WORKER';
/** The field of a message between the processes that this file and `relay-workers.ts` use. */
export const MESSAGE_FIELD = 'usrsctpRelay';

/** A message between the processes. */
export interface ProcessMessage {
  readonly [MESSAGE_FIELD]?: ChannelMessage;
}

let current: RelayWorker | undefined;
let newWorker: (index: number) => RelayWorker;

/** How a worker's relay reaches the primary process. */
export let registryOf: (worker: RelayWorker) => WorkerRegistry;

/** Whether this process was started by `RelayWorkers`. */
export function isRelayWorker(): boolean {
  return process.env[WORKER_INDEX] !== undefined && process.connected === true;
}

/**
 * The worker that this process is, for the option `worker` of `relayServer`. Throws EINVAL in a process that wasn't started by
 * {@link RelayWorkers}. From then on, the process ignores SIGTERM and SIGINT: its primary process tells it when to end.
 */
export function relayWorker(): RelayWorker {
  if (!isRelayWorker()) {
    const why = 'this process is no worker: start its file by RelayWorkers.start()';
    throw new SctpError('EINVAL', `relayWorker: ${why}`, { syscall: 'relayWorker' });
  }
  current ??= newWorker(Number(process.env[WORKER_INDEX]));
  return current;
}

/** One of several processes of a relay. */
export class RelayWorker {
  /** Its number, from 0. */
  readonly index: number;
  readonly #registry: WorkerRegistry;

  static {
    newWorker = (index) => new this(index);
    registryOf = (worker) => worker.#registry;
  }

  private constructor(index: number) {
    this.index = index;
    this.#registry = new WorkerRegistry((message) => {
      const envelope: ProcessMessage = { [MESSAGE_FIELD]: message };
      if (process.connected) process.send?.(envelope);
    });
    process.on('message', (envelope: ProcessMessage) => {
      const message = envelope?.[MESSAGE_FIELD];
      if (message !== undefined) this.#registry.received(message);
    });
    process.on('disconnect', () => this.#registry.gone());
    // A terminal sends SIGINT to all processes, and systemd SIGTERM. The clients are to be told first.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  }
}
