import type { Address } from '../address.js';
import type { ErrorCode } from '../errors.js';
import type { Packet } from '../packet.js';
import type { PacketTooBig, TransportHost } from '../transport/transport.js';

/** The part of the pump that a transport calls. */
interface TransportEvents {
  readonly isQuiet: boolean;
  receive(packets: readonly Packet[]): void;
  destinationUnreachable(destination: Address, code: ErrorCode, reason: string | undefined): void;
  packetTooBig(report: PacketTooBig): void;
  portTaken(destination: Address): boolean;
  transportChanged(back: readonly Address[]): void;
  transportEnding(): void;
  portsInUse(): ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

/** What a transport calls. The pump, to which it passes the calls on, is made after the transport has started. */
export class StackHost implements TransportHost {
  readonly takesZeroChecksum: boolean;
  pump: TransportEvents | undefined;

  constructor(takesZeroChecksum: boolean) {
    this.takesZeroChecksum = takesZeroChecksum;
  }

  get isQuiet(): boolean {
    return this.pump?.isQuiet === true;
  }

  receive(packets: readonly Packet[]): void {
    this.pump?.receive(packets);
  }

  unreachable(destination: Address, code: ErrorCode, reason?: string): void {
    this.pump?.destinationUnreachable(destination, code, reason);
  }

  packetTooBig(report: PacketTooBig): void {
    this.pump?.packetTooBig(report);
  }

  portTaken(destination: Address): boolean {
    return this.pump?.portTaken(destination) === true;
  }

  changed(back: readonly Address[] = []): void {
    this.pump?.transportChanged(back);
  }

  portsInUse(): ReadonlySet<number> {
    return this.pump?.portsInUse() ?? NONE;
  }

  ending(): void {
    this.pump?.transportEnding();
  }
}
