import { checkType, shown } from '../arguments.js';
import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';
import type { TransportHost } from '../transport/transport.js';

/** What {@link RecordingHost} was told by `unreachable`. */
export interface Refusal {
  /** Which address can't be reached. */
  readonly destination: string;
  /** Why. */
  readonly code: ErrorCode;
}

/** A host that keeps what its transport tells it. */
export class RecordingHost implements TransportHost {
  /** The packets, as they came. */
  readonly batches: (readonly Packet[])[] = [];
  /** What the network has said of destinations. */
  readonly refusals: Refusal[] = [];
  /** How often `changed` was called. */
  changes = 0;

  /** All packets, in the order of their arrival. */
  get packets(): readonly Packet[] {
    return this.batches.flat();
  }

  receive(packets: readonly Packet[]): void {
    this.batches.push(packets);
  }

  unreachable(destination: string, code: ErrorCode): void {
    this.refusals.push({ destination, code });
  }

  changed(): void {
    this.changes++;
  }
}

/** Bytes for a packet that carries no SCTP: counting up from `fill`. */
export function payload(length: number, fill: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0) throw new RangeError(`payload: ${shown(length)} is no length`);
  checkType(fill, 'number', 'the first byte', 'payload');
  return Uint8Array.from({ length }, (_, index) => (index + fill) & 0xff);
}
