import type { Clock } from '../clock.js';
import { CLOSE_CODES, type CloseReason } from './close-codes.js';
import { type ClientMessage, encodeControl, type RelayMessage, type UdpEndpoint } from './codec.js';
import { type Datagram, encodeDatagrams } from './datagrams.js';
import type { Destinations, Refusal } from './destinations.js';
import { MIN_BURST_BYTES, type RelayLimits } from './limits.js';
import type { Metrics } from './metrics.js';
import type { PortOwner, PortReservations } from './port-reservations.js';
import { inspectPacket, type SctpSummary } from './sctp.js';
import { TokenBucket } from './token-bucket.js';

/** The connection to a client, as a session uses it. */
export interface ClientConnection {
  /** Bytes that are queued for sending. */
  readonly bufferedBytes: number;
  send(message: Uint8Array): void;
  close(code: number, reason: string): void;
}

/** The UDP addresses of one client. */
export interface Allocation {
  readonly locals: readonly UdpEndpoint[];
  /** Sends from a local address; false if the datagram was dropped because the queue is full. */
  send(local: number, peer: UdpEndpoint, bytes: Uint8Array): boolean;
  /** `isResting`: peers may go on sending to these addresses, so no other client must get them for a while. */
  close(isResting: boolean): void;
}

/** What a session needs. */
export interface SessionParts {
  /** The subject of the client's ticket. */
  readonly subject: string;
  readonly allocation: Allocation;
  readonly destinations: Destinations;
  readonly ports: PortReservations;
  readonly limits: RelayLimits;
  readonly mtu: number;
  readonly resumption: Uint8Array;
  /** The most bytes per second in each direction: the ticket's or the relay's limit. */
  readonly bytesPerSecond: number;
  /** The limit of all sessions of the relay together. */
  readonly totalRate: TokenBucket;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
  /** Calls back in this turn of the event loop, once everything that has arrived is read. */
  defer(callback: () => void): void;
  /** Called once, when the session has ended. */
  ended(reason: CloseReason | 'left' | 'lost'): void;
}

/** IPv4 and UDP headers: they count in rates, because small packets aren't cheap. */
const OVERHEAD_BYTES = 28;
const HEADER_BYTES = { IPv4: 28, IPv6: 48 } as const;
/** A client is told the same refusal at most once in this time. */
const REFUSAL_INTERVAL_MS = 1000;
const MAX_REFUSALS = 64;
const MAX_BATCH = 256;

/**
 * One client's session. It relays the datagrams that the client may send and those that its destinations answer with,
 * and drops and counts all others. It does no I/O itself. When the client loses its connection, the session waits for a
 * while to be resumed.
 *
 * ```
 *             attach                lost                  resumptionMs
 *   (new) ───────────► connected ─────────► waiting ───────────────────► ended
 *                        ▲  │                  │
 *                        │  └── left, idle, life ───────────────────────►
 *                        └──────── attach ─────┘
 * ```
 */
export class Session implements PortOwner {
  readonly resumption: Uint8Array;
  readonly #parts: SessionParts;
  readonly #outRate: TokenBucket;
  readonly #inRate: TokenBucket;
  readonly #refusedAtMs = new Map<string, number>();
  readonly #lifeEndsAtMs: number;
  #connection: ClientConnection | undefined;
  /** Datagrams for the client that arrived in this turn of the event loop. */
  #batch: Datagram[] = [];
  #receivedAtMs: number;
  #relayedAtMs: number;
  #lostAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #hasEnded = false;

  constructor(parts: SessionParts) {
    const nowMs = parts.clock.now();
    const burst = Math.max(parts.bytesPerSecond / 4, MIN_BURST_BYTES);
    this.resumption = parts.resumption;
    this.#parts = parts;
    this.#outRate = new TokenBucket(burst, parts.bytesPerSecond, nowMs);
    this.#inRate = new TokenBucket(burst, parts.bytesPerSecond, nowMs);
    this.#lifeEndsAtMs = nowMs + parts.limits.lifeMs;
    this.#receivedAtMs = nowMs;
    this.#relayedAtMs = nowMs;
  }

  get subject(): string {
    return this.#parts.subject;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Gives the session a connection, the first one or another. An earlier one that is still open is closed. */
  attach(connection: ClientConnection, resumed: boolean): void {
    if (this.#hasEnded) return;
    const { allocation, mtu, limits, clock } = this.#parts;
    const previous = this.#connection;
    this.#connection = connection;
    this.#lostAtMs = Number.POSITIVE_INFINITY;
    this.#receivedAtMs = clock.now();
    previous?.close(CLOSE_CODES.resumed, 'the session was resumed over another connection');
    const { resumption } = this;
    this.#sendControl({
      type: 'allocated',
      resumption,
      resumed,
      mtu,
      pingMs: limits.pingMs,
      locals: allocation.locals,
    });
    this.#checkTimers();
  }

