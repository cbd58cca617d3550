import { type Address, addressBytes } from '../address.js';
import { at, type Memory, type Pointer } from '../bridge/memory.js';
import { link_packet } from '../generated/layouts.js';
import type { Packet } from '../packet.js';
import type { ConnPacket } from './conn.js';
import { Slab } from './slab.js';

const HEADER = link_packet.size;
/** Offsets in words. The second word is `port`, `family` and `traffic_class`. */
const LENGTH = link_packet.fields.length.offset >> 2;
const KIND = link_packet.fields.port.offset >> 2;
const SOURCE = link_packet.fields.source.offset >> 2;
const DESTINATION = link_packet.fields.destination.offset >> 2;

/** LINK_MAY_BE_FRAGMENTED of wasm/link.h, in the word of the family. */
const MAY_BE_FRAGMENTED = 0x80 << 16;

/** The most addresses that are kept: a hostile network must not be able to fill the memory. */
const MOST_ADDRESSES = 1024;

/** An address as it lies in a struct link_packet: 16 bytes, with zeros behind an IPv4 address. */
interface Binary {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
}

/** Packets between their form in the module's outbox and inbox (struct link_packet) and {@link Packet}. */
export class Wire {
  readonly #binaries = new Map<Address, Binary>();
  readonly #slab = new Slab();

  /** Copies the packets out of the outbox. They share buffers, but no bytes. */
  takeOutbox(memory: Memory, outbox: Pointer, length: number): Outbox {
    const { words } = memory;
    const taken: Outbox = { packets: [], conn: [] };
    const offset = this.#slab.copy(memory, outbox, length);
    const { buffer } = this.#slab;
    for (let used = 0; used < length; ) {
      const header = (outbox + used) >> 2;
      const bytes = new Uint8Array(buffer, offset + used + HEADER, words[header + LENGTH]);
      const kind = words[header + KIND] ?? 0;
      const port = kind & 0xffff;
      const family = (kind >> 16) & 0x7f;
      const trafficClass = kind >>> 24;
      if (family === 0) {
        const address = words[header + DESTINATION] ?? 0;
        taken.conn.push({ address, unfragmented: port !== 0, trafficClass, bytes });
      } else {
        const source = memory.address(header + SOURCE, family);
        const destination = memory.address(header + DESTINATION, family);
        const packet = { source, destination, port, trafficClass, bytes };
        taken.packets.push(kind & MAY_BE_FRAGMENTED ? { ...packet, mayBeFragmented: true } : packet);
      }
      used += (HEADER + bytes.length + 3) & ~3;
    }
    return taken;
  }

  /**
   * Copies packets into the inbox, from `first` on, as many as fit. Returns how many bytes are used, and the index of
   * the first packet that didn't fit. A packet without a valid address, or larger than the inbox, is dropped.
   */
  fillInbox(memory: Memory, inbox: Pointer, capacity: number, packets: readonly Packet[], first: number): Filled {
    const { words } = memory;
    let used = 0;
    let index = first;
    for (; index < packets.length; index++) {
      const packet = packets[index];
      const source = packet && this.#binary(packet.source);
      const destination = packet && this.#binary(packet.destination);
      if (!source || !destination || HEADER + packet.bytes.length + 3 > capacity) continue;
      if (used + HEADER + packet.bytes.length + 3 > capacity) break;
      const header = (inbox + used) >> 2;
      words[header + LENGTH] = packet.bytes.length;
      words[header + KIND] = (packet.port & 0xffff) | (source.family << 16) | (packet.trafficClass << 24);
      memory.bytes.set(source.bytes, (header + SOURCE) << 2);
      memory.bytes.set(destination.bytes, (header + DESTINATION) << 2);
      memory.bytes.set(packet.bytes, inbox + used + HEADER);
      used += (HEADER + packet.bytes.length + 3) & ~3;
    }
    return { used, next: index };
  }

  /** Copies a packet of an AF_CONN association into the inbox. Returns the bytes used; 0 if it doesn't fit. */
  fillConn(memory: Memory, inbox: Pointer, capacity: number, { address, trafficClass, bytes }: ConnPacket): number {
    const used = (HEADER + bytes.length + 3) & ~3;
    if (used > capacity) return 0;
    const { words } = memory;
    const header = inbox >> 2;
    words.fill(0, header, header + (HEADER >> 2));
    words[header + LENGTH] = bytes.length;
    words[header + KIND] = trafficClass << 24;
    words[header + SOURCE] = address;
    memory.bytes.set(bytes, at(inbox, HEADER));
    return used;
  }

  #binary(address: Address): Binary | undefined {
    const known = this.#binaries.get(address);
    if (known !== undefined) return known;
    const bytes = addressBytes(address);
    if (bytes === undefined) return;
    const binary: Binary = { family: bytes.length === 4 ? 4 : 6, bytes: new Uint8Array(16) };
    binary.bytes.set(bytes);
    if (this.#binaries.size >= MOST_ADDRESSES) this.#binaries.clear();
    this.#binaries.set(address, binary);
    return binary;
  }
}

/** The packets in the outbox. */
export interface Outbox {
  readonly packets: Packet[];
  /** The packets of AF_CONN associations. */
  readonly conn: ConnPacket[];
}

export interface Filled {
  readonly used: number;
  readonly next: number;
}
