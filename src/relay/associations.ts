import type { ClientTag } from './codec.js';
import type { SctpSummary } from './sctp.js';

/** What a relay knows about one association of a client. */
export interface Association extends ClientTag {
  /** The tags that the peer has chosen: packets to the peer carry one of them. Empty if this relay hasn't seen any. */
  readonly peerTags: number[];
  /** When each endpoint of the peer has last sent a packet of this association. */
  readonly answeredAtMs: Map<object, number>;
  state: 'announced' | 'pending' | 'open' | 'closed';
  usedAtMs: number;
}

/** An endpoint counts as answering for this long after its last packet. */
const ANSWER_LIFE_MS = 120_000;
/** An INIT is repeated at least once a minute (RTO.Max, RFC 9260 §16): after this time the client has given up. */
const PENDING_LIFE_MS = 90_000;
/** How long late packets of an association that has ended are let through, such as a repeated SHUTDOWN ACK. */
const CLOSED_LIFE_MS = 5000;
/** An open association is forgotten to make room for another if it has been silent for this long. */
const SILENT_MS = 300_000;
/** A peer that restarts, or whose INIT collides with ours, chooses another tag (RFC 9260 §5.2). */
const MAX_PEER_TAGS = 4;
const MAX_ENDPOINTS = 32;

/**
 * The associations of one client, as far as their packets show them. They decide which packets are let in, and which
 * endpoints the client may send more than a few packets to.
 *
 * ```
 *   INIT or INIT ACK            a packet with         ABORT or SHUTDOWN COMPLETE
 *   of the client               the client's tag      of either side, with a right tag
 *   ──────────────► pending ──────────────────► open ─────────────────────────► closed ──► forgotten
 *                     │ 90 s                     ▲                                     5 s
 *   ──────────────► announced ───────────────────┘
 *   INIT or INIT ACK through another relay
 * ```
 *
 * A client chooses a new tag when one of the sides restarts (RFC 9260 §5.2.2). The relay can't tell whether the restart
 * succeeds, so it then knows two associations with the same ports, and lets in packets of both.
 *
 * A client announces the tags of associations whose INIT went through another relay. The peer's tag is then learned
 * from the first packet to an endpoint that has answered.
 */
