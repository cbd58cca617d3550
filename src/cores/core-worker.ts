import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import type { Address } from '../address.js';
import { SctpError } from '../errors.js';
import { EventListeners } from '../event-listeners.js';
import type { Names } from '../nearest-name.js';
import type { Packet } from '../packet.js';
import type { Share } from '../share.js';
import type { Stack } from '../socket/stack.js';
import { PathTable } from '../steering/path-table.js';
import { PeerRecords } from '../steering/peer-records.js';
import { SteeredTransport } from '../steering/steered-transport.js';
import type { Transport } from '../transport/transport.js';
import { packetSizes } from '../transport/udp/mtu.js';
import { parseOptions } from '../transport/udp/options.js';
import { SocketTransport } from '../transport/udp/socket-transport.js';
import type { AskedAddress } from '../transport/udp/wanted.js';
import {
  type BetweenWorkers,
  type CoresSteering,
  type FromWorker,
  type HandedOver,
  LINK,
  sctpError,
  type ToWorker,
  type WorkerLink,
} from './messages.js';
import { packBatch, unpackBatch } from './packet-batch.js';
import { Pending } from './pending.js';
import { sumOf } from './statistics.js';
import { type MainThread, WorkerSockets } from './worker-sockets.js';

/** The events of a worker. */
export interface CoreWorkerEvents {
  /** The worker gets no new associations from now on: `drain` of {@link Cores} was called. */
  drain: undefined;
  /** The worker is to end: `close` of {@link Cores} was called, or it is drained. Its reported stacks are closed already. */
  close: undefined;
}

const EVENTS: Names<CoreWorkerEvents> = { drain: true, close: true };
/** How often a worker that is draining looks whether it still has associations, in ms. */
const DRAIN_CHECK_MS = 50;

let newWorker: (link: WorkerLink) => CoreWorker;
let current: CoreWorker | undefined;

/**
 * The worker of this thread. Throws EINVAL in a thread that wasn't started by {@link Cores}.
 *
 * ```ts
 * const worker = coreWorker();
 * const stack = await Stack.create({ transport: worker.transport });
 * worker.report(stack);
 * ```
 */
export function coreWorker(): CoreWorker {
  const link: WorkerLink | undefined = (workerData as { [LINK]?: WorkerLink } | null | undefined)?.[LINK];
  if (link === undefined) {
    const why = 'this thread is no worker: start its file by Cores.start()';
    throw new SctpError('EINVAL', `coreWorker: ${why}`, { syscall: 'coreWorker' });
  }
  current ??= newWorker(link);
  return current;
}

/** One of several workers with a stack each, behind the same addresses and the same UDP port. */
export class CoreWorker {
  /** The share of the verification tags of this worker's stack. */
  readonly share: Share;
  /** How packets get to the worker that they are for. */
  readonly steering: CoresSteering;
  /** The transport for this worker's stack. It carries SCTP over UDP, like `udp()`, and serves one stack. */
  readonly transport: Transport;
  readonly #port: MessagePort;
  readonly #pending: Pending;
  readonly #inner: SocketTransport;
  readonly #steered: SteeredTransport;
  readonly #peers = new Map<number, MessagePort>();
  readonly #opening = new Map<number, (answer: ToWorker) => void>();
  readonly #stacks = new Set<Stack>();
  readonly #events = new EventListeners<CoreWorkerEvents>(EVENTS);
  /** What keeps the thread alive. */
  readonly #references = new Set<object>();
  #sockets: WorkerSockets | undefined;
  #nextId = 0;
  #dropped = 0;
  #isClosing = false;
  #draining: NodeJS.Timeout | undefined;

  static {
    newWorker = (link) => new this(link);
  }

