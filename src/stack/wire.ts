import { type Address, addressBytes, formatAddress } from '../address.js';
import type { Memory, Pointer } from '../bridge/memory.js';
import { link_packet } from '../generated/layouts.js';
import type { Packet } from '../packet.js';
import type { ConnPacket } from './conn.js';

const HEADER = link_packet.size;
const LENGTH = link_packet.fields.length.offset;
const PORT = link_packet.fields.port.offset;
const FAMILY = link_packet.fields.family.offset;
const TRAFFIC_CLASS = link_packet.fields.traffic_class.offset;
const SOURCE = link_packet.fields.source.offset;
const DESTINATION = link_packet.fields.destination.offset;

/** Both tables are bounded: what a hostile network can fill must not grow. */
const TEXTS = 256;
const BYTES = 1024;

/** Packets between their form in the module's outbox and inbox (struct link_packet) and {@link Packet}. */
export class Wire {
  /** Addresses by a hash of their bytes, so that the same bytes give the same string without formatting it again. */
  readonly #texts: { a: number; b: number; c: number; d: number; family: number; text: Address }[] = [];
  readonly #bytes = new Map<Address, Uint8Array>();

  /**
   * Copies the outbox out and takes it apart; those of AF_CONN associations go to `conn`. The packets share one buffer,
   * which is theirs.
   */
  takeOutbox(memory: Memory, outbox: Pointer, length: number, conn: ConnPacket[]): Packet[] {
    const bytes = memory.copy(outbox, length);
    const view = new DataView(bytes.buffer);
    const packets: Packet[] = [];
    for (let offset = 0; offset < length; ) {
      const start = offset + HEADER;
      const end = start + view.getUint32(offset + LENGTH, true);
      const family = bytes[offset + FAMILY] ?? 0;
      const port = view.getUint16(offset + PORT, true);
      const trafficClass = bytes[offset + TRAFFIC_CLASS] ?? 0;
      const own = bytes.subarray(start, end);
      if (family === 0) {
        const address = view.getUint32(offset + DESTINATION, true);
        conn.push({ address, unfragmented: port !== 0, trafficClass, bytes: own });
      } else {
        const source = this.#text(view, offset + SOURCE, family);
        const destination = this.#text(view, offset + DESTINATION, family);
        packets.push({ source, destination, port, trafficClass, bytes: own });
      }
      offset = (end + 3) & ~3;
    }
    return packets;
  }

  /**
   * Puts packets into the inbox, from `first` on and as many as fit; returns the bytes used and the index of the first
   * that didn't fit. A packet that can't be one (no address, larger than the inbox) is passed over.
   */
  fillInbox(memory: Memory, inbox: Pointer, capacity: number, packets: readonly Packet[], first: number): Filled {
    let used = 0;
    let index = first;
    for (; index < packets.length; index++) {
      const packet = packets[index];
      const source = packet && this.#addressBytes(packet.source);
      const destination = packet && this.#addressBytes(packet.destination);
      if (!source || !destination || HEADER + packet.bytes.length + 3 > capacity) continue;
      if (used + HEADER + packet.bytes.length + 3 > capacity) break;
      const at = inbox + used;
      memory.view.setUint32(at + LENGTH, packet.bytes.length, true);
      memory.view.setUint16(at + PORT, packet.port, true);
      memory.bytes[at + FAMILY] = source.length === 4 ? 4 : 6;
      memory.bytes[at + TRAFFIC_CLASS] = packet.trafficClass;
      memory.bytes.set(source, at + SOURCE);
      memory.bytes.set(destination, at + DESTINATION);
      memory.bytes.set(packet.bytes, at + HEADER);
      used += (HEADER + packet.bytes.length + 3) & ~3;
    }
    return { used, next: index };
  }

  /** Puts one packet of an AF_CONN association into the inbox; returns the bytes used, 0 when it doesn't fit. */
  fillConn(memory: Memory, inbox: Pointer, capacity: number, { address, trafficClass, bytes }: ConnPacket): number {
    const used = (HEADER + bytes.length + 3) & ~3;
    if (used > capacity) return 0;
    memory.bytes.fill(0, inbox, inbox + HEADER);
    memory.view.setUint32(inbox + LENGTH, bytes.length, true);
    memory.bytes[inbox + TRAFFIC_CLASS] = trafficClass;
    memory.view.setUint32(inbox + SOURCE, address, true);
    memory.bytes.set(bytes, inbox + HEADER);
    return used;
  }

  #text(view: DataView, offset: number, family: number): Address {
    const a = view.getUint32(offset, true);
    const b = view.getUint32(offset + 4, true);
    const c = view.getUint32(offset + 8, true);
    const d = view.getUint32(offset + 12, true);
    const slot = (a ^ (a >>> 24) ^ b ^ c ^ d ^ (d >>> 24)) & (TEXTS - 1);
    const known = this.#texts[slot];
    if (known && known.a === a && known.b === b && known.c === c && known.d === d && known.family === family) {
      return known.text;
    }
    const text = formatAddress(new Uint8Array(view.buffer, offset, family === 4 ? 4 : 16));
    this.#texts[slot] = { a, b, c, d, family, text };
    return text;
  }

  #addressBytes(address: Address): Uint8Array | undefined {
    let bytes = this.#bytes.get(address);
    if (bytes === undefined) {
      bytes = addressBytes(address);
      if (bytes === undefined) return;
      if (this.#bytes.size >= BYTES) this.#bytes.clear();
      this.#bytes.set(address, bytes);
    }
    return bytes;
  }
}

export interface Filled {
  readonly used: number;
  readonly next: number;
}