export class Associations {
  readonly #limit: number;
  /** The key combines both ports. */
  readonly #byPorts = new Map<number, Association[]>();
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#count;
  }

  /** Whether there is an association whose peer may go on sending. */
  get areAlive(): boolean {
    return this.#all().some(({ state }) => state !== 'closed');
  }

  /** The client has chosen a tag in a packet that went through another relay. It is ignored if there is no room. */
  announce(chosen: ClientTag, nowMs: number): void {
    const known = this.#at(chosen.port, chosen.peerPort).some(({ tag }) => tag === chosen.tag);
    if (!known) this.#add(chosen, 'announced', nowMs);
  }

  /** The association that a packet of the client belongs to. */
  find(packet: SctpSummary, peer: object): Association | undefined {
    const { sourcePort, destinationPort, initiateTag, isEnd, isReflected } = packet;
    const all = this.#at(sourcePort, destinationPort);
    if (initiateTag !== 0) return all.find(({ tag }) => tag === initiateTag);
    if (isEnd && isReflected) return all.find(({ tag }) => tag === packet.tag);
    const matching = all.filter((each) => each.peerTags.includes(packet.tag) || isLearning(each, peer));
    return matching.length < 2 ? matching[0] : latest(matching, peer);
  }

  /**
   * Notes a packet of the client. Returns its association; `undefined` if it belongs to none; `full` if there is no
   * room.
   */
  sent(packet: SctpSummary, peer: object, nowMs: number): Association | undefined | 'full' {
    const { sourcePort: port, destinationPort: peerPort, initiateTag } = packet;
    const known = this.find(packet, peer);
    if (known === undefined && initiateTag === 0) return undefined;
    const association = known ?? this.#add({ port, peerPort, tag: initiateTag }, 'pending', nowMs);
    if (association === undefined) return 'full';
    if (association.state === 'announced') association.state = 'pending';
    association.usedAtMs = nowMs;
    if (!packet.isInit && !(packet.isEnd && packet.isReflected)) addPeerTag(association, packet.tag);
    if (packet.isEnd) this.#close(association);
    return association;
  }

  /**
   * Notes a packet for the client. Returns its association, or `undefined` if it belongs to none. INITs belong to none:
   * the client's INIT ACK begins the association.
   */
  received(packet: SctpSummary, peer: object, nowMs: number): Association | undefined {
    const all = this.#at(packet.destinationPort, packet.sourcePort);
    if (packet.isEnd && packet.isReflected) return this.#reflected(all, packet, peer);
    const association = all.find(({ tag }) => tag === packet.tag);
    if (association === undefined) return undefined;
    association.usedAtMs = nowMs;
    if (packet.isEnd) this.#close(association);
    if (association.state === 'closed') return association;
    if (packet.initiateTag !== 0) addPeerTag(association, packet.initiateTag);
    association.state = 'open';
    answered(association, peer, nowMs);
    return association;
  }

  /**
   * Removes associations that have ended, and returns them. Those that haven't been answered are returned too, but they
   * stay known: they may have been set up through another relay.
   */
  expire(nowMs: number): Association[] {
    const over = this.#all().filter((each) => nowMs >= expiryMs(each));
    for (const each of over) {
      if (each.state === 'pending') each.state = 'announced';
      else this.#remove(each);
    }
    return over;
  }

  /** When {@link expire} returns an association next; infinite if none is due. */
  get nextExpiryMs(): number {
    return this.#all().reduce((least, each) => Math.min(least, expiryMs(each)), Number.POSITIVE_INFINITY);
  }

  /** Removes all associations, and returns them. */
  clear(): Association[] {
    const all = this.#all();
    this.#byPorts.clear();
    this.#count = 0;
    return all;
  }

  /**
   * The peer doesn't know the association: it sends back the tag of the client's packets (RFC 9260 §8.4). If this relay
   * doesn't know that tag, the client must judge.
   */
  #reflected(all: readonly Association[], { tag }: SctpSummary, peer: object): Association | undefined {
    const association = all.find(({ peerTags }) => peerTags.includes(tag));
    if (association !== undefined) this.#close(association);
    return association ?? all.find((each) => isLearning(each, peer));
  }

  /**
   * Ends an association, and those that it has replaced or that should have replaced it: they have an endpoint in
   * common.
   */
  #close(ended: Association): void {
    ended.state = 'closed';
    for (const each of this.#at(ended.port, ended.peerPort)) {
      if ([...each.answeredAtMs.keys()].some((peer) => ended.answeredAtMs.has(peer))) each.state = 'closed';
    }
  }

  #add({ port, peerPort, tag }: ClientTag, state: 'announced' | 'pending', nowMs: number): Association | undefined {
    if (this.#count >= this.#limit && !this.#makeRoom(nowMs)) return undefined;
    const association = { port, peerPort, tag, peerTags: [], answeredAtMs: new Map(), state, usedAtMs: nowMs };
    this.#byPorts.set(keyOf(port, peerPort), [...this.#at(port, peerPort), association]);
    this.#count++;
    return association;
  }

  /** Forgets the least recently used association that has ended, else one that wasn't answered, else a silent one. */
  #makeRoom(nowMs: number): boolean {
    const inOrder = this.#all().sort((a, b) => a.usedAtMs - b.usedAtMs);
    const isSilent = ({ usedAtMs }: Association) => nowMs - usedAtMs >= SILENT_MS;
    const chosen =
      inOrder.find(({ state }) => state === 'closed') ??
      inOrder.find(({ state }) => state !== 'open') ??
      inOrder.find(isSilent);
    if (chosen !== undefined) this.#remove(chosen);
    return chosen !== undefined;
  }

  #remove(association: Association): void {
    const { port, peerPort } = association;
    const left = this.#at(port, peerPort).filter((each) => each !== association);
    if (left.length > 0) this.#byPorts.set(keyOf(port, peerPort), left);
    else this.#byPorts.delete(keyOf(port, peerPort));
    this.#count--;
  }

  #at(port: number, peerPort: number): readonly Association[] {
    return this.#byPorts.get(keyOf(port, peerPort)) ?? NONE;
  }

  #all(): Association[] {
    return [...this.#byPorts.values()].flat();
  }
}

const NONE: readonly Association[] = [];

/** Whether an endpoint takes part in an association, so that the client may send it as much as it wants. */
export function isAnswering(association: Association, peer: object, nowMs: number): boolean {
  const answeredAtMs = association.answeredAtMs.get(peer) ?? Number.NEGATIVE_INFINITY;
  return association.state === 'open' && nowMs - answeredAtMs < ANSWER_LIFE_MS;
}

function keyOf(port: number, peerPort: number): number {
  return port * 65_536 + peerPort;
}

/** Whether the peer's tag is learned from packets to this endpoint. */
function isLearning({ peerTags, answeredAtMs }: Association, peer: object): boolean {
  return peerTags.length === 0 && answeredAtMs.has(peer);
}

/** The association that an endpoint has answered last: of those before a restart and after it, the current one. */
function latest(all: readonly Association[], peer: object): Association | undefined {
  const answeredAtMs = (each: Association) => each.answeredAtMs.get(peer) ?? 0;
  return all.reduce((one, other) => (answeredAtMs(other) >= answeredAtMs(one) ? other : one));
}

function expiryMs({ state, usedAtMs }: Association): number {
  if (state === 'closed') return usedAtMs + CLOSED_LIFE_MS;
  return state === 'pending' ? usedAtMs + PENDING_LIFE_MS : Number.POSITIVE_INFINITY;
}

function addPeerTag({ peerTags }: Association, tag: number): void {
  if (peerTags.includes(tag)) return;
  if (peerTags.length >= MAX_PEER_TAGS) peerTags.shift();
  peerTags.push(tag);
}

function answered({ answeredAtMs }: Association, peer: object, nowMs: number): void {
  if (answeredAtMs.size >= MAX_ENDPOINTS && !answeredAtMs.has(peer)) answeredAtMs.clear();
  answeredAtMs.set(peer, nowMs);
}
