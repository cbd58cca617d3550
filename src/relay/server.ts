import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { checkDuration } from '../arguments.js';
import { SUBPROTOCOL } from './codec.js';
import { Connection, type ConnectionParts } from './connection.js';
import { MOST_MESSAGE_BYTES } from './datagrams.js';
import { Metrics } from './metrics.js';
import { parseOptions, type RelayServerOptions, type RelaySettings } from './options.js';
import { checkAddresses } from './pool.js';
import { Sessions } from './sessions.js';
import { TicketVerifier } from './ticket.js';

/**
 * A relay on an HTTP or HTTPS server. Rejects with TypeError, or SctpError EINVAL for an address, when an option is wrong,
 * and with EADDRNOTAVAIL for an address that this machine doesn't have.
 *
 * ```ts
 * const server = createServer(tls).listen(443);
 * const relay = await relayServer({
 *   server, addresses: ['203.0.113.5', '2001:db8::5'], audience: 'relay.example', keys,
 *   origins: ['https://app.example'], allow: ['0.0.0.0/0:9899', '[::/0]:9899'],
 * });
 * process.once('SIGTERM', () => relay.drain().then(() => server.close()));
 * ```
 */
export async function relayServer(options: RelayServerOptions): Promise<RelayServer> {
  const settings = parseOptions(options);
  const { keys, audience, limits, now } = settings;
  const verifier = await TicketVerifier.create({ keys, audience, maxLifeMs: limits.ticketLifeMs, now });
  await checkAddresses(settings.addresses);
  return new RelayServer(settings, verifier);
}

/** How long clients have to end what they do when a relay is drained, in ms. */
const DRAIN_MS = 10_000;

/** A relay that runs. {@link relayServer} makes one. */
export class RelayServer implements AsyncDisposable {
  readonly #settings: RelaySettings;
  readonly #metrics = new Metrics();
  readonly #sessions: Sessions;
  readonly #parts: ConnectionParts;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    // A version that isn't ours is accepted, to be refused by a close code that browsers show to their pages.
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false)),
  });
  readonly #connections = new Set<Connection>();
  readonly #pending = new Set<Connection>();
  #isDraining = false;
  #draining: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #allGone: (() => void) | undefined;

  /** Use {@link relayServer}. */
  constructor(settings: RelaySettings, verifier: TicketVerifier) {
    this.#settings = settings;
    this.#sessions = new Sessions(settings, this.#metrics);
    this.#parts = {
      settings,
      verifier,
      sessions: this.#sessions,
      metrics: this.#metrics,
      settled: (connection) => this.#pending.delete(connection),
      gone: (connection) => this.#gone(connection),
    };
    settings.server.on('upgrade', this.#upgrade);
  }

  /** Clients that have addresses now, those included that may still come back. */
  get clients(): number {
    return this.#sessions.count;
  }

  /** What was counted, in Prometheus' text format (`text/plain; version=0.0.4`). */
  metrics(): string {
    return this.#metrics.text();
  }

  /**
   * Ends gracefully: takes no more clients (HTTP 503, so that a balancer goes elsewhere), tells those that are there,
   * and closes when they have gone, at the latest after `withinMs`. Calling it again waits for the same end. Throws
   * TypeError or RangeError for a time that is none.
   */
  drain(withinMs: number = DRAIN_MS): Promise<void> {
    checkDuration(withinMs, 'the time', 'drain');
    this.#draining ??= this.#drain(withinMs);
    return this.#draining;
  }

  /** Ends at once. Clients are told so. The HTTP server goes on. */
  close(): Promise<void> {
    this.#ending ??= this.#close();
    return this.#ending;
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #drain(withinMs: number): Promise<void> {
    if (!this.#isDraining) {
      this.#isDraining = true;
      this.#metrics.set('draining', 1);
      this.#settings.log({ level: 'info', event: 'draining', clients: this.clients, withinMs });
      this.#sessions.drain(withinMs);
      await this.#sessions.empty(withinMs, this.#settings.clock);
    }
    await this.close();
  }

  async #close(): Promise<void> {
    this.#isDraining = true;
    this.#sessions.endAll('this relay is being stopped');
    for (const connection of [...this.#pending]) connection.refuse('draining', 'this relay is being stopped');
    await this.#sessions.empty(1000, this.#settings.clock);
    if (this.#connections.size > 0) await new Promise<void>((resolve) => (this.#allGone = resolve));
    this.#settings.server.off('upgrade', this.#upgrade);
    this.#settings.log({ level: 'info', event: 'closed' });
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { path, server, limits } = this.#settings;
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] !== path) {
      if (server.listenerCount('upgrade') === 1) reject(socket, '404 Not Found');
      return;
    }
    if (this.#isDraining) return reject(socket, '503 Service Unavailable');
    const address = this.#settings.clientAddress(request);
    let own = 0;
    for (const pending of this.#pending) if (pending.address === address) own++;
    if (this.#pending.size >= limits.pending || own >= limits.pendingPerAddress) {
      this.#metrics.add('closings_total', 1, 'pending');
      return reject(socket, '503 Service Unavailable');
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request, address));
  };

  #accept(webSocket: WebSocket, { headers }: IncomingMessage, address: string): void {
    const connection = new Connection(webSocket, address, this.#parts);
    this.#connections.add(connection);
    this.#pending.add(connection);
    this.#metrics.add('connections_total', 1);
    this.#metrics.set('connections', this.#connections.size);
    const { origins } = this.#settings;
    const origin = headers.origin?.toLowerCase();
    if (webSocket.protocol !== SUBPROTOCOL) {
      connection.refuse('version', `this relay speaks ${SUBPROTOCOL}`);
    } else if (origin !== undefined && !origins.includes('*') && !origins.includes(origin)) {
      connection.refuse('origin', `pages of ${origin} may not use this relay`);
    } else if (this.#isDraining) {
      connection.refuse('draining', 'this relay is being stopped');
    }
  }

  #gone(connection: Connection): void {
    this.#connections.delete(connection);
    this.#pending.delete(connection);
    this.#metrics.set('connections', this.#connections.size);
    if (this.#connections.size === 0) this.#allGone?.();
  }
}

/** Answers a request for an upgrade with an HTTP error. */
function reject(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n`);
}
