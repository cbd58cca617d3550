import type { SctpError } from '../../errors.js';
import {
  type Allocated,
  type ClientTag,
  encodeControl,
  MAX_PERMITS,
  MAX_TAGS,
  type Refused,
  type RelayMessage,
  type UdpEndpoint,
} from '../../relay/codec.js';
import { type Datagram, encodeDatagrams } from '../../relay/datagrams.js';
import { Connection } from './connection.js';
import { closeError } from './errors.js';
import { areUsable } from './locals.js';
import type { RelaySettings, Ticket } from './options.js';
import type { WebSocketConstructor } from './websocket.js';

/** Events of a link. They are never emitted synchronously. */
export interface LinkEvents {
  /** An attempt to connect has succeeded or failed. */
  attempted(): void;
  /** The relay has allocated addresses. */
  returned(link: Link): void;
  /** The connection was lost, addresses were removed, or the relay is shutting down. */
  changed(link: Link): void;
  received(link: Link, datagrams: readonly Datagram[]): void;
  refused(link: Link, refusal: Refused): void;
}

export interface LinkParts {
  readonly url: string;
  readonly ticket: Ticket;
  readonly settings: RelaySettings;
  readonly WebSocket: WebSocketConstructor;
  /** The UDP port to ask for: the same at all relays. */
  readonly port: number;
  readonly events: LinkEvents;
}

/** Short, because the timers of a hidden page wait for the next full second: twice, if the delay ends after one. */
const FIRST_DELAY_MS = 200;
/** After so many unanswered pings in a row a relay is lost. */
const MOST_UNANSWERED = 2;
/** How long a relay may take to answer a ping when the connection may be dead. */
const PROBE_MS = 1500;
const MAX_DELAY_MS = 30_000;

/**
 * A client of one relay. It reconnects whenever the connection is lost, slower and slower until datagrams have arrived: an
 * allocation alone shows only that the relay accepts clients.
 *
 * ```
 *   connecting ── allocated ──► up ── draining ──► draining
 *     ▲   │ refused, no answer   │ lost                │ closed
 *     │   ▼                      ▼                     │
 *     └─ waiting ◄───────────────┴─────────────────────┘   doubling up to 30 s, with jitter
 * ```
 */
export class Link {
  readonly url: string;
  readonly #parts: LinkParts;
  #state: 'connecting' | 'up' | 'draining' | 'waiting' | 'closed' = 'waiting';
  #connection: Connection | undefined;
  #allocated: Allocated | undefined;
  #resumption: Uint8Array = new Uint8Array(0);
  #error: SctpError | undefined;
  #delayMs = FIRST_DELAY_MS;
  #cancelTimer: (() => void) | undefined;
  #lingering: readonly UdpEndpoint[] = [];
  #cancelLingering: (() => void) | undefined;
  #attempt = 0;
  /** Pings in a row after which nothing arrived. */
  #unanswered = 0;
  #isLeaving = false;
  #dropped = 0;

  constructor(parts: LinkParts) {
    this.url = parts.url;
    this.#parts = parts;
  }

  get state(): 'connecting' | 'up' | 'draining' | 'waiting' | 'closed' {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#allocated !== undefined;
  }

  get isDraining(): boolean {
    return this.#state === 'draining';
  }

  /** The relay is shutting down or has been shut down, so that it won't resume the session. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** The public addresses that packets can be sent from; none while the relay is lost. */
  get locals(): readonly UdpEndpoint[] {
    return this.#allocated?.locals ?? [];
  }

  /** Our public addresses, including those of a lost relay while it keeps them. */
  get addresses(): readonly UdpEndpoint[] {
    return this.#allocated?.locals ?? this.#lingering;
  }

  get mtu(): number | undefined {
    return this.#allocated?.mtu;
  }

  /** Why the link isn't up. */
  get error(): SctpError | undefined {
    return this.#error;
  }

  /** Datagrams dropped because the connection was full or lost. */
  get dropped(): number {
    return this.#dropped;
  }

  open(): void {
    void this.#connect();
  }

  /** Sends datagrams. If too many bytes are queued, they are dropped: they would arrive too late. */
  send(datagrams: readonly Datagram[]): void {
    const connection = this.isUp ? this.#connection : undefined;
    if (connection === undefined || connection.bufferedBytes > this.#parts.settings.queueBytes) {
      this.#dropped += datagrams.length;
      return;
    }
    for (const message of encodeDatagrams(datagrams)) connection.send(message);
  }

  /** Asks the relay to let in datagrams from peers, if there is an address of their family. */
  permit(peers: readonly UdpEndpoint[]): void {
    const families = new Set(this.locals.map(({ address }) => address.includes(':')));
    const reachable = peers.filter(({ address }) => families.has(address.includes(':')));
    for (let first = 0; first < reachable.length; first += MAX_PERMITS) {
      const some = reachable.slice(first, first + MAX_PERMITS);
      this.#connection?.send(encodeControl({ type: 'permit', peers: some }));
    }
  }

