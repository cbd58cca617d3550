import type { Clock } from '../clock.js';
import type { Admission } from './admission.js';
import { type Datagram, encodeDatagrams } from './datagrams.js';
import type { Destinations } from './destinations.js';
import { InFlight } from './in-flight.js';
import { isTooLarge } from './packet-size.js';
import { inspectPacket } from './sctp.js';
import { Shaper, type SharedRate } from './shaper.js';
import type { DropReason, Traffic } from './traffic.js';
import { OVERHEAD_BYTES } from './udp-endpoint.js';

/** The connection to a client, as a session uses it. */
export interface ClientConnection {
  /** Bytes that are queued for sending. */
  readonly bufferedBytes: number;
  send(message: Uint8Array): void;
  /** Sends a WebSocket ping; `Session.ponged` is called with the payload of the pong. */
  ping(payload: Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface InboundParts {
  readonly destinations: Destinations;
  readonly admission: Admission;
  readonly traffic: Traffic<'in'>;
  readonly mtu: number;
  readonly bytesPerSecond: number;
  readonly totalRate: SharedRate;
  readonly queueBytes: number;
  readonly nowMs: number;
  readonly clock: Clock;
  /** Calls back in this turn of the event loop, once everything that has arrived is read. */
  defer(callback: () => void): void;
  relayed(nowMs: number): void;
}

const MAX_BATCH = 256;
/** How long what was sent may be unacknowledged before a ping asks for it. */
const ACKNOWLEDGE_MS = 1000;

/** The way of datagrams from the network to the client. */
export class Inbound {
  readonly #parts: InboundParts;
  readonly #shaper: Shaper<Datagram>;
  readonly #inFlight = new InFlight();
  #connection: ClientConnection | undefined;
  #isPingScheduled = false;
  /** Datagrams for the client that arrived in this turn of the event loop. */
  #batch: Datagram[] = [];

  constructor(parts: InboundParts) {
    this.#parts = parts;
    this.#shaper = new Shaper(parts.bytesPerSecond, parts.totalRate, parts.nowMs, {
      send: (datagram, nowMs) => this.#emit(datagram, nowMs),
      dropped: (_datagram, reason) => parts.traffic.dropped(reason),
    });
  }

  connected(connection: ClientConnection): void {
    this.disconnected();
    this.#connection = connection;
  }

  /** What the client hasn't acknowledged is lost. */
  disconnected(): void {
    const { traffic } = this.#parts;
    traffic.dropped('connection_lost', this.#batch.length + this.#shaper.clear().length);
    traffic.dropped('connection_lost', this.#inFlight.lost().datagrams);
    this.#batch = [];
    this.#connection = undefined;
  }

  arrived(datagram: Datagram, nowMs: number): void {
    this.#parts.traffic.arrived();
    const reason = this.#dropReason(datagram, nowMs);
    if (reason !== undefined) return this.#parts.traffic.dropped(reason);
    this.#shaper.push(datagram, datagram.bytes.length + OVERHEAD_BYTES, nowMs);
  }

  /** Sends a ping, which acknowledges what was sent before it. */
  ping(nowMs: number): void {
    this.#connection?.ping(this.#inFlight.ping(nowMs));
  }

  ponged(payload: Uint8Array, nowMs: number): void {
    const { datagrams, bytes } = this.#inFlight.pong(payload, nowMs);
    this.#parts.traffic.carried(datagrams, bytes);
  }

  #dropReason(datagram: Datagram, nowMs: number): DropReason<'in'> | undefined {
    const { destinations, admission, mtu } = this.#parts;
    const { peer, bytes } = datagram;
    if (!destinations.has(peer)) return 'unsolicited';
    const summary = inspectPacket(bytes);
    if (summary === undefined) return 'not_sctp';
    if (!admission.isExpected(datagram, summary, nowMs)) return 'no_association';
    if (isTooLarge(peer, bytes, mtu)) return 'too_large'; // so that larger probes of the peer's path MTU discovery fail
    if (this.#connection === undefined) return 'not_connected';
    const isFull = this.#connection.bufferedBytes > this.#parts.queueBytes || this.#batch.length >= MAX_BATCH;
    return isFull || this.#inFlight.messageBytes > this.#maxInFlightBytes ? 'queue_full' : undefined;
  }

  /** The queue, and what is on its way during a round trip. */
  get #maxInFlightBytes(): number {
    const { queueBytes, bytesPerSecond } = this.#parts;
    const { leastRttMs } = this.#inFlight;
    return 2 * queueBytes + (leastRttMs === Number.POSITIVE_INFINITY ? 0 : (bytesPerSecond * leastRttMs) / 1000);
  }

  #emit(datagram: Datagram, nowMs: number): void {
    this.#parts.relayed(nowMs);
    if (this.#batch.push(datagram) === 1) this.#parts.defer(() => this.#flush());
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (this.#connection === undefined || batch.length === 0) return;
    let messageBytes = 0;
    for (const message of encodeDatagrams(batch)) {
      messageBytes += message.length;
      this.#connection.send(message);
    }
    const bytes = batch.reduce((sum, each) => sum + each.bytes.length, 0);
    this.#inFlight.sent({ datagrams: batch.length, bytes, messageBytes });
    if (this.#inFlight.isPingDue) this.ping(this.#parts.clock.now());
    else this.#schedulePing();
  }

  #schedulePing(): void {
    const { clock } = this.#parts;
    if (this.#isPingScheduled) return;
    this.#isPingScheduled = true;
    clock.schedule(ACKNOWLEDGE_MS, () => {
      this.#isPingScheduled = false;
      if (this.#inFlight.hasUnmarked) this.ping(clock.now());
    });
  }
}
