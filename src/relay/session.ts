import type { Clock } from '../clock.js';
import { Admission } from './admission.js';
import { CLOSE_CODES, type CloseReason } from './close-codes.js';
import { type ClientMessage, encodeControl, type RelayMessage, type UdpEndpoint } from './codec.js';
import type { Destinations, Refusal } from './destinations.js';
import { type ClientConnection, Inbound } from './inbound.js';
import type { RelayLimits } from './limits.js';
import type { Metrics } from './metrics.js';
import { type Allocation, Outbound } from './outbound.js';
import type { PortOwner, SctpPorts } from './port-reservations.js';
import type { SharedRate } from './shaper.js';
import { Traffic } from './traffic.js';

/** What a session needs. */
export interface SessionParts {
  /** The subject of the client's ticket. */
  readonly subject: string;
  /** The ticket that opened the session. It resumes it even when it has expired. */
  readonly ticket: string;
  readonly allocation: Allocation;
  readonly destinations: Destinations;
  readonly ports: SctpPorts;
  readonly limits: RelayLimits;
  readonly mtu: number;
  /** The most bytes per second in each direction: the ticket's or the relay's limit. */
  readonly bytesPerSecond: number;
  /** The limit of all sessions of the relay together. */
  readonly totalRate: SharedRate;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
  /** Calls back in this turn of the event loop, once everything that has arrived is read. */
  defer(callback: () => void): void;
  /** Called when the client is told a refusal, the first time for each reason. */
  refused(peer: UdpEndpoint, refusal: Refusal): void;
  /** Called when the client has got a connection, and when it has lost it. */
  connected?(isConnected: boolean): void;
  /** Called once, when the session has ended. */
  ended(reason: SessionEnd): void;
}

/** Why a session has ended. `moved`: it goes on in another worker. */
export type SessionEnd = CloseReason | 'left' | 'lost' | 'moved';

/** A session on its way to another worker. */
export interface MovedSession {
  readonly subject: string;
  readonly ticket: string;
  /** The destinations in its ticket. */
  readonly destinations: readonly string[];
  /** The most bytes per second in each direction. */
  readonly bytesPerSecond: number;
  /** How long the session may still last, in ms. */
  readonly lifeMs: number;
}

