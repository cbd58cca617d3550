import type { MessagePort } from 'node:worker_threads';
import type { Address } from '../address.js';
import { type ErrorCode, SctpError } from '../errors.js';
import type { StackStatistics } from '../socket/stack-statistics.js';
import type { SteeringCounts } from '../steering/steered-transport.js';
import type { AskedAddress } from '../transport/udp/wanted.js';
import type { UdpOptions } from '../transport/udp.js';
import type { PacketBatch } from './packet-batch.js';

/**
 * How packets get to the worker that they are for. `kernel`: the kernel chooses by the verification tag. `workers`: the kernel
 * chooses by the addresses, and the workers hand over what isn't theirs. `main`: the main thread receives and sends all packets.
 */
export type CoresSteering = 'kernel' | 'workers' | 'main';

/**
 * Which threads have the sockets. `native`: the main thread opens them by system calls, and the workers use duplicates.
 * `reusePort`: each worker has its own by `node:dgram`. `main`: the main thread has them.
 */
export type CoresSockets = 'native' | 'reusePort' | 'main';

/** What a worker is given in `workerData`, under the name {@link LINK}. */
export interface WorkerLink {
  readonly index: number;
  readonly of: number;
  readonly steering: CoresSteering;
  readonly sockets: CoresSockets;
  readonly udp: UdpOptions;
  /** The memory of the table of paths. */
  readonly table: SharedArrayBuffer;
  /** The memory of the records of this worker's peers. */
  readonly records: SharedArrayBuffer;
  /** How many packets wait for each worker, and for the main thread. */
  readonly pending: SharedArrayBuffer;
  readonly port: MessagePort;
}

export const LINK = 'usrsctpCores';

/** From a worker to the main thread. */
export type FromWorker =
  | { readonly type: 'open'; readonly id: number; readonly address: AskedAddress; readonly port: number }
  | { readonly type: 'release'; readonly address: Address }
  | { readonly type: 'send'; readonly batch: PacketBatch; readonly count: number }
  /** The worker doesn't look at the socket of an address until it is woken. `address`: with its zone. */
  | { readonly type: 'sleep'; readonly address: string }
  | { readonly type: 'state' }
  | { readonly type: 'drained' }
  | { readonly type: 'statistics'; readonly id: number; readonly statistics: WorkerStatistics };

/** From the main thread to a worker. */
export type ToWorker =
  | { readonly type: 'opened'; readonly id: number; readonly port: number; readonly fd: number | undefined }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError }
  /** There is something to read from the socket of an address. */
  | { readonly type: 'wake'; readonly address: string }
  /** The machine's addresses may have changed. */
  | { readonly type: 'addresses' }
  | { readonly type: 'received'; readonly batch: PacketBatch; readonly count: number }
  | { readonly type: 'unreachable'; readonly destination: Address; readonly code: ErrorCode }
  /** Sends packets in place of a worker that has died. */
  | { readonly type: 'send'; readonly batch: PacketBatch }
  | { readonly type: 'peer'; readonly index: number; readonly port: MessagePort }
  | { readonly type: 'statistics'; readonly id: number }
  | { readonly type: 'drain' }
  | { readonly type: 'close' };

/** Packets that a worker hands over to another one. */
export interface HandedOver {
  readonly type: 'packets';
  readonly batch: PacketBatch;
  readonly count: number;
}

/** From one worker to another. */
export type BetweenWorkers =
  | HandedOver
  | {
      readonly type: 'unreachable';
      readonly destination: Address;
      readonly code: ErrorCode;
      readonly reason: string | undefined;
    };

/** What a worker has counted. */
export interface WorkerStatistics extends SteeringCounts {
  /** Packets for other threads that were dropped, because too many were waiting there. */
  readonly dropped: number;
  /** The sum of the counters of its stacks; absent if it hasn't reported any. */
  readonly stack?: StackStatistics;
}

/** An `SctpError` as it is passed to another thread. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly syscall?: string;
  readonly address?: Address;
  readonly port?: number;
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof SctpError)) return { code: 'EINVAL', message: String(error) };
  const { code, message, syscall, address, port } = error;
  const details = { ...(syscall && { syscall }), ...(address && { address }), ...(port !== undefined && { port }) };
  return { code, message: message.replace(`${code}: `, ''), ...details };
}

export function sctpError({ code, message, ...details }: PlainError): SctpError {
  return new SctpError(code, message, details);
}
