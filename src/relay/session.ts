import type { Clock } from '../clock.js';
import { CLOSE_CODES, type CloseReason } from './close-codes.js';
import { type ClientMessage, encodeControl, type RelayMessage, type UdpEndpoint } from './codec.js';
import { type Datagram, encodeDatagrams } from './datagrams.js';
import type { Destinations, Refusal } from './destinations.js';
import { MIN_BURST_BYTES, type RelayLimits } from './limits.js';
import type { Metrics } from './metrics.js';
import type { PortReservations } from './port-reservations.js';
import { inspectPacket } from './sctp.js';
import { TokenBucket } from './token-bucket.js';

/** The connection to a client, as a session sees it. */
export interface Wire {
  /** Bytes that have been sent but haven't left yet. */
  readonly bufferedBytes: number;
  send(message: Uint8Array): void;
  close(code: number, reason: string): void;
}

/** The UDP addresses that are one client's. */
export interface Allocation {
  readonly locals: readonly UdpEndpoint[];
  /** Sends from a local address; false: dropped, there is no room. */
  send(local: number, peer: UdpEndpoint, bytes: Uint8Array): boolean;
  close(): void;
}

/** What a session is made from. */
export interface SessionParts {
  readonly allocation: Allocation;
  readonly peers: Destinations;
  readonly claims: PortReservations;
  readonly limits: RelayLimits;
  readonly mtu: number;
  readonly resumption: Uint8Array;
  /** The most bytes a second in each direction: the ticket's or the relay's. */
  readonly bytesPerSecond: number;
  /** Shared by all sessions of the relay. */
  readonly totalRate: TokenBucket;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
  /** Calls back once in the present turn of the event loop, after what has arrived was read. */
  turn(callback: () => void): void;
  /** Is called once, when the session is over. */
  ended(reason: CloseReason | 'left' | 'lost'): void;
}

/** IPv4 and UDP headers, which count for rates: small packets aren't cheap. */
const OVERHEAD_BYTES = 28;
const HEADER_BYTES = { IPv4: 28, IPv6: 48 } as const;
/** A client is told of the same refusal at most this often. */
const REFUSAL_QUIET_MS = 1000;
const MAX_REFUSALS = 64;
const MAX_BATCH = 256;

/**
 * One client: what it may send goes out, what answers comes back, all else is dropped and counted. It knows neither
 * WebSocket nor socket, and takes its time from a clock. Without a connection it goes on for a while.
 *
 * ```
 *             attach                lost                  resumptionMs
 *   (begun) ─────────► connected ─────────► waiting ───────────────────► ended
 *                        ▲  │                  │
 *                        │  └── left, idle, life ───────────────────────►
 *                        └──────── attach ─────┘
 * ```
 */
export class Session {
  readonly resumption: Uint8Array;
  readonly #parts: SessionParts;
  readonly #outRate: TokenBucket;
  readonly #inRate: TokenBucket;
  readonly #refusedAtMs = new Map<string, number>();
  readonly #lifeEndsAtMs: number;
  #wire: Wire | undefined;
  #gathered: Datagram[] = [];
  #heardAtMs: number;
  #carriedAtMs: number;
  #lostAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #isOver = false;

  constructor(parts: SessionParts) {
    const nowMs = parts.clock.now();
    const burst = Math.max(parts.bytesPerSecond / 4, MIN_BURST_BYTES);
    this.resumption = parts.resumption;
    this.#parts = parts;
    this.#outRate = new TokenBucket(burst, parts.bytesPerSecond, nowMs);
    this.#inRate = new TokenBucket(burst, parts.bytesPerSecond, nowMs);
    this.#lifeEndsAtMs = nowMs + parts.limits.lifeMs;
    this.#heardAtMs = nowMs;
    this.#carriedAtMs = nowMs;
  }

  get isConnected(): boolean {
    return this.#wire !== undefined;
  }

