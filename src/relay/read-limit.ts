import type { Clock } from '../clock.js';
import { TokenBucket } from './token-bucket.js';

/**
 * How many times its rate a client is read at. Above one, so that packets beyond the rate reach the queue, whose delay
 * is known, and are dropped there: SCTP then finds the rate. Otherwise they would wait in TCP's buffers, for seconds.
 */
const FACTOR = 2;
const BURST_BYTES = 262_144;
/** A slow client's messages are read at this rate at least, so that the end of its connection is noticed. */
const MIN_BYTES_PER_SECOND = 131_072;

/** A socket whose reading can be paused. */
export interface PausableSocket {
  pause(): void;
  resume(): void;
}

/**
 * Stops reading from a client while it sends much more than its rate: reading and checking packets takes processor
 * time.
 */
export class ReadLimit {
  readonly #socket: PausableSocket;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  #cancel: (() => void) | undefined;

  constructor(socket: PausableSocket, bytesPerSecond: number, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    const rate = Math.max(FACTOR * bytesPerSecond, MIN_BYTES_PER_SECOND);
    this.#bucket = new TokenBucket(BURST_BYTES, rate, clock.now());
  }

  /** Called for each message that has been read. */
  read(bytes: number): void {
    const waitMs = this.#bucket.spend(bytes, this.#clock.now());
    if (waitMs === 0) return;
    this.#cancel?.();
    this.#socket.pause();
    this.#cancel = this.#clock.schedule(waitMs, () => this.end());
  }

  /** Reads on. */
  end(): void {
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#cancel = undefined;
    this.#socket.resume();
  }
}
