import type { Address } from '../address.js';
import { completePacket } from '../wire/crc32c.js';
import type { PacketOutcome } from './outcome.js';
import type { PacketInTransit } from './packet-in-transit.js';

/** A packet in the trace. Its addresses are those that its receiver sees. */
export interface TraceEntry {
  /** Counted from 0 in the order of sending. */
  readonly number: number;
  /** When it was sent, in ms on the clock. */
  readonly sentMs: number;
  /** When it arrived at its destination, whether or not it was accepted there. Undefined if it never arrived. */
  readonly arrivedMs: number | undefined;
  /** The name of the sending host. */
  readonly from: string;
  /** The name of the receiving host; undefined if no host has the destination address. */
  readonly to: string | undefined;
  /** The source address; if the sender is behind a NAT, the public one. */
  readonly source: Address;
  /** The destination address. */
  readonly destination: Address;
  /** The source UDP port; 0 if it isn't encapsulated. */
  readonly sourcePort: number;
  /** The destination UDP port; 0 if it isn't encapsulated. */
  readonly destinationPort: number;
  /** The traffic class octet of the IP header; its low two bits are the ECN field (RFC 3168). */
  readonly trafficClass: number;
  /** The SCTP packet with its checksum. If a link corrupted it, these are the corrupted bytes. */
  readonly bytes: Uint8Array;
  /** What happened to it. */
  readonly outcome: PacketOutcome;
  /** For example `duplicate`, `corrupted`, or `CE` if the link marked it with Congestion Experienced. */
  readonly note: string | undefined;
}

type Slot = { -readonly [Key in keyof TraceEntry]: TraceEntry[Key] };

/** The last packets of a network. */
export interface Trace {
  /** How many packets have been sent in all, including those that the trace no longer has. */
  readonly count: number;
  /** Copies of the packets in the trace, oldest first. */
  entries(): TraceEntry[];
}

/** Records packets in a ring buffer. The bytes are copied, because the receiver may overwrite the originals. */
export class TraceRecorder implements Trace {
  readonly #slots: Slot[] = [];
  readonly #length: number;
  #count = 0;

  /** Keeps the last `length` packets, or none if it is 0. */
  constructor(length: number) {
    this.#length = length;
  }

  get count(): number {
    return this.#count;
  }

  entries(): TraceEntry[] {
    const start = this.#slots.length < this.#length ? 0 : this.#count % this.#length;
    const slots = [...this.#slots.slice(start), ...this.#slots.slice(0, start)];
    return slots.map((slot) => ({ ...slot, bytes: completeCopy(slot.bytes) }));
  }

  /** Records a packet that is being sent, and sets its number. */
  record(transit: PacketInTransit, sentMs: number, outcome: PacketOutcome): void {
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
    slot.bytes = new Uint8Array(packet.bytes);
    slot.outcome = outcome;
    slot.note = undefined;
    this.#slots[index] = slot;
  }

  /** Records what happened to a packet, if the trace still has it. */
  settle({ number }: PacketInTransit, outcome: PacketOutcome, arrivedMs?: number): void {
    const slot = this.#slotOf(number);
    if (slot === undefined) return;
    slot.outcome = outcome;
    if (arrivedMs !== undefined) slot.arrivedMs = arrivedMs;
  }

  /** Adds a note, and records the packet's current bytes and traffic class. */
  remark({ number, packet }: PacketInTransit, note: string): void {
    const slot = this.#slotOf(number);
    if (slot === undefined) return;
    slot.note = slot.note === undefined ? note : `${slot.note}, ${note}`;
    slot.bytes = new Uint8Array(packet.bytes);
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
    outcome: 'in flight',
    note: undefined,
  };
}

/** Packets may have no checksum in memory, so it is computed when somebody looks at them. */
function completeCopy(packet: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(packet);
  completePacket(bytes);
  return bytes;
}
