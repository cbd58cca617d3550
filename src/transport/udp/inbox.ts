import type { Packet } from '../../packet.js';

/** If a runtime reads this many datagrams in one turn of the event loop, they are delivered at once. */
const MOST_PACKETS = 256;

/**
 * Collects the packets that arrive in one turn of the event loop into a batch. The runtime reads datagrams, then runs
 * immediates, so a batch waits only for datagrams that have already arrived.
 */
export class Inbox {
  readonly #deliver: (packets: readonly Packet[]) => void;
  #packets: Packet[] = [];
  #turn: NodeJS.Immediate | undefined;

  constructor(deliver: (packets: readonly Packet[]) => void) {
    this.#deliver = deliver;
  }

  push(packet: Packet): void {
    const length = this.#packets.push(packet);
    if (length >= MOST_PACKETS) this.#flush();
    else this.#turn ??= setImmediate(this.#flush);
  }

  /** Drops the packets that haven't been delivered. */
  close(): void {
    this.#packets = [];
    clearImmediate(this.#turn);
  }

  readonly #flush = (): void => {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const packets = this.#packets;
    this.#packets = [];
    this.#deliver(packets);
  };
}
