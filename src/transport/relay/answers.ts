import type { Address } from '../../address.js';
import type { Packet } from '../../packet.js';
import { LruMap } from '../../relay/lru-map.js';

/** What a link must tell. */
interface LinkState {
  readonly isUp: boolean;
}

/** The way that a packet came: the link, and our address at it. */
interface Way<L> {
  readonly link: L;
  readonly source: Address;
}

const MOST_REMEMBERED = 256;
const COMMON_HEADER_BYTES = 12;
const SACK = 3;
const HEARTBEAT_ACK = 5;

/**
 * Sends SACKs and HEARTBEAT ACKs back the way that the packets came which they answer. The stack chooses the source of a packet by its
 * destination. But a peer's paths to our addresses may have one source, or the peer has a single address. If its answers went through
 * one relay only, and that relay stopped without notice, the peer would take the path through the other one for dead, too.
 */
export class AnswerRoutes<L extends LinkState> {
  readonly #ways = new LruMap<Address, Way<L>>(MOST_REMEMBERED);
  #last: { readonly peer: Address; readonly way: Way<L> } | undefined;

  /** Notes the way of a packet that has arrived. */
  arrived(peer: Address, link: L, source: Address): void {
    const last = this.#last;
    if (last?.peer === peer && last.way.link === link && last.way.source === source) return;
    const way = { link, source };
    this.#last = { peer, way };
    this.#ways.set(peer, way);
  }

  /** The way back, if a packet is an answer and nothing else, and if that relay isn't lost. */
  find({ destination, bytes }: Packet): Way<L> | undefined {
    if (!isAnswer(bytes)) return undefined;
    const way = this.#last?.peer === destination ? this.#last.way : this.#ways.get(destination);
    return way?.link.isUp ? way : undefined;
  }
}

function isAnswer(packet: Uint8Array): boolean {
  for (let at = COMMON_HEADER_BYTES; at < packet.length; ) {
    const type = packet[at];
    if (type !== SACK && type !== HEARTBEAT_ACK) return false;
    const length = ((packet[at + 2] ?? 0) << 8) | (packet[at + 3] ?? 0);
    at += Math.max(4, (length + 3) & ~3);
  }
  return true;
}
