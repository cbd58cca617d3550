import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { checkDuration } from '../arguments.js';
import { checkAddresses } from './allocation.js';
import { SUBPROTOCOL } from './codec.js';
import { Connection, type ConnectionContext } from './connection.js';
import { MAX_MESSAGE_BYTES } from './datagrams.js';
import { dividedLimits } from './limits.js';
import { METRICS_ARE_OFF, Metrics } from './metrics.js';
import { parseOptions, type RelayServerOptions, type RelaySettings } from './options.js';
import { PendingConnections } from './pending-connections.js';
import { Sessions } from './sessions.js';
import { TicketVerifier } from './ticket.js';
import { registryOf } from './workers/worker.js';
import type { WorkerRegistry } from './workers/worker-registry.js';

/**
 * Starts a relay on an HTTP or HTTPS server. Rejects with TypeError, or SctpError EINVAL for an address, if an option
 * is invalid, and with EADDRNOTAVAIL if this machine doesn't have one of the addresses.
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
  const settings = await withSockets(parseOptions(options));
  const { keys, audience, limits, now } = settings;
  const verifier = await TicketVerifier.create({ keys, audience, maxLifeMs: limits.ticketLifeMs, now });
  await checkAddresses(settings.addresses, settings.openSocket);
  const metrics = settings.metrics ? await Metrics.load() : undefined;
  if (settings.worker === undefined) return new Server(settings, verifier, metrics, undefined);
  const registry = registryOf(settings.worker);
  const divided = { ...settings, limits: dividedLimits(limits, await registry.start(settings)) };
  return new Server(divided, verifier, metrics, registry);
}

/** The sockets of `native` are loaded only if they are asked for. */
async function withSockets(settings: RelaySettings): Promise<RelaySettings> {
  if (!settings.native) return settings;
  const { nativeSockets } = await import('./native-udp.js');
  return { ...settings, openSocket: await nativeSockets() };
}

/** How long clients have to leave a relay that is draining, in ms. */
export const DRAIN_MS = 10_000;

/** A running relay, made by {@link relayServer}. */
export interface RelayServer extends AsyncDisposable {
  /** The number of clients that have addresses now, including those that have lost their connection and may resume. */
  readonly clients: number;
  /** Whether it refuses new clients, because it ends: `drain` or `close` was called, or this is a worker that is to end. */
  readonly isDraining: boolean;
  /**
   * The metrics in Prometheus' text format (`text/plain; version=0.0.4`). Rejects with TypeError unless the option
   * `metrics` was set.
   */
  metrics(): Promise<string>;
  /**
   * Ends gracefully: refuses new clients (HTTP 503, so that a balancer picks another relay), tells the present ones,
   * and closes when they have left, or after `withinMs` (default 10 s). Further calls wait for the same end. Throws
   * TypeError or RangeError if the time is invalid.
   */
  drain(withinMs?: number): Promise<void>;
  /** Ends at once, and tells the clients why. The HTTP server keeps running. */
  close(): Promise<void>;
}

