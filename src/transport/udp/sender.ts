import type { Clock } from '../../clock.js';
import type { Packet } from '../../packet.js';
import type { Send } from './deno.js';
import { fragmentable } from './fragmentable.js';
import { LastPackets } from './last-packets.js';

/** The most datagrams per socket in one turn of the event loop. libuv reads no more than that for a peer in this process. */
const PER_TURN = 32;
/** The most datagrams that are queued. */
const MOST_WAITING = 4096;

/** What a sender uses. */
export interface SenderParts {
  /** Passes a datagram to the kernel. */
  readonly pass: Send;
  /** The UDP port for packets whose `port` is 0. */
  readonly defaultPort: number;
  readonly clock: Clock;
  /** The kernel has refused a packet. */
  failed(error: Error): void;
}

/**
 * Passes packets to a UDP socket: at most 32 per turn of the event loop, and at most 32 that the kernel hasn't accepted yet.
 * The others wait in a queue. Packets that don't fit into it are dropped and counted.
 *
 *     send ─► budget left? ──► dgram ──► sent ─► inFlight--
 *                  └─► waiting ──► next turn ──┘
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #pass: Send;
  readonly #last = new LastPackets();
  #waiting: Packet[] = [];
  #turn: NodeJS.Immediate | undefined;
  #sentThisTurn = 0;
  #inFlight = 0;
  #dropped = 0;
  #isOver = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#pass = parts.pass;
  }

  /** How many packets weren't sent: they were too large, the queue or the kernel's buffer was full, or there was no route. */
  get dropped(): number {
    return this.#dropped;
  }

  send(packet: Packet): void {
    const budget = PER_TURN - Math.max(this.#sentThisTurn, this.#inFlight);
    if (budget > 0 && this.#waiting.length === 0) this.#transmit(packet);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(packet);
    else this.#dropped++;
  }

  /**
   * Resolves when the kernel has accepted all packets. After a second, those that still wait are dropped and counted. Nothing
   * may be sent after this call.
   */
  async finish(): Promise<void> {
    if (this.#hasUnsent) await this.#last.wait(this.#parts.clock);
    this.#isOver = true;
    clearImmediate(this.#turn);
    this.#dropped += this.#waiting.length;
    this.#waiting = [];
  }

  get #hasUnsent(): boolean {
    return this.#inFlight > 0 || this.#waiting.length > 0;
  }

  #transmit({ bytes, port, destination, mayBeFragmented }: Packet): void {
    this.#sentThisTurn++;
    this.#inFlight++;
    try {
      const datagram = mayBeFragmented ? fragmentable(bytes) : bytes;
      this.#pass(datagram, port || this.#parts.defaultPort, destination, this.#sent);
    } catch {
      // The runtime refuses the port or the socket. To the stack the packet is lost.
      this.#inFlight--;
      this.#dropped++;
    }
    this.#nextTurn();
  }

  /** One function for all packets, as the error has the destination. It doesn't send, which would starve the event loop. */
  readonly #sent = (error: Error | null | undefined): void => {
    this.#inFlight--;
    if (this.#isOver) return;
    if (error !== null && error !== undefined) {
      this.#dropped++;
      this.#parts.failed(error);
    }
    if (this.#inFlight > 0) return;
    if (this.#waiting.length > 0) this.#nextTurn();
    else this.#last.accepted();
  };

  #nextTurn(): void {
    this.#turn ??= setImmediate(this.#drain);
  }

  /** Runs at most once in a turn. If the kernel hasn't accepted all packets yet, #sent schedules it again. */
  readonly #drain = (): void => {
    this.#turn = undefined;
    this.#sentThisTurn = 0;
    if (this.#inFlight > 0) return;
    while (this.#sentThisTurn < PER_TURN) {
      const packet = this.#waiting.shift();
      if (packet === undefined) break;
      this.#transmit(packet);
    }
    if (!this.#hasUnsent) this.#last.accepted(); // the runtime refused the last packets
  };
}