  /** A connection was closed. `left`: the client closed it normally, and won't resume the session. */
  detach(connection: ClientConnection, left: boolean): void {
    if (connection !== this.#connection || this.#hasEnded) return;
    this.#connection = undefined;
    this.#batch = [];
    if (left) return this.#finish('left');
    this.#lostAtMs = this.#parts.clock.now();
    this.#checkTimers();
  }

  /** Ends the session, and tells the client why. */
  end(reason: CloseReason, text: string): void {
    this.#connection?.close(CLOSE_CODES[reason], text);
    this.#finish(reason);
  }

  drain(withinMs: number): void {
    if (this.#connection === undefined) this.#finish('draining');
    else this.#sendControl({ type: 'draining', withinMs });
  }

  /** Called for each message of the client. */
  receive(message: ClientMessage): void {
    if (this.#hasEnded) return;
    const nowMs = this.#parts.clock.now();
    this.#receivedAtMs = nowMs;
    switch (message.type) {
      case 'datagrams':
        for (const datagram of message.datagrams) this.#send(datagram, nowMs);
        break;
      case 'permit':
        for (const peer of message.peers) this.#refuse(peer, this.#parts.destinations.permit(peer, nowMs), nowMs);
        break;
      case 'tags':
        this.#parts.destinations.announce(message.tags, nowMs);
        break;
      case 'ping':
        this.#sendControl({ type: 'pong', value: message.value });
        break;
      case 'allocate':
        this.end('protocol', 'addresses were requested twice');
    }
  }

  /** Called for each datagram that arrives at one of the client's addresses. */
  arrived(local: number, peer: UdpEndpoint, bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    const nowMs = this.#parts.clock.now();
    const reason = this.#inboundDropReason(local, peer, bytes, nowMs);
    if (reason !== undefined) return this.#dropped('in', reason);
    this.#relayed('in', bytes, nowMs);
    if (this.#batch.push({ local, peer, bytes }) === 1) this.#parts.defer(() => this.#flush());
  }

  /** Called when the system reports that a peer is unreachable. */
  unreachable(peer: UdpEndpoint): void {
    const text = `the relay has no route to ${peer.address}`;
    this.#refuse(peer, { reason: 'unreachable', text }, this.#parts.clock.now());
  }

  #send({ local, peer, bytes }: Datagram, nowMs: number): void {
    const { allocation, destinations, ports, mtu } = this.#parts;
    const from = allocation.locals[local];
    const summary = inspectPacket(bytes);
    const isSameFamily = from !== undefined && from.address.includes(':') === peer.address.includes(':');
    if (summary === undefined) return this.#dropped('out', 'not_sctp');
    if (!isSameFamily) return this.#dropped('out', 'no_source');
    if (packetBytes(peer, bytes) > mtu) return this.#dropped('out', 'too_large');
    const cost = bytes.length + OVERHEAD_BYTES;
    const refusal = destinations.outbound(peer, summary, nowMs);
    if (refusal !== undefined) return this.#refuse(peer, refusal, nowMs);
    if (!ports.isFree(this, from.address, summary.sourcePort, peer.address)) {
      const text = `another client of this relay uses SCTP port ${summary.sourcePort} towards ${peer.address}`;
      return this.#refuse(peer, { reason: 'taken', text }, nowMs);
    }
    const association = destinations.sent(peer, summary, nowMs);
    if (association !== undefined && 'reason' in association) return this.#refuse(peer, association, nowMs);
    if (association !== undefined) {
      ports.reserve(this, from.address, summary.sourcePort, peer.address, association);
      if (association.state !== 'open') this.#checkTimers();
    }
    if (!this.#outRate.take(cost, nowMs)) return this.#dropped('out', 'rate');
    if (!this.#parts.totalRate.take(cost, nowMs)) return this.#dropped('out', 'total_rate');
    if (!allocation.send(local, peer, bytes)) return this.#dropped('out', 'queue_full');
    this.#relayed('out', bytes, nowMs);
  }

  #inboundDropReason(local: number, peer: UdpEndpoint, bytes: Uint8Array, nowMs: number): string | undefined {
    if (!this.#parts.destinations.has(peer)) return 'unsolicited';
    const summary = inspectPacket(bytes);
    if (summary === undefined) return 'not_sctp';
    if (!this.#isExpected(local, peer, summary, nowMs)) return 'no_association';
    if (packetBytes(peer, bytes) > this.#parts.mtu) return 'too_large'; // so that larger probes of the peer's path MTU discovery fail
    if (this.#connection === undefined) return 'not_connected';
    const { queueBytes } = this.#parts.limits;
    if (this.#connection.bufferedBytes > queueBytes || this.#batch.length >= MAX_BATCH) return 'queue_full';
    const cost = bytes.length + OVERHEAD_BYTES;
    if (!this.#inRate.take(cost, nowMs)) return 'rate';
    return this.#parts.totalRate.take(cost, nowMs) ? undefined : 'total_rate';
  }

  /** Whether a packet belongs to an association of this client, or may begin one because the client listens. */
  #isExpected(local: number, peer: UdpEndpoint, summary: SctpSummary, nowMs: number): boolean {
    const { allocation, destinations, ports } = this.#parts;
    if (summary.isInit) {
      const at = allocation.locals[local]?.address ?? '';
      return ports.isFree(this, at, summary.destinationPort, peer.address);
    }
    const association = destinations.received(peer, summary, nowMs);
    if (association === undefined) return false;
    if (summary.isEnd) {
      this.#parts.ports.release(association); // The peer has ended it: its port is free at once.
      this.#checkTimers();
    }
    return true;
  }

  #relayed(direction: 'in' | 'out', bytes: Uint8Array, nowMs: number): void {
    this.#relayedAtMs = nowMs;
    this.#parts.metrics?.datagrams.inc({ direction });
    this.#parts.metrics?.bytes.inc({ direction }, bytes.length);
  }

  #dropped(direction: 'in' | 'out', reason: string): void {
    this.#parts.metrics?.dropped.inc({ direction, reason });
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const message of encodeDatagrams(batch)) this.#connection?.send(message);
  }

  #refuse(peer: UdpEndpoint, refusal: Refusal | undefined, nowMs: number): void {
    if (refusal === undefined) return;
    this.#parts.metrics?.refused.inc({ reason: refusal.reason });
    const key = `${peer.address} ${peer.port} ${refusal.reason}`;
    if (nowMs - (this.#refusedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < REFUSAL_INTERVAL_MS) return;
    if (this.#refusedAtMs.size >= MAX_REFUSALS) this.#refusedAtMs.clear();
    this.#refusedAtMs.set(key, nowMs);
    this.#sendControl({ type: 'refused', peer, ...refusal });
  }

  /** Drops the message if the client doesn't read. */
  #sendControl(message: Exclude<RelayMessage, { type: 'datagrams' }>): void {
    if (this.#connection === undefined || this.#connection.bufferedBytes > 2 * this.#parts.limits.queueBytes) return;
    this.#connection.send(encodeControl(message));
  }

  /** Ends the session or its connection if a time has expired, and schedules itself for the next time. */
  #checkTimers(): void {
    this.#cancelTimer?.();
    if (this.#hasEnded) return;
    const { limits, clock } = this.#parts;
    const nowMs = clock.now();
    const idleAtMs = this.#relayedAtMs + limits.idleMs;
    const pingDueAtMs =
      this.#connection === undefined ? Number.POSITIVE_INFINITY : this.#receivedAtMs + 3 * limits.pingMs;
    const resumptionEndsAtMs = this.#lostAtMs + limits.resumptionMs;
    const { associations } = this.#parts.destinations;
    for (const each of associations.expire(nowMs)) this.#parts.ports.release(each);
    if (nowMs >= this.#lifeEndsAtMs)
      return this.end('life', 'the session has reached the maximum life time of this relay');
    if (nowMs >= idleAtMs) return this.end('idle', 'nothing was relayed for too long');
    if (nowMs >= resumptionEndsAtMs) return this.#finish('lost');
    if (nowMs >= pingDueAtMs) {
      this.#connection?.close(CLOSE_CODES.idle, 'no ping was received');
      if (this.#connection) this.detach(this.#connection, false);
      return;
    }
    const dueAtMs = Math.min(this.#lifeEndsAtMs, idleAtMs, pingDueAtMs, resumptionEndsAtMs, associations.nextExpiryMs);
    this.#cancelTimer = clock.schedule(dueAtMs - nowMs, () => this.#checkTimers());
  }

  #finish(reason: CloseReason | 'left' | 'lost'): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#connection = undefined;
    this.#batch = [];
    this.#cancelTimer?.();
    const { associations } = this.#parts.destinations;
    const isResting = associations.areAlive;
    for (const each of associations.clear()) this.#parts.ports.release(each);
    this.#parts.allocation.close(isResting);
    this.#parts.ended(reason);
  }
}

/** The size of the IP packet that carries a datagram. */
function packetBytes({ address }: UdpEndpoint, bytes: Uint8Array): number {
  return bytes.length + (address.includes(':') ? HEADER_BYTES.IPv6 : HEADER_BYTES.IPv4);
}
