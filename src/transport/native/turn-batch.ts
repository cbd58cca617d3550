import type { Packet } from '../../packet.js';

/** As many packets as one call of `sendmmsg` takes, even if none are joined. */
const MOST_PACKETS = 64;

/**
 * Collects the packets that are sent in one turn of the event loop, promises included, so that the kernel gets them in one call. A
 * server that answers 60 clients in a turn would otherwise make 60 calls.
 */
export class TurnBatch {
  static readonly #filled = new Set<TurnBatch>();

  readonly #send: (packets: readonly Packet[]) => void;
  #packets: Packet[] = [];

  constructor(send: (packets: readonly Packet[]) => void) {
    this.#send = send;
  }

  add(packets: readonly Packet[]): void {
    if (this.#packets.length === 0) {
      TurnBatch.#filled.add(this);
      process.nextTick(this.flush); // Node calls it after the promises of this turn
    }
    for (const packet of packets) this.#packets.push(packet);
    if (this.#packets.length >= MOST_PACKETS) this.flush();
  }

  /** Sends what was collected at once. */
  readonly flush = (): void => {
    TurnBatch.#filled.delete(this);
    const packets = this.#packets;
    if (packets.length === 0) return;
    this.#packets = [];
    this.#send(packets);
  };

  static {
    // A program that ends by process.exit() sends what it has sent before: an ABORT, for example.
    process.on('exit', () => {
      for (const batch of TurnBatch.#filled) batch.flush();
    });
  }
}
