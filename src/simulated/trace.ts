import type { Address } from '../address.js';
import { completePacket } from '../wire/crc32c.js';
import type { Fate } from './fate.js';
import type { PacketInTransit } from './packet-in-transit.js';

/** One packet as the network saw it, its addresses as its receiver sees them. */
export interface TraceEntry {
  /** Counted from 0 in the order of sending. */
  readonly number: number;
  /** When it was sent, in ms on the clock. */
  readonly sentMs: number;
  /** When it arrived, or was turned away at its destination. Undefined: it didn't. */
  readonly arrivedMs: number | undefined;
  /** The names of the hosts. */
  readonly from: string;
  /** Undefined: nobody has the address. */
  readonly to: string | undefined;
  /** Where it came from; behind a NAT, the public address. */
  readonly source: Address;
  /** Where it went to. */
  readonly destination: Address;
  /** The UDP port it came from; 0: not encapsulated. */
  readonly sourcePort: number;
  /** The UDP port it went to; 0: not encapsulated. */
  readonly destinationPort: number;
  /** The traffic class octet of the IP header; its low two bits are the ECN field (RFC 3168). */
  readonly trafficClass: number;
  /** The SCTP packet with its checksum; a corrupted one as it was changed. */
  readonly bytes: Uint8Array;
  /** What became of it. */
  readonly fate: Fate;
  /** Such as `duplicate`, `corrupted` or `CE`, a mark for congestion that the link has set. */
  readonly note: string | undefined;
}

type Slot = { -readonly [Key in keyof TraceEntry]: TraceEntry[Key] };

/**
 * The last packets of a network, in a ring: each place keeps its bytes, so that recording costs little more than
 * one copy. The bytes are copied because their receiver may overwrite what it gets.
 */
export class Trace {
  readonly #slots: Slot[] = [];
  readonly #length: number;
  #count = 0;

  /** @internal Keeps the last `length` packets; 0: none. */
  constructor(length: number) {
    this.#length = length;
  }

  /** How many packets were sent since the beginning, remembered or not. */
  get count(): number {
    return this.#count;
  }

  /** The remembered packets, oldest first. They are copies. */
  entries(): TraceEntry[] {
    const start = this.#slots.length < this.#length ? 0 : this.#count % this.#length;
    const slots = [...this.#slots.slice(start), ...this.#slots.slice(0, start)];
    return slots.map((slot) => ({ ...slot, bytes: completeCopy(slot.bytes) }));
  }

  /** @internal Notes a packet that is being sent, and numbers it. */
  record(transit: PacketInTransit, sentMs: number, fate: Fate): void {
    transit.number = this.#count++;
    if (this.#length === 0) return;
    const index = transit.number % this.#length;
    const slot = this.#slots[index] ?? emptySlot();
    const { packet } = transit;
    slot.number = transit.number;
    slot.sentMs = sentMs;
    slot.arrivedMs = undefined;
    slot.from = transit.from.name;
    slot.to = transit.to?.name;
    slot.source = packet.source;
    slot.destination = packet.destination;
    slot.sourcePort = transit.sourcePort;
    slot.destinationPort = transit.destinationPort;
    slot.trafficClass = packet.trafficClass;
    slot.bytes = refill(slot.bytes, packet.bytes);
    slot.fate = fate;
    slot.note = undefined;
    this.#slots[index] = slot;
  }

  /** @internal Says what became of a packet, unless it is forgotten already. */
  settle({ number }: PacketInTransit, fate: Fate, arrivedMs?: number): void {
    const slot = this.#slotOf(number);
    if (slot === undefined) return;
    slot.fate = fate;
    if (arrivedMs !== undefined) slot.arrivedMs = arrivedMs;
  }

  /** @internal Adds a remark, and what has changed since of the packet. */
  remark({ number, packet }: PacketInTransit, note: string): void {
    const slot = this.#slotOf(number);
    if (slot === undefined) return;
    slot.note = slot.note === undefined ? note : `${slot.note}, ${note}`;
    slot.bytes = refill(slot.bytes, packet.bytes);
    slot.trafficClass = packet.trafficClass;
  }

  #slotOf(number: number): Slot | undefined {
    const slot = this.#length === 0 ? undefined : this.#slots[number % this.#length];
    return slot?.number === number ? slot : undefined;
  }
}

function emptySlot(): Slot {
  return {
    number: 0,
    sentMs: 0,
    arrivedMs: undefined,
    from: '',
    to: undefined,
    source: '',
    destination: '',
    sourcePort: 0,
    destinationPort: 0,
    trafficClass: 0,
    bytes: new Uint8Array(0),
    fate: 'in flight',
    note: undefined,
  };
}

/** Nobody has computed a checksum before somebody looks. */
function completeCopy(packet: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(packet);
  completePacket(bytes);
  return bytes;
}

/** Copies bytes into the buffer of an old place where it is large enough. */
function refill(old: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (old.buffer.byteLength < bytes.length) return new Uint8Array(bytes);
  const place = new Uint8Array(old.buffer, 0, bytes.length);
  place.set(bytes);
  return place;
}
