import { type Address, addressBytes, formatAddress } from '../address.js';
import type { Packet } from '../packet.js';
import { sealPacket } from '../wire/crc32c.js';

/** What a packet to a peer needs, of one path of an association. */
export interface PeerRecord {
  /** The local address. */
  readonly source: Address;
  /** The peer's address. */
  readonly destination: Address;
  /** The peer's UDP port, or 0. */
  readonly udpPort: number;
  /** The SCTP ports as in a packet to the peer: the local one in the high half. */
  readonly ports: number;
  /** The verification tag that the peer expects. */
  readonly tag: number;
}

/** In words: whether the record is valid, then its fields. */
const VALID = 0;
const TAG = 1;
const PORTS = 2;
const UDP_PORT = 3;
const FAMILY = 4;
const SOURCE_FAMILY = 5;
const SOURCE = 6;
const DESTINATION = 10;
const RECORD_WORDS = 14;

const ABORT = 6;
const USER_INITIATED_ABORT = 12;

/**
 * What it takes to send the peers of a stack an ABORT, in shared memory: if the stack's thread dies, another thread tells them.
 * Only the thread of the stack writes, and only after its death another one reads.
 */
export class PeerRecords {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #free: number[] = [];
  #used = 0;

  static create(count: number): PeerRecords {
    return new PeerRecords(new SharedArrayBuffer(count * RECORD_WORDS * 4));
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  /** The place for a new record; `undefined` if there is no room. */
  allocate(): number | undefined {
    const place = this.#free.pop() ?? this.#used * RECORD_WORDS;
    if (place >= this.#words.length) return undefined;
    if (place === this.#used * RECORD_WORDS) this.#used++;
    return place;
  }

  write(place: number, { source, destination, udpPort, ports, tag }: PeerRecord): void {
    const words = this.#words;
    words[place + VALID] = 0;
    words[place + TAG] = tag;
    words[place + PORTS] = ports;
    words[place + UDP_PORT] = udpPort;
    words[place + FAMILY] = this.#writeAddress(place + DESTINATION, destination);
    words[place + SOURCE_FAMILY] = this.#writeAddress(place + SOURCE, source);
    words[place + VALID] = 1;
  }

  free(place: number): void {
    this.#words[place + VALID] = 0;
    this.#free.push(place);
  }

  /** Reads all records, and removes them. */
  *take(): Generator<PeerRecord> {
    const words = this.#words;
    for (let place = 0; place < words.length; place += RECORD_WORDS) {
      if (words[place + VALID] !== 1) continue;
      words[place + VALID] = 0;
      yield {
        source: this.#readAddress(place + SOURCE, words[place + SOURCE_FAMILY]),
        destination: this.#readAddress(place + DESTINATION, words[place + FAMILY]),
        udpPort: words[place + UDP_PORT] ?? 0,
        ports: words[place + PORTS] ?? 0,
        tag: words[place + TAG] ?? 0,
      };
    }
  }

  #writeAddress(word: number, address: Address): 4 | 6 {
    const bytes = addressBytes(address) ?? new Uint8Array(4);
    this.#bytes.set(bytes, word * 4);
    return bytes.length === 4 ? 4 : 6;
  }

  #readAddress(word: number, family: number | undefined): Address {
    return formatAddress(this.#bytes.slice(word * 4, word * 4 + (family === 4 ? 4 : 16)));
  }
}

/** The packet that aborts an association (RFC 9260 §3.3.7), with a reason for people. */
export function abortPacket({ source, destination, udpPort, ports, tag }: PeerRecord, reason: string): Packet {
  const text = new TextEncoder().encode(reason);
  const bytes = new Uint8Array((12 + 4 + 4 + text.length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, ports);
  view.setUint32(4, tag);
  view.setUint8(12, ABORT);
  view.setUint16(14, 8 + text.length);
  view.setUint16(16, USER_INITIATED_ABORT);
  view.setUint16(18, 4 + text.length);
  bytes.set(text, 20);
  sealPacket(bytes);
  return { source, destination, port: udpPort, trafficClass: 0, bytes };
}
