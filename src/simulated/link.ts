import { completePacket } from '../wire/crc32c.js';
import { type Conditions, DEFAULT_LATENCY_MS } from './conditions.js';
import type { PacketOutcome } from './outcome.js';
import type { SeededRandom } from './seeded-random.js';

const DEFAULT_REORDER_MS = 10;
const DEFAULT_QUEUE_BYTES = 65_536;

/** One direction between two addresses: its conditions and their state. */
export class Link {
  readonly #random: SeededRandom;
  readonly #streams = new Map<string, SeededRandom>();
  #conditions: Conditions = {};
  #isPlain = true;
  #latencyMs = DEFAULT_LATENCY_MS;
  #isBad = false;
  /** When everything in the queue will have been sent, and when the last packet sent in order arrives. */
  #busyUntilMs = 0;
  #lastArrivalMs = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  set conditions(conditions: Conditions) {
    this.#conditions = conditions;
    this.#latencyMs = conditions.latencyMs ?? DEFAULT_LATENCY_MS;
    const { latencyMs: _, ...impairments } = conditions;
    this.#isPlain = Object.values(impairments).every((value) => value === undefined || value === 0);
  }

  /** The largest IP packet that it carries. */
  get mtu(): number {
    return this.#conditions.mtu ?? Number.POSITIVE_INFINITY;
  }

  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** When an IP packet of `bytes` that is sent now arrives, or why it doesn't arrive. */
  carry(bytes: number, nowMs: number): number | PacketOutcome {
    if (this.#isPlain) return this.#inOrder(nowMs + this.#latencyMs);
    const { jitterMs = 0, reorder = 0, reorderMs = DEFAULT_REORDER_MS, mtu } = this.#conditions;
    // Each stream is drawn from once per packet, even if the packet is lost, so that the conditions stay independent.
    const isLost = this.#loses();
    const extraMs = jitterMs > 0 ? jitterMs * this.#stream('jitter').next() : 0;
    const isLate = this.#happens('reorder', reorder);
    if (mtu !== undefined && bytes > mtu) return 'too big';
    const sentMs = this.#transmit(bytes, nowMs);
    if (sentMs === undefined) return 'queue full';
    if (isLost) return 'lost';
    const arrivalMs = sentMs + this.#latencyMs + extraMs;
    return isLate ? arrivalMs + reorderMs : this.#inOrder(arrivalMs);
  }

  /** Whether the next packet is duplicated. */
  duplicates(): boolean {
    return !this.#isPlain && this.#happens('duplicate', this.#conditions.duplicate ?? 0);
  }

  /** Whether an ECN-capable packet that is sent now is marked with Congestion Experienced. */
  marks(nowMs: number): boolean {
    if (this.#isPlain) return false;
    const { mark = 0, markBytes = Number.POSITIVE_INFINITY } = this.#conditions;
    const isChosen = this.#happens('mark', mark);
    return isChosen || this.#waitingBytes(nowMs) > markBytes;
  }

  /** Flips one bit of the packet if the conditions say so. Returns whether it did. */
  corrupts(bytes: Uint8Array): boolean {
    if (this.#isPlain || !this.#happens('corrupt', this.#conditions.corrupt ?? 0) || bytes.length === 0) return false;
    completePacket(bytes); // otherwise the receiver could not notice
    const bit = this.#stream('corrupt bit').below(bytes.length * 8);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return true;
  }

  #inOrder(arrivalMs: number): number {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs);
    return this.#lastArrivalMs;
  }

  /** When the last bit of a packet will have been sent; undefined if the queue is full. An idle link takes any packet. */
  #transmit(bytes: number, nowMs: number): number | undefined {
    const { rateBps = 0, queueBytes = DEFAULT_QUEUE_BYTES } = this.#conditions;
    if (rateBps <= 0) return nowMs;
    const waitingBytes = this.#waitingBytes(nowMs);
    if (waitingBytes > 0 && waitingBytes + bytes > queueBytes) return undefined;
    this.#busyUntilMs = Math.max(nowMs, this.#busyUntilMs) + (bytes * 8000) / rateBps;
    return this.#busyUntilMs;
  }

  #waitingBytes(nowMs: number): number {
    return (Math.max(0, this.#busyUntilMs - nowMs) * (this.#conditions.rateBps ?? 0)) / 8000;
  }

  #loses(): boolean {
    const { loss = 0 } = this.#conditions;
    if (typeof loss === 'number') return this.#happens('loss', loss);
    const { goodToBad, badToGood, lossInGood = 0, lossInBad = 1 } = loss;
    if (this.#happens('burst', this.#isBad ? badToGood : goodToBad)) this.#isBad = !this.#isBad;
    return this.#happens('loss', this.#isBad ? lossInBad : lossInGood);
  }

  #happens(stream: string, chance: number): boolean {
    return chance > 0 && this.#stream(stream).next() < chance;
  }

  #stream(name: string): SeededRandom {
    const stream = this.#streams.get(name) ?? this.#random.fork(name);
    this.#streams.set(name, stream);
    return stream;
  }
}
