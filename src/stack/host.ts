import type { Address } from '../address.js';
import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';
import type { TransportHost } from '../transport/transport.js';
import type { Pump } from './pump.js';

/** What a transport tells a stack: its pump, once there is one. */
export class StackHost implements TransportHost {
  readonly takesZeroChecksum: boolean;
  pump: Pump | undefined;

  constructor(takesZeroChecksum: boolean) {
    this.takesZeroChecksum = takesZeroChecksum;
  }

  get isQuiet(): boolean {
    return this.pump?.isQuiet === true;
  }

  receive(packets: readonly Packet[]): void {
    this.pump?.receive(packets);
  }

  unreachable(destination: Address, code: ErrorCode): void {
    this.pump?.destinationUnreachable(destination, code);
  }

  changed(): void {
    this.pump?.transportChanged();
  }
}