class Server implements RelayServer {
  readonly #settings: RelaySettings;
  readonly #metrics: Metrics | undefined;
  /** In a worker: how it reaches the primary process. */
  readonly #registry: WorkerRegistry | undefined;
  readonly #sessions: Sessions;
  readonly #context: ConnectionContext;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    // Another version is accepted here and refused later, by a close code: browsers show nothing else to their pages.
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false)),
  });
  readonly #connections = new Set<Connection>();
  readonly #pending: PendingConnections<Connection>;
  #isDraining = false;
  #draining: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  #allClosed: (() => void) | undefined;

  constructor(
    settings: RelaySettings,
    verifier: TicketVerifier,
    metrics: Metrics | undefined,
    registry: WorkerRegistry | undefined,
  ) {
    this.#settings = settings;
    this.#metrics = metrics;
    this.#registry = registry;
    this.#sessions = new Sessions(settings, metrics, registry);
    this.#pending = new PendingConnections(settings.limits);
    this.#context = {
      settings,
      verifier,
      sessions: this.#sessions,
      metrics,
      authenticated: (connection) => this.#pending.delete(connection),
      closed: (connection) => this.#closed(connection),
    };
    settings.server.on('upgrade', this.#upgrade);
    registry?.serve({
      moveAway: (...request) => this.#sessions.moveAway(...request),
      metrics: async () => metrics?.values(),
      drain: (withinMs) => void this.drain(withinMs),
      close: () => void this.close(),
    });
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  get clients(): number {
    return this.#sessions.count;
  }

  async metrics(): Promise<string> {
    if (this.#metrics === undefined) throw new TypeError(METRICS_ARE_OFF);
    this.#metrics.restingPorts.set(this.#sessions.restingPorts);
    return this.#metrics.text();
  }

  drain(withinMs: number = DRAIN_MS): Promise<void> {
    checkDuration(withinMs, 'the time', 'drain');
    this.#draining ??= this.#drain(withinMs);
    return this.#draining;
  }

  close(): Promise<void> {
    this.#ending ??= this.#close();
    return this.#ending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #drain(withinMs: number): Promise<void> {
    if (!this.#isDraining) {
      this.#isDraining = true;
      this.#metrics?.draining.set(1);
      this.#settings.log({ level: 'info', event: 'draining', clients: this.clients, withinMs });
      this.#sessions.drain(withinMs);
      await this.#sessions.whenEmpty(withinMs, this.#settings.clock);
    }
    await this.close();
  }

  async #close(): Promise<void> {
    this.#isDraining = true;
    this.#sessions.endAll('this relay is shutting down');
    for (const connection of this.#pending.all) connection.refuse('draining', 'this relay is shutting down');
    await this.#sessions.whenEmpty(1000, this.#settings.clock);
    if (this.#connections.size > 0) await new Promise<void>((resolve) => (this.#allClosed = resolve));
    this.#settings.server.off('upgrade', this.#upgrade);
    this.#settings.log({ level: 'info', event: 'closed' });
    this.#registry?.closed();
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { path, server, clientAddress } = this.#settings;
    socket.on('error', () => socket.destroy());
    if (request.url?.split('?')[0] !== path) {
      if (server.listenerCount('upgrade') === 1) this.#reject(socket, '404 Not Found', 'path');
      return;
    }
    if (this.#isDraining) return this.#reject(socket, '503 Service Unavailable', 'draining');
    const address = clientAddress(request);
    const crowding = this.#pending.crowdedOut(address);
    if (crowding === 'newcomer') return this.#reject(socket, '503 Service Unavailable', 'pending');
    crowding?.refuse('limit', 'too many connections have not presented a ticket yet');
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request, address));
  };

  /** Responds to an upgrade request with an HTTP error, and destroys its socket: the client may never close it. */
  #reject(socket: Duplex, status: string, reason: string): void {
    this.#metrics?.closings.inc({ reason });
    const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n`;
    socket.end(head, () => socket.destroy());
  }

  #accept(webSocket: WebSocket, { headers }: IncomingMessage, address: string): void {
    const connection = new Connection(webSocket, address, this.#context);
    this.#connections.add(connection);
    this.#pending.add(connection);
    this.#metrics?.connectionsTotal.inc();
    this.#metrics?.connections.set(this.#connections.size);
    const { origins } = this.#settings;
    const origin = headers.origin?.toLowerCase();
    if (webSocket.protocol !== SUBPROTOCOL) {
      connection.refuse('version', `this relay speaks ${SUBPROTOCOL}`);
    } else if (origin !== undefined && !origins.includes('*') && !origins.includes(origin)) {
      connection.refuse('origin', `pages of ${origin} may not use this relay`);
    } else if (this.#isDraining) {
      connection.refuse('draining', 'this relay is shutting down');
    }
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.#pending.delete(connection);
    this.#metrics?.connections.set(this.#connections.size);
    if (this.#connections.size === 0) this.#allClosed?.();
  }
}
