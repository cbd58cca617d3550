import type { Packet } from 'usrsctp-wasm';

/** What the user can do to a way. */
export interface Conditions {
  isCut: boolean;
  /** One way, in ms. */
  delayMs: number;
  /** Of packets, 0 to 1. */
  loss: number;
}

export type Kind = 'data' | 'sack' | 'heartbeat' | 'other';
export type Direction = 'out' | 'in';

/** What becomes of a packet; told when it sets out. */
export interface Sighting {
  readonly lane: number;
  readonly direction: Direction;
  readonly kind: Kind;
  readonly isLost: boolean;
}

/** Of the two cables, to begin with: the second path is the longer one. */
export const DELAYS_MS: readonly number[] = [15, 40];

interface Flight {
  readonly packet: Packet;
  readonly arrive: (packet: Packet) => void;
  readonly dueMs: number;
}

const BYTES_PER_MS = 1000; // 8 Mbit/s
const LONGEST_QUEUE_MS = 120;
const COMMON_HEADER_BYTES = 12;
const KINDS: Readonly<Record<number, Kind>> = { 0: 'data', 3: 'sack', 4: 'heartbeat', 5: 'heartbeat' }; // RFC 9260 §3.2

/**
 * One of the two ways, as a cable would be: 8 Mbit/s with a short queue, a delay, losses; and it can be cut. Whatever is
 * lost is lost without a word to anybody.
 */
export class Lane {
  readonly conditions: Conditions;
  readonly index: number;
  /** Bytes that have come through, both directions. */
  bytes = 0;
  readonly #seen: (sighting: Sighting) => void;
  readonly #freeAtMs = { out: 0, in: 0 };
  readonly #queues: Readonly<Record<Direction, Flight[]>> = { out: [], in: [] };

  constructor(index: number, delayMs: number, seen: (sighting: Sighting) => void) {
    this.index = index;
    this.conditions = { isCut: false, delayMs, loss: 0 };
    this.#seen = seen;
  }

  carry(packet: Packet, direction: Direction, arrive: (packet: Packet) => void): void {
    const { isCut, delayMs, loss } = this.conditions;
    const now = performance.now();
    const startMs = Math.max(now, this.#freeAtMs[direction]);
    const isLost = isCut || startMs - now > LONGEST_QUEUE_MS || Math.random() < loss;
    this.#seen({ lane: this.index, direction, kind: kindOf(packet), isLost });
    if (isLost) return;
    this.#freeAtMs[direction] = startMs + packet.bytes.length / BYTES_PER_MS;
    const queue = this.#queues[direction];
    queue.push({ packet, arrive, dueMs: this.#freeAtMs[direction] + delayMs });
    if (queue.length === 1) this.#wait(direction);
  }

  /** Packets stay in their order, as in a cable: each waits for the one before it. */
  #wait(direction: Direction): void {
    const [first] = this.#queues[direction];
    if (first !== undefined) setTimeout(() => this.#arrived(direction), first.dueMs - performance.now());
  }

  /** What was on its way when the cable was cut doesn't come. */
  #arrived(direction: Direction): void {
    const queue = this.#queues[direction];
    const late = queue.findIndex(({ dueMs }) => dueMs > performance.now() + 1);
    const due = queue.splice(0, late < 0 ? queue.length : Math.max(1, late));
    for (const { packet, arrive } of due) {
      if (this.conditions.isCut) continue;
      this.bytes += packet.bytes.length;
      arrive(packet);
    }
    this.#wait(direction);
  }
}

/** By its first chunk that isn't control beside data. */
function kindOf({ bytes }: Packet): Kind {
  const type = bytes[COMMON_HEADER_BYTES];
  const length = ((bytes[COMMON_HEADER_BYTES + 2] ?? 0) << 8) | (bytes[COMMON_HEADER_BYTES + 3] ?? 0);
  const next = COMMON_HEADER_BYTES + ((length + 3) & ~3);
  if (type === 3 && bytes[next] === 0 && next < bytes.length) return 'data';
  return KINDS[type ?? 255] ?? 'other';
}

/** At least so long between two packets of one kind on one lane, in ms: more can't be told apart on a screen. */
const SPACING_MS: Readonly<Record<Kind, number>> = { data: 45, sack: 90, heartbeat: 0, other: 0 };

/** Lets as many sightings pass as somebody can see. */
export class Throttle {
  readonly #lastMs: Record<string, number> = {};

  passes({ lane, direction, kind, isLost }: Sighting): boolean {
    const key = `${lane} ${direction} ${kind} ${isLost}`;
    const now = performance.now();
    if (now - (this.#lastMs[key] ?? 0) < SPACING_MS[kind]) return false;
    this.#lastMs[key] = now;
    return true;
  }
}