  /** Lets in packets with these tags. */
  announce(tags: readonly ClientTag[]): void {
    if (this.#allocated === undefined) return;
    for (let first = 0; first < tags.length; first += MAX_TAGS) {
      this.#connection?.send(encodeControl({ type: 'tags', tags: tags.slice(first, first + MAX_TAGS) }));
    }
  }

  /** Closes the link; resolves when its WebSocket is closed. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#attempt++;
    this.#cancelTimer?.();
    this.#cancelLingering?.();
    this.#lingering = [];
    this.#allocated = undefined;
    this.#connection?.close();
    this.#parts.events.attempted();
    await this.#connection?.closed;
  }

  async #connect(): Promise<void> {
    const { url, settings, WebSocket, ticket, port } = this.#parts;
    const attempt = ++this.#attempt;
    this.#state = 'connecting';
    this.#schedule(settings.timeoutMs, () => this.#expire(attempt));
    try {
      const text = typeof ticket === 'string' ? ticket : await ticket();
      if (attempt !== this.#attempt) return;
      const connection: Connection = new Connection(url, WebSocket, settings.clock, {
        opened: () =>
          connection.send(encodeControl({ type: 'allocate', ticket: text, port, resumption: this.#resumption })),
        received: (message) => this.#onMessage(message),
        closed: (error) => this.#onLost(error),
      });
      this.#connection = connection;
    } catch (error) {
      if (attempt === this.#attempt) this.#onLost(closeError(url, 1006, 'no ticket', error));
    }
  }

  /** If there is no connection yet, the ticket took too long. */
  #expire(attempt: number): void {
    const { settings, url } = this.#parts;
    if (attempt !== this.#attempt) return;
    if (this.#connection !== undefined) return this.#connection.expire(settings.timeoutMs);
    this.#attempt++;
    this.#onLost(closeError(url, 1006, 'no ticket was given in time', undefined));
  }

  #onMessage(message: RelayMessage): boolean {
    const { events } = this.#parts;
    this.#unanswered = 0;
    if (message.type === 'allocated') return this.#onAllocated(message);
    if (this.#allocated === undefined) return false;
    if (message.type === 'datagrams') {
      this.#delayMs = FIRST_DELAY_MS;
      events.received(this, message.datagrams);
    } else if (message.type === 'refused') events.refused(this, message);
    else if (message.type === 'draining') {
      this.#state = 'draining';
      this.#isLeaving = true;
      events.changed(this);
    }
    return true;
  }

  #onAllocated(allocated: Allocated): boolean {
    if (this.#allocated !== undefined || !areUsable(allocated.locals, this.url)) return false;
    this.#allocated = { ...allocated, resumption: allocated.resumption.slice() };
    this.#resumption = this.#allocated.resumption;
    this.#state = 'up';
    this.#isLeaving = false;
    this.#cancelLingering?.();
    this.#lingering = [];
    this.#error = undefined;
    this.#schedule(allocated.pingMs, () => this.#ping());
    this.#parts.events.returned(this);
    this.#parts.events.attempted();
    return true;
  }

  /**
   * The network may have changed. A lost relay is tried at once. If a relay that is up doesn't answer a ping soon, it is lost: TCP
   * alone would take minutes to notice.
   */
  wake(): void {
    if (this.#state === 'waiting') return void this.#connect();
    if (this.#allocated === undefined) return;
    this.#unanswered = MOST_UNANSWERED;
    this.#sendPing();
    this.#schedule(PROBE_MS, () => this.#ping());
  }

  /** Closes the connection, which can be resumed: the relay keeps the addresses for a while. It is reopened by `wake`. */
  suspend(): void {
    if (this.#state === 'closed') return;
    this.#attempt++;
    this.#connection?.suspend();
    this.#onLost(closeError(this.url, 1006, 'the page was suspended', undefined));
    this.#cancelTimer?.();
  }

  /**
   * A relay that doesn't answer two pings in a row is lost. Pings are counted, not time: the timers of a hidden page run once a
   * minute.
   */
  #ping(): void {
    const pingMs = Math.max(this.#allocated?.pingMs ?? 0, 100);
    if (this.#unanswered >= MOST_UNANSWERED) return this.#connection?.expire(Math.round(MOST_UNANSWERED * pingMs));
    this.#unanswered++;
    this.#sendPing();
    this.#schedule(pingMs, () => this.#ping());
  }

  #sendPing(): void {
    this.#connection?.send(encodeControl({ type: 'ping', value: this.#attempt >>> 0 }));
  }

  #onLost(error: SctpError): void {
    if (this.#state === 'closed') return;
    const hadAddresses = this.#allocated !== undefined;
    if (hadAddresses) this.#linger();
    this.#connection = undefined;
    this.#allocated = undefined;
    this.#error = error;
    this.#state = 'waiting';
    this.#schedule(this.#delayMs * (0.5 + this.#random() / 2), () => void this.#connect());
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS);
    if (hadAddresses) this.#parts.events.changed(this);
    this.#parts.events.attempted();
  }

  /**
   * Keeps the addresses for a while, because the connection is often back in a second. If they were removed at once, the
   * peer would delete the path and retransmit what was in flight on it, although it may have arrived.
   */
  #linger(): void {
    const { clock, lingerMs } = this.#parts.settings;
    this.#lingering = this.locals;
    this.#cancelLingering = clock.schedule(lingerMs, () => {
      this.#lingering = [];
      this.#parts.events.changed(this);
    });
  }

  #schedule(delayMs: number, callback: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#parts.settings.clock.schedule(delayMs, callback);
  }

  /** A random number from 0 to 1. */
  #random(): number {
    const bytes = new Uint8Array(2);
    this.#parts.settings.random(bytes);
    return ((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)) / 65_536;
  }
}
