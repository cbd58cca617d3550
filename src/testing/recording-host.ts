import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';
import type { TransportHost } from '../transport/transport.js';

/** A host that keeps what its transport tells it. */
export class RecordingHost implements TransportHost {
  readonly batches: (readonly Packet[])[] = [];
  readonly refusals: { destination: string; code: ErrorCode }[] = [];
  changes = 0;

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
  return Uint8Array.from({ length }, (_, index) => (index + fill) & 0xff);
}