  private constructor(link: WorkerLink) {
    const { index, of, steering, sockets, port } = link;
    this.share = { index, of };
    this.steering = steering;
    this.#port = port;
    this.#pending = new Pending(link.pending);
    const settings = parseOptions(link.udp);
    this.#inner = new SocketTransport(settings, {
      name: 'UDP',
      encapsulationPort: settings.encapsulationPort,
      system: async () => {
        this.#sockets = await WorkerSockets.create(this.#main, settings, sockets);
        return this.#sockets;
      },
      packetSizes,
    });
    this.#steered = new SteeredTransport(this.#inner, {
      share: this.share,
      table: new PathTable(link.table),
      records: new PeerRecords(link.records),
      initChoice: steering === 'workers' ? 'hash' : 'here',
      handOver: {
        packets: (to, packets) => this.#handOver(to, packets),
        unreachable: (destination, code, reason) => {
          const message: BetweenWorkers = { type: 'unreachable', destination, code, reason };
          for (const peer of this.#peers.values()) peer.postMessage(message);
        },
      },
      stateChanged: () => this.#post({ type: 'state' }),
    });
    this.transport = this.#steered;
    port.on('message', (message: ToWorker) => this.#received(message));
    port.unref();
  }

  /** The local UDP port; 0 until the stack has started. */
  get port(): number {
    return this.#inner.port;
  }

  /** The statistics of the stack become part of those of all workers, and the stack is closed when the worker is to end. */
  report(stack: Stack): void {
    this.#stacks.add(stack);
  }

  /**
   * The worker is ready: `Cores.start` waits for that. Binding a socket to a port means the same, so only a program that doesn't bind
   * any has to call this.
   */
  ready(): void {
    this.#steered.ready();
  }

  /** Calls `listener` for each event of that name. Returns a function that removes it. */
  on<Name extends keyof CoreWorkerEvents>(name: Name, listener: (event: CoreWorkerEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Calls `listener` for the next event of that name only. Returns a function that removes it. */
  once<Name extends keyof CoreWorkerEvents>(name: Name, listener: (event: CoreWorkerEvents[Name]) => void): () => void {
    return this.#events.once(name, listener);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<Name extends keyof CoreWorkerEvents>(name: Name, listener: (event: CoreWorkerEvents[Name]) => void): void {
    this.#events.off(name, listener);
  }

  readonly #main: MainThread = {
    open: (address, port) => this.#open(address, port),
    release: (address: Address) => {
      this.#post({ type: 'release', address });
    },
    send: (packets) => {
      if (!this.#pending.add(this.#pending.main, packets.length)) return packets.length;
      const batch = packBatch(packets);
      this.#port.postMessage({ type: 'send', batch, count: packets.length } satisfies FromWorker, [batch.buffer]);
      return 0;
    },
    sleep: (address) => this.#post({ type: 'sleep', address }),
    setRef: (reference, isRef) => this.#setRef(reference, isRef),
  };

  async #open(address: AskedAddress, port: number): Promise<{ port: number; fd: number | undefined }> {
    if (this.#isClosing) throw closedError();
    const id = this.#nextId++;
    const reference = {};
    this.#setRef(reference, true);
    const answer = await new Promise<ToWorker>((resolve) => {
      this.#opening.set(id, resolve);
      this.#post({ type: 'open', id, address, port });
    });
    this.#opening.delete(id);
    this.#setRef(reference, false);
    if (answer.type === 'opened') return answer;
    throw answer.type === 'failed' ? sctpError(answer.error) : closedError();
  }

  #setRef(reference: object, isRef: boolean): void {
    if (isRef) this.#references.add(reference);
    else this.#references.delete(reference);
    if (this.#references.size > 0) this.#port.ref();
    else this.#port.unref();
  }

  #received(message: ToWorker): void {
    switch (message.type) {
      case 'opened':
      case 'failed':
        this.#opening.get(message.id)?.(message);
        return;
      case 'received':
        this.#pending.taken(this.share.index, message.count);
        this.#sockets?.received(unpackBatch(message.batch));
        return;
      case 'wake':
        this.#sockets?.wake(message.address);
        return;
      case 'addresses':
        this.#sockets?.addressesChanged();
        return;
      case 'unreachable':
        this.#steered.unreachable(message.destination, message.code, undefined);
        return;
      case 'send':
        this.#inner.send(unpackBatch(message.batch));
        return;
      case 'peer':
        this.#connect(message.index, message.port);
        return;
      case 'statistics': {
        const stack = sumOf([...this.#stacks].map((each) => each.statistics()));
        const statistics = { ...this.#steered.counts, dropped: this.#dropped, ...(stack && { stack }) };
        this.#post({ type: 'statistics', id: message.id, statistics });
        return;
      }
      case 'drain':
        this.#drain();
        return;
      case 'close':
        void this.#close();
    }
  }

  #connect(index: number, port: MessagePort): void {
    this.#peers.get(index)?.close();
    this.#peers.set(index, port);
    port.on('message', (message: BetweenWorkers) => {
      if (message.type === 'packets') afterPoll(() => this.#receiveHandedOver(message));
      else this.#steered.unreachable(message.destination, message.code, message.reason);
    });
    port.unref();
  }

  /**
   * Reads our own sockets first: they may have what a peer sent before, such as the SHUTDOWN COMPLETE of an association before an
   * INIT from the same port. If the INIT overtakes it, it is discarded (RFC 9260 §9.2), and the peer sends it again after a second.
   */
  #receiveHandedOver({ batch, count }: HandedOver): void {
    this.#sockets?.receiveNow();
    this.#pending.taken(this.share.index, count);
    const packets = unpackBatch(batch);
    this.#inner.learn(packets);
    this.#steered.receiveHandedOver(packets);
  }

  #handOver(to: number, packets: readonly Packet[]): void {
    const peer = this.#peers.get(to);
    if (peer === undefined || !this.#pending.add(to, packets.length)) {
      this.#dropped += packets.length;
      return;
    }
    const batch = packBatch(packets);
    peer.postMessage({ type: 'packets', batch, count: packets.length } satisfies HandedOver, [batch.buffer]);
  }

  #drain(): void {
    if (this.#draining !== undefined) return;
    this.#events.emit('drain', undefined);
    this.#draining = setInterval(() => {
      if (this.#steered.counts.paths > 0) return;
      clearInterval(this.#draining);
      this.#post({ type: 'drained' });
    }, DRAIN_CHECK_MS);
    this.#draining.unref();
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#draining);
    for (const answer of this.#opening.values()) answer({ type: 'close' });
    await Promise.allSettled([...this.#stacks].map((stack) => stack.close()));
    this.#events.emit('close', undefined);
    for (const peer of this.#peers.values()) peer.close();
    this.#port.close();
  }

  #post(message: FromWorker): void {
    this.#port.postMessage(message);
  }
}

function closedError(): SctpError {
  return new SctpError('ENETDOWN', 'start: the workers are being closed', { syscall: 'start' });
}

/** Calls back when Node's own sockets were read once more: in the turn that calls this, they may have been read already. */
function afterPoll(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}