/** A client is told the same refusal at most once in this time. */
const REFUSAL_INTERVAL_MS = 1000;
const MAX_REFUSALS = 64;

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
  readonly #parts: SessionParts;
  readonly #admission: Admission;
  readonly #outbound: Outbound;
  readonly #inbound: Inbound;
  readonly #refusedAtMs = new Map<string, number>();
  readonly #reported = new Set<string>();
  readonly #lifeEndsAtMs: number;
  #connection: ClientConnection | undefined;
  #receivedAtMs: number;
  #messageAtMs: number;
  #relayedAtMs: number;
  #pingedAtMs: number;
  #lostAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #hasEnded = false;

  constructor(parts: SessionParts) {
    const { allocation, destinations, ports, limits, mtu, bytesPerSecond, totalRate, metrics } = parts;
    const { defer, clock } = parts;
    const nowMs = clock.now();
    this.#parts = parts;
    const changed = () => this.#checkTimers();
    const { locals } = allocation;
    const admission = new Admission({ owner: this, locals, destinations, ports, clock, changed });
    const relayed = (atMs: number) => {
      this.#relayedAtMs = atMs;
    };
    const refused = (peer: UdpEndpoint, refusal: Refusal, atMs: number) => this.#refuse(peer, refusal, atMs);
    const shared = { admission, mtu, bytesPerSecond, totalRate, nowMs, relayed };
    const { queueBytes } = limits;
    const [out, back] = [new Traffic(metrics, 'out'), new Traffic(metrics, 'in')];
    this.#admission = admission;
    this.#outbound = new Outbound({ ...shared, allocation, traffic: out, refused });
    this.#inbound = new Inbound({ ...shared, destinations, traffic: back, queueBytes, clock, defer });
    this.#lifeEndsAtMs = nowMs + limits.lifeMs;
    this.#receivedAtMs = nowMs;
    this.#messageAtMs = nowMs;
    this.#relayedAtMs = nowMs;
    this.#pingedAtMs = nowMs;
  }

  get subject(): string {
    return this.#parts.subject;
  }

  get ticket(): string {
    return this.#parts.ticket;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** The most bytes per second in each direction. */
  get bytesPerSecond(): number {
    return this.#parts.bytesPerSecond;
  }

  /**
   * Gives the session a connection, the first one or another. An earlier one that is still open is closed.
   * `resumption`: the token for the next time.
   */
  attach(connection: ClientConnection, resumed: boolean, resumption: Uint8Array): void {
    if (this.#hasEnded) return;
    const { allocation, mtu, limits, clock } = this.#parts;
    const previous = this.#connection;
    this.#connection = connection;
    this.#inbound.connected(connection);
    this.#lostAtMs = Number.POSITIVE_INFINITY;
    this.#receivedAtMs = clock.now();
    this.#messageAtMs = clock.now();
    this.#parts.connected?.(true);
    previous?.close(CLOSE_CODES.resumed, 'the session was resumed over another connection');
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
    this.#inbound.disconnected();
    if (left) return this.#finish('left');
    this.#lostAtMs = this.#parts.clock.now();
    this.#parts.connected?.(false);
    this.#checkTimers();
  }

  /** Ends the session, and tells the client why. */
  end(reason: CloseReason, text: string): void {
    this.#connection?.close(CLOSE_CODES[reason], text);
    this.#finish(reason);
  }

  /** Ends the session here, because another worker goes on with it. Returns how long it may still last, in ms. */
  moveAway(): number {
    const leftMs = this.#lifeEndsAtMs - this.#parts.clock.now();
    this.#connection?.close(CLOSE_CODES.resumed, 'the session was resumed over another connection');
    this.#finish('moved');
    return leftMs;
  }

  drain(withinMs: number): void {
    if (this.#connection === undefined) this.#finish('draining');
    else this.#sendControl({ type: 'draining', withinMs });
  }

  /** Called for each message of the client. */
  receive(message: ClientMessage): void {
    if (this.#hasEnded) return;
    const { destinations, clock } = this.#parts;
    const nowMs = clock.now();
    this.#receivedAtMs = nowMs;
    this.#messageAtMs = nowMs;
    switch (message.type) {
      case 'datagrams':
        for (const datagram of message.datagrams) this.#outbound.send(datagram, nowMs);
        break;
      case 'permit':
        for (const peer of message.peers) this.#refuse(peer, destinations.permit(peer, nowMs), nowMs);
        break;
      case 'tags':
        destinations.announce(message.tags, nowMs);
        break;
      case 'ping':
        this.#sendControl({ type: 'pong', value: message.value });
        break;
      case 'allocate':
        this.end('protocol', 'addresses were requested twice');
    }
  }

  /** Called for each WebSocket pong of the client. */
  ponged(connection: ClientConnection, payload: Uint8Array): void {
    if (this.#hasEnded || connection !== this.#connection) return;
    const nowMs = this.#parts.clock.now();
    this.#receivedAtMs = nowMs;
    this.#inbound.ponged(payload, nowMs);
  }

  /** Called for each datagram that arrives at one of the client's addresses. */
  arrived(local: number, peer: UdpEndpoint, bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    this.#inbound.arrived({ local, peer, bytes }, this.#parts.clock.now());
  }

  /** Called when the system reports that a peer is unreachable. */
  unreachable(peer: UdpEndpoint): void {
    const text = `the relay has no route to ${peer.address}`;
    this.#refuse(peer, { reason: 'unreachable', text }, this.#parts.clock.now());
  }

  #refuse(peer: UdpEndpoint, refusal: Refusal | undefined, nowMs: number): void {
    if (refusal === undefined) return;
    this.#parts.metrics?.refused.inc({ reason: refusal.reason });
    if (!this.#reported.has(refusal.reason)) this.#parts.refused(peer, refusal);
    this.#reported.add(refusal.reason);
    const key = `${peer.address} ${peer.port} ${refusal.text}`;
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
    this.#admission.expire(nowMs);
    const idleAtMs = this.#relayedAtMs + limits.idleMs;
    const lostAtMs = this.isConnected ? this.#receivedAtMs + 3 * limits.pingMs : Number.POSITIVE_INFINITY;
    const resumptionEndsAtMs = this.#lostAtMs + limits.resumptionMs;
    if (nowMs >= this.#lifeEndsAtMs)
      return this.end('life', 'the session has reached the maximum life time of this relay');
    if (nowMs >= idleAtMs) return this.end('idle', 'nothing was relayed for too long');
    if (nowMs >= resumptionEndsAtMs) return this.#finish('lost');
    if (nowMs >= lostAtMs) {
      this.#connection?.close(CLOSE_CODES.idle, 'no ping was received');
      if (this.#connection) this.detach(this.#connection, false);
      return;
    }
    const pingAtMs = this.#pingIfDue(nowMs);
    const ends = Math.min(this.#lifeEndsAtMs, idleAtMs, lostAtMs, resumptionEndsAtMs);
    const dueAtMs = Math.min(ends, pingAtMs, this.#admission.nextExpiryMs);
    this.#cancelTimer = clock.schedule(dueAtMs - nowMs, () => this.#checkTimers());
  }

  /**
   * Sends a WebSocket ping once per interval: browsers answer it without the page, whose timers may be stopped while it
   * is hidden. If the page sends nothing, it gets a message too, so that it knows that the relay is there. Returns when
   * the next ping is due.
   */
  #pingIfDue(nowMs: number): number {
    if (!this.isConnected) return Number.POSITIVE_INFINITY;
    const { pingMs } = this.#parts.limits;
    if (nowMs >= this.#pingedAtMs + pingMs) {
      this.#pingedAtMs = nowMs;
      this.#inbound.ping(nowMs);
      if (nowMs - this.#messageAtMs > pingMs) this.#sendControl({ type: 'pong', value: 0 });
    }
    return this.#pingedAtMs + pingMs;
  }

  #finish(reason: SessionEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#connection = undefined;
    this.#inbound.disconnected();
    this.#outbound.end();
    this.#cancelTimer?.();
    this.#parts.allocation.close(this.#admission.end());
    this.#parts.ended(reason);
  }
}