  /** The client is there: for the first time, or again. A connection that it had before is closed. */
  attach(wire: Wire, resumed: boolean): void {
    if (this.#isOver) return;
    const { allocation, mtu, limits, clock } = this.#parts;
    const previous = this.#wire;
    this.#wire = wire;
    this.#lostAtMs = Number.POSITIVE_INFINITY;
    this.#heardAtMs = clock.now();
    previous?.close(CLOSE_CODES.resumed, 'the session goes on over another connection');
    const { resumption } = this;
    this.#tell({ type: 'allocated', resumption, resumed, mtu, pingMs: limits.pingMs, locals: allocation.locals });
    this.#watch();
  }

  /** A connection is gone. `left`: the client has closed it in order and won't come back. */
  detach(wire: Wire, left: boolean): void {
    if (wire !== this.#wire || this.#isOver) return;
    this.#wire = undefined;
    this.#gathered = [];
    if (left) return this.#over('left');
    this.#lostAtMs = this.#parts.clock.now();
    this.#watch();
  }

  /** Ends the session, and tells the client why. */
  end(closing: CloseReason, text: string): void {
    this.#wire?.close(CLOSE_CODES[closing], text);
    this.#over(closing);
  }

  drain(withinMs: number): void {
    if (this.#wire === undefined) this.#over('draining');
    else this.#tell({ type: 'draining', withinMs });
  }

  /** The client has sent a message, over the connection that it has now. */
  receive(message: ClientMessage): void {
    if (this.#isOver) return;
    const nowMs = this.#parts.clock.now();
    this.#heardAtMs = nowMs;
    switch (message.type) {
      case 'datagrams':
        for (const datagram of message.datagrams) this.#send(datagram, nowMs);
        break;
      case 'permit':
        for (const peer of message.peers) this.#refuse(peer, this.#parts.peers.permit(peer, nowMs), nowMs);
        break;
      case 'ping':
        this.#tell({ type: 'pong', value: message.value });
        break;
      case 'allocate':
        this.end('protocol', 'addresses were asked for twice');
    }
  }

  /** A datagram has come to one of the client's addresses. */
  arrived(local: number, peer: UdpEndpoint, bytes: Uint8Array): void {
    if (this.#isOver) return;
    const nowMs = this.#parts.clock.now();
    const reason = this.#whyNotIn(peer, bytes, nowMs);
    if (reason !== undefined) return this.#dropped('in', reason);
    this.#carried('in', bytes, nowMs);
    if (this.#gathered.push({ local, peer, bytes }) === 1) this.#parts.turn(() => this.#flush());
  }

  /** The system says that a peer can't be reached. */
  unreachable(peer: UdpEndpoint): void {
    const text = `the relay has no way to ${peer.address}`;
    this.#refuse(peer, { reason: 'unreachable', text }, this.#parts.clock.now());
  }

  #send({ local, peer, bytes }: Datagram, nowMs: number): void {
    const { allocation, peers, claims, mtu } = this.#parts;
    const from = allocation.locals[local];
    const summary = inspectPacket(bytes);
    const isKin = from !== undefined && from.address.includes(':') === peer.address.includes(':');
    if (summary === undefined) return this.#dropped('out', 'not_sctp');
    if (!isKin) return this.#dropped('out', 'no_source');
    if (packetBytes(peer, bytes) > mtu) return this.#dropped('out', 'too_large');
    const cost = bytes.length + OVERHEAD_BYTES;
    const refusal = peers.outbound(peer, summary, nowMs);
    if (refusal !== undefined) return this.#refuse(peer, refusal, nowMs);
    if (!claims.reserve(this, from.address, summary.sourcePort, peer.address)) {
      const text = `another client of this relay uses SCTP port ${summary.sourcePort} towards ${peer.address}`;
      return this.#refuse(peer, { reason: 'taken', text }, nowMs);
    }
    if (!this.#outRate.take(cost, nowMs)) return this.#dropped('out', 'rate');
    if (!this.#parts.totalRate.take(cost, nowMs)) return this.#dropped('out', 'total_rate');
    if (!allocation.send(local, peer, bytes)) return this.#dropped('out', 'queue_full');
    this.#carried('out', bytes, nowMs);
  }

  #whyNotIn(peer: UdpEndpoint, bytes: Uint8Array, nowMs: number): string | undefined {
    const { peers } = this.#parts;
    if (!peers.has(peer)) return 'unsolicited';
    if (inspectPacket(bytes) === undefined) return 'not_sctp';
    peers.answered(peer, nowMs);
    if (packetBytes(peer, bytes) > this.#parts.mtu) return 'too_large'; // so that a peer's larger probes fail
    if (this.#wire === undefined) return 'not_connected';
    const { queueBytes } = this.#parts.limits;
    if (this.#wire.bufferedBytes > queueBytes || this.#gathered.length >= MAX_BATCH) return 'queue_full';
    const cost = bytes.length + OVERHEAD_BYTES;
    if (!this.#inRate.take(cost, nowMs)) return 'rate';
    return this.#parts.totalRate.take(cost, nowMs) ? undefined : 'total_rate';
  }

  #carried(direction: 'in' | 'out', bytes: Uint8Array, nowMs: number): void {
    this.#carriedAtMs = nowMs;
    this.#parts.metrics?.datagrams.inc({ direction });
    this.#parts.metrics?.bytes.inc({ direction }, bytes.length);
  }

  #dropped(direction: 'in' | 'out', reason: string): void {
    this.#parts.metrics?.dropped.inc({ direction, reason });
  }

  #flush(): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const message of encodeDatagrams(gathered)) this.#wire?.send(message);
  }

  #refuse(peer: UdpEndpoint, refusal: Refusal | undefined, nowMs: number): void {
    if (refusal === undefined) return;
    this.#parts.metrics?.refused.inc({ reason: refusal.reason });
    const key = `${peer.address} ${peer.port} ${refusal.reason}`;
    if (nowMs - (this.#refusedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < REFUSAL_QUIET_MS) return;
    if (this.#refusedAtMs.size >= MAX_REFUSALS) this.#refusedAtMs.clear();
    this.#refusedAtMs.set(key, nowMs);
    this.#tell({ type: 'refused', peer, ...refusal });
  }

  /** A client that doesn't take what it is told loses the rest of it. */
  #tell(message: Exclude<RelayMessage, { type: 'datagrams' }>): void {
    if (this.#wire === undefined || this.#wire.bufferedBytes > 2 * this.#parts.limits.queueBytes) return;
    this.#wire.send(encodeControl(message));
  }

  /** Looks at what time does to the session, and again when the next of it is due. */
  #watch(): void {
    this.#cancelTimer?.();
    if (this.#isOver) return;
    const { limits, clock } = this.#parts;
    const nowMs = clock.now();
    const idleAtMs = this.#carriedAtMs + limits.idleMs;
    const silentAtMs = this.#wire === undefined ? Number.POSITIVE_INFINITY : this.#heardAtMs + 3 * limits.pingMs;
    const goneAtMs = this.#lostAtMs + limits.resumptionMs;
    if (nowMs >= this.#lifeEndsAtMs) return this.end('life', 'the session has lasted as long as this relay allows');
    if (nowMs >= idleAtMs) return this.end('idle', 'nothing was carried for too long');
    if (nowMs >= goneAtMs) return this.#over('lost');
    if (nowMs >= silentAtMs) {
      this.#wire?.close(CLOSE_CODES.idle, 'no ping has come');
      if (this.#wire) this.detach(this.#wire, false);
      return;
    }
    const dueAtMs = Math.min(this.#lifeEndsAtMs, idleAtMs, silentAtMs, goneAtMs);
    this.#cancelTimer = clock.schedule(dueAtMs - nowMs, () => this.#watch());
  }

  #over(reason: CloseReason | 'left' | 'lost'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wire = undefined;
    this.#gathered = [];
    this.#cancelTimer?.();
    this.#parts.claims.release(this);
    this.#parts.allocation.close();
    this.#parts.ended(reason);
  }
}

/** The size of the IP packet that carries a datagram. */
function packetBytes({ address }: UdpEndpoint, bytes: Uint8Array): number {
  return bytes.length + (address.includes(':') ? HEADER_BYTES.IPv6 : HEADER_BYTES.IPv4);
}
