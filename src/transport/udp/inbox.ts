import type { Packet } from '../../packet.js';

/** Should a runtime read more than this in one turn, they are handed on at once. */
const MOST_PACKETS = 256;

/**
 * Gathers what arrives in one turn of the event loop. The runtime reads datagrams, then runs immediates: a batch waits
 * for nothing but the datagrams that are there already.
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

  /** What has not been delivered never will be. */
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
