import type { Clock } from '../../clock.js';
import type { Packet } from '../../packet.js';
import type { Send } from './deno.js';
import { BoundedQueue } from './queue.js';

/** Datagrams per socket and turn of the event loop: a peer in this process reads no more than that (libuv). */
const PER_TURN = 32;
/** Datagrams that wait for their turn. */
const MOST_WAITING = 4096;
/** How long `finish` waits for a kernel that takes nothing, in ms. */
const FINISHING_MS = 1000;

/** What a sender is made from. */
export interface SenderParts {
  /** Hands a datagram to the kernel. */
  readonly hand: Send;
  /** The UDP port of packets that name none. */
  readonly defaultPort: number;
  readonly clock: Clock;
  /** The kernel has refused a packet. */
  failed(error: Error): void;
}

/**
 * Hands packets to a UDP socket: at most 32 per turn of the event loop, and at most 32 before the kernel has taken them.
 * The rest waits in a queue, and what doesn't fit there is dropped and counted.
 *
 *     send ─► budget left? ──► dgram ──► sent ─► inFlight--
 *                  └─► waiting ──► next turn ──┘
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #hand: Send;
  readonly #waiting = new BoundedQueue<Packet>(MOST_WAITING);
  #turn: NodeJS.Immediate | undefined;
  #sentThisTurn = 0;
  #inFlight = 0;
  #dropped = 0;
  #isOver = false;
  /** Is called when nothing is left to be sent. */
  #finished: (() => void) | undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#hand = parts.hand;
  }

  /** How many packets never left: too large, no room here or in the kernel, or nowhere to go. */
  get dropped(): number {
    return this.#dropped;
  }

  send(packet: Packet): void {
    const budget = PER_TURN - Math.max(this.#sentThisTurn, this.#inFlight);
    if (budget > 0 && this.#waiting.length === 0) this.#transmit(packet);
    else if (!this.#waiting.push(packet)) this.#dropped++;
  }

  /**
   * Resolves when the kernel has taken all packets. After a second without that, what still waits is dropped and counted.
   * Nothing may be sent from this call on.
   */
  async finish(): Promise<void> {
    if (this.#hasRest) await this.#restSent();
    this.#isOver = true;
    clearImmediate(this.#turn);
    this.#dropped += this.#waiting.length;
    this.#waiting.clear();
  }

  get #hasRest(): boolean {
    return this.#inFlight > 0 || this.#waiting.length > 0;
  }

  #restSent(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.schedule(FINISHING_MS, resolve);
      this.#finished = () => {
        cancel();
        resolve();
      };
    });
  }

  #transmit({ bytes, port, destination }: Packet): void {
    this.#sentThisTurn++;
    this.#inFlight++;
    try {
      this.#hand(bytes, port || this.#parts.defaultPort, destination, this.#sent);
    } catch {
      // A port or socket that the runtime refuses: for the stack above that's a lost packet.
      this.#inFlight--;
      this.#dropped++;
    }
    this.#nextTurn();
  }

  /** Shared by all packets: the error says where its packet was going. It never sends: that would starve the loop. */
  readonly #sent = (error: Error | null | undefined): void => {
    this.#inFlight--;
    if (this.#isOver) return;
    if (error !== null && error !== undefined) {
      this.#dropped++;
      this.#parts.failed(error);
    }
    if (this.#inFlight > 0) return;
    if (this.#waiting.length > 0) this.#nextTurn();
    else this.#finished?.();
  };

  #nextTurn(): void {
    this.#turn ??= setImmediate(this.#drain);
  }

  /** Runs once in a turn. While the kernel still holds packets it waits for #sent to call for another one. */
  readonly #drain = (): void => {
    this.#turn = undefined;
    this.#sentThisTurn = 0;
    if (this.#inFlight > 0) return;
    while (this.#sentThisTurn < PER_TURN) {
      const packet = this.#waiting.take();
      if (packet === undefined) break;
      this.#transmit(packet);
    }
    if (!this.#hasRest) this.#finished?.(); // the runtime has refused the last ones
  };
}
