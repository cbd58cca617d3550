import type { ClientTag } from '../../relay/codec.js';
import { LruMap } from '../../relay/lru-map.js';

/** As many as a relay remembers by default. */
const MAX_TAGS = 256;
const INIT = 1;
const INIT_ACK = 2;
/** An INIT or INIT ACK without parameters, behind the common header (RFC 9260 §3.3.2). */
const INIT_PACKET_BYTES = 32;

/** The verification tags that our stack has chosen in its INITs and INIT ACKs: packets to it carry them. */
export class ChosenTags {
  readonly #tags = new LruMap<number, ClientTag>(MAX_TAGS);
  #last = 0;

  /** The least recently used one comes first. */
  get all(): readonly ClientTag[] {
    return [...this.#tags.values()];
  }

  /** Notes a packet that we send. Returns its initiate tag if that is new. */
  add(packet: Uint8Array): ClientTag | undefined {
    const type = packet[12];
    if ((type !== INIT && type !== INIT_ACK) || packet.length < INIT_PACKET_BYTES) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const [port, peerPort, tag] = [view.getUint16(0), view.getUint16(2), view.getUint32(16)];
    const isNew = this.#tags.get(tag) === undefined;
    if (!isNew || port === 0 || peerPort === 0 || tag === 0) return undefined;
    const chosen = { port, peerPort, tag };
    this.#tags.set(tag, chosen);
    this.#last = 0;
    return chosen;
  }

  /** Notes a packet that we receive: its association is in use. */
  used(packet: Uint8Array): void {
    const tag =
      (((packet[4] ?? 0) << 24) | ((packet[5] ?? 0) << 16) | ((packet[6] ?? 0) << 8) | (packet[7] ?? 0)) >>> 0;
    if (tag === this.#last) return;
    this.#last = tag;
    this.#tags.get(tag);
  }
}
