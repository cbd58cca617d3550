import type { Clock } from '../clock.js';
import { TokenBucket } from './token-bucket.js';

/** Why a shaper drops an item: because of its own rate, or of the one that it shares. */
export type RateDrop = 'rate' | 'total_rate';

/**
 * How much may wait, as a time at the shaper's rate. SCTP halves its window when a packet is dropped, and then needs a
 * queue as long as its round trip to go on at the full rate. A longer queue would only add delay.
 */
const QUEUE_S = 0.1;
/** An item that has waited for longer is dropped: the share of the shared rate is less than the shaper's own rate. */
const MAX_WAIT_MS = 250;
/** What a bucket holds: enough for the time by which timers may be late, and at least some packets of any size. */
const BURST_S = 0.05;
const MIN_BURST_BYTES = 65_536;
const TICK_MS = 2;
/** What a shaper may send before it is another one's turn: a packet of the usual size. */
const QUANTUM_BYTES = 1500;

/**
 * What became of a turn: nothing waits any more; more could be sent in the next turn; the own or the shared rate is
 * used up.
 */
type Turn = 'empty' | 'more' | 'waiting' | 'shared';

interface Queue {
  turn(nowMs: number): Turn;
}

/**
 * A rate that shapers share. While it is used up, those that wait take turns of the same number of bytes (deficit
 * round-robin, Shreedhar and Varghese 1995). It also schedules the turns of those that wait for their own rate.
 */
export class SharedRate {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #waiting: Queue[] = [];
  #isUsedUp = false;
  #isScheduled = false;

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#bucket = bucketOf(bytesPerSecond, clock.now());
  }

  /** Whether some wait for this rate, so that others must wait too. */
  get isUsedUp(): boolean {
    return this.#isUsedUp;
  }

  take(bytes: number, nowMs: number): boolean {
    if (this.#bucket.take(bytes, nowMs)) return true;
    this.#isUsedUp = true;
    return false;
  }

  /** Gives a queue turns until it is empty. */
  add(queue: Queue): void {
    this.#waiting.push(queue);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.schedule(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    this.#serve(this.#clock.now());
    this.#isScheduled = this.#waiting.length > 0;
    if (this.#isScheduled) this.#clock.schedule(TICK_MS, () => this.#tick());
  }

  #serve(nowMs: number): void {
    this.#isUsedUp = false;
    let isAnyBusy = true;
    while (isAnyBusy) {
      isAnyBusy = false;
      for (let left = this.#waiting.length; left > 0; left--) {
        const queue = this.#waiting[0];
        const turn = queue?.turn(nowMs) ?? 'empty';
        if (turn === 'shared') return; // Its turn goes on at the next tick.
        this.#waiting.shift();
        if (queue !== undefined && turn !== 'empty') this.#waiting.push(queue);
        if (turn === 'more') isAnyBusy = true;
      }
    }
  }
}

interface Waiting<Item> {
  readonly item: Item;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** What a shaper does with its items. */
export interface ShaperEvents<Item> {
  send(item: Item, nowMs: number): void;
  dropped(item: Item, reason: RateDrop): void;
}

/** Sends items at a rate. What exceeds the rate waits in a short queue, and is dropped only if the queue is full. */
export class Shaper<Item> implements Queue {
  readonly #bucket: TokenBucket;
  readonly #shared: SharedRate;
  readonly #events: ShaperEvents<Item>;
  readonly #maxBytes: number;
  readonly #queue: Waiting<Item>[] = [];
  #queuedBytes = 0;
  /**
   * What may still be sent in this turn; negative if the last packet was larger: then it is taken off the next turn.
   */
  #deficit = 0;
  #isInTurn = false;

  constructor(bytesPerSecond: number, shared: SharedRate, nowMs: number, events: ShaperEvents<Item>) {
    this.#bucket = bucketOf(bytesPerSecond, nowMs);
    this.#shared = shared;
    this.#events = events;
    this.#maxBytes = bytesPerSecond * QUEUE_S;
  }

  /** Sends an item, or lets it wait, or drops it. */
  push(item: Item, bytes: number, nowMs: number): void {
    if (this.#queue.length === 0 && !this.#shared.isUsedUp && this.#take(bytes, nowMs) === undefined) {
      return this.#events.send(item, nowMs);
    }
    if (this.#queuedBytes + bytes > this.#maxBytes) {
      return this.#events.dropped(item, this.#shared.isUsedUp ? 'total_rate' : 'rate');
    }
    this.#queuedBytes += bytes;
    if (this.#queue.push({ item, bytes, sinceMs: nowMs }) === 1) this.#shared.add(this);
  }

  turn(nowMs: number): Turn {
    if (!this.#isInTurn) this.#deficit += QUANTUM_BYTES;
    this.#isInTurn = true;
    for (let head = this.#head(nowMs); head !== undefined; head = this.#head(nowMs)) {
      if (this.#deficit <= 0) return this.#end('more');
      const { item, bytes } = head;
      const lacking = this.#take(bytes, nowMs);
      if (lacking === 'total_rate') return 'shared';
      if (lacking === 'rate') return this.#end('waiting');
      this.#deficit -= bytes;
      this.#remove(bytes);
      this.#events.send(item, nowMs);
    }
    return this.#end('empty');
  }

  /** Empties the queue, and returns what was in it. */
  clear(): Item[] {
    this.#queuedBytes = 0;
    return this.#queue.splice(0).map(({ item }) => item);
  }

  #end(turn: Turn): Turn {
    this.#isInTurn = false;
    if (turn !== 'more') this.#deficit = 0;
    return turn;
  }

  /** The first item that hasn't waited too long. */
  #head(nowMs: number): Waiting<Item> | undefined {
    for (;;) {
      const [head] = this.#queue;
      if (head === undefined || nowMs - head.sinceMs <= MAX_WAIT_MS) return head;
      this.#remove(head.bytes);
      this.#events.dropped(head.item, 'total_rate');
    }
  }

  #remove(bytes: number): void {
    this.#queue.shift();
    this.#queuedBytes -= bytes;
  }

  /** Takes tokens of both rates, or says which has too few. */
  #take(bytes: number, nowMs: number): RateDrop | undefined {
    if (!this.#bucket.take(bytes, nowMs)) return 'rate';
    if (this.#shared.take(bytes, nowMs)) return undefined;
    this.#bucket.give(bytes);
    return 'total_rate';
  }
}

function bucketOf(bytesPerSecond: number, nowMs: number): TokenBucket {
  return new TokenBucket(Math.max(bytesPerSecond * BURST_S, MIN_BURST_BYTES), bytesPerSecond, nowMs);
}
