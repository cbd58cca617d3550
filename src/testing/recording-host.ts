import { checkType, shown } from '../arguments.js';
import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';
import type { TransportHost } from '../transport/transport.js';

/** A call of `unreachable` that a {@link RecordingHost} has recorded. */
export interface Refusal {
  /** The address that can't be reached. */
  readonly destination: string;
  /** Why. */
  readonly code: ErrorCode;
}

/** A transport's host that records every call. */
export class RecordingHost implements TransportHost {
  /** The packets, in the batches in which they arrived. */
  readonly batches: (readonly Packet[])[] = [];
  /** The destinations that were reported as unreachable. */
  readonly refusals: Refusal[] = [];
  /** How often `changed` was called. */
  changes = 0;

  /** All packets, in order of arrival. */
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

/** Bytes for a packet that isn't SCTP, counting up from `fill`. */
export function payload(length: number, fill: number): Uint8Array {
  if (!Number.isInteger(length) || length < 0)
    throw new RangeError(`payload: the length is ${shown(length)}: give an integer, 0 or more`);
  checkType(fill, 'number', 'the first byte', 'payload');
  return Uint8Array.from({ length }, (_, index) => (index + fill) & 0xff);
}
