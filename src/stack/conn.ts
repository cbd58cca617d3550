/** One SCTP packet of an AF_CONN association: usrsctp's own way to run on top of anything that carries packets. */
export interface ConnPacket {
  /** What stands for the path: a number that the user of usrsctp has chosen. */
  readonly address: number;
  /** It asks not to be fragmented. */
  readonly unfragmented: boolean;
  /** The traffic class octet that an IP header would have; its low two bits are the ECN field. */
  readonly trafficClass: number;
  readonly bytes: Uint8Array;
}

/**
 * Packets of AF_CONN associations on their way to whoever carries them. That one may enter the stack again, as when two
 * stacks are coupled directly: what comes of it is carried by the outermost call, so that nothing piles up.
 */
export class ConnOutbox {
  /** Carries one packet; must not throw. */
  carry: ((packet: ConnPacket) => void) | undefined;
  readonly #waiting: ConnPacket[] = [];
  #carrying = false;

  send(packets: readonly ConnPacket[]): void {
    if (packets.length === 0) return;
    this.#waiting.push(...packets);
    if (this.#carrying) return;
    this.#carrying = true;
    try {
      for (let packet = this.#waiting.shift(); packet; packet = this.#waiting.shift()) this.carry?.(packet);
    } finally {
      this.#carrying = false;
    }
  }
}
