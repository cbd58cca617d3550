import type { Packet } from 'usrsctp-wasm';

/** The conditions of a link, which the user can change. */
export interface Conditions {
  isCut: boolean;
  /** One-way delay in ms. */
  delayMs: number;
  /** The fraction of packets that are lost, 0 to 1. */
  loss: number;
}

export type Kind = 'data' | 'sack' | 'heartbeat' | 'other';
export type Direction = 'out' | 'in';

/** A packet that enters a link, and whether it will be lost. */
export interface PacketEvent {
  readonly link: number;
  readonly direction: Direction;
  readonly kind: Kind;
  readonly isLost: boolean;
}

/** The initial delays of the two links: the second one is longer. */
export const DELAYS_MS: readonly number[] = [15, 40];

interface PacketInTransit {
  readonly packet: Packet;
  readonly arrive: (packet: Packet) => void;
  readonly dueMs: number;
}

const BYTES_PER_MS = 1000; // 8 Mbit/s
const LONGEST_QUEUE_MS = 120;
const COMMON_HEADER_BYTES = 12;
const KINDS: Readonly<Record<number, Kind>> = { 0: 'data', 3: 'sack', 4: 'heartbeat', 5: 'heartbeat' }; // RFC 9260 §3.2

/** A simulated link to one relay: 8 Mbit/s with a short queue, delay and loss. It can be cut. Losses aren't reported. */
export class Link {
  readonly conditions: Conditions;
  readonly index: number;
  /** Bytes delivered, both directions together. */
  bytes = 0;
  readonly #seen: (event: PacketEvent) => void;
  readonly #freeAtMs = { out: 0, in: 0 };
  readonly #queues: Readonly<Record<Direction, PacketInTransit[]>> = { out: [], in: [] };

  constructor(index: number, delayMs: number, seen: (event: PacketEvent) => void) {
    this.index = index;
    this.conditions = { isCut: false, delayMs, loss: 0 };
    this.#seen = seen;
  }

  carry(packet: Packet, direction: Direction, arrive: (packet: Packet) => void): void {
    const { isCut, delayMs, loss } = this.conditions;
    const now = performance.now();
    const startMs = Math.max(now, this.#freeAtMs[direction]);
    const isLost = isCut || startMs - now > LONGEST_QUEUE_MS || Math.random() < loss;
    this.#seen({ link: this.index, direction, kind: kindOf(packet), isLost });
    if (isLost) return;
    this.#freeAtMs[direction] = startMs + packet.bytes.length / BYTES_PER_MS;
    const queue = this.#queues[direction];
    queue.push({ packet, arrive, dueMs: this.#freeAtMs[direction] + delayMs });
    if (queue.length === 1) this.#wait(direction);
  }

  /** Packets keep their order: each waits for the one before it. */
  #wait(direction: Direction): void {
    const [first] = this.#queues[direction];
    if (first !== undefined) setTimeout(() => this.#arrived(direction), first.dueMs - performance.now());
  }

  /** Delivers the packets that are due. Those in transit when the link was cut are lost. */
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

/** The kind of a packet, by its first chunk. A SACK bundled with DATA counts as data. */
function kindOf({ bytes }: Packet): Kind {
  const type = bytes[COMMON_HEADER_BYTES];
  const length = ((bytes[COMMON_HEADER_BYTES + 2] ?? 0) << 8) | (bytes[COMMON_HEADER_BYTES + 3] ?? 0);
  const next = COMMON_HEADER_BYTES + ((length + 3) & ~3);
  if (type === 3 && bytes[next] === 0 && next < bytes.length) return 'data';
  return KINDS[type ?? 255] ?? 'other';
}

/** The least time between two packets of one kind that are shown on one link, in ms. */
const SPACING_MS: Readonly<Record<Kind, number>> = { data: 45, sack: 90, heartbeat: 0, other: 0 };

/** Limits the packets that are shown to what can be told apart on a screen. */
export class Throttle {
  readonly #lastMs: Record<string, number> = {};

  passes({ link, direction, kind, isLost }: PacketEvent): boolean {
    const key = `${link} ${direction} ${kind} ${isLost}`;
    const now = performance.now();
    if (now - (this.#lastMs[key] ?? 0) < SPACING_MS[kind]) return false;
    this.#lastMs[key] = now;
    return true;
  }
}
