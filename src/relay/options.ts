import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { type Address, canonicalAddress, familyOf } from '../address.js';
import { checkOptions, quoted } from '../arguments.js';
import { type Clock, systemClock } from '../clock.js';
import type { Names } from '../nearest-name.js';
import { type Random, systemRandom } from '../random.js';
import { parseLimits, type RelayLimits } from './limits.js';
import { type Network, parseNetwork } from './network.js';
import { parseRule, type Resolve, type Rule } from './policy.js';
import type { PoolAddress } from './port-pool.js';
import { cachingResolver } from './resolver.js';
import type { TicketKey } from './ticket.js';
import { DgramRelaySocket, type OpenRelaySocket } from './udp.js';
import { RelayWorker } from './workers/worker.js';

/** An event for the log. */
export interface LogEntry {
  /** `warn`: an operator should look at it. */
  readonly level: 'info' | 'warn';
  /** `refused`, `allocated`, `resumed`, `destination` (refused), `ended`, `draining`, `closed`, `failed`. */
  readonly event: string;
  readonly [field: string]: string | number | boolean | readonly string[] | undefined;
}

/** An address of a relay behind a 1:1 NAT. */
export interface PublicAddress {
  /** The machine's own address. */
  readonly bind: Address;
  /** The address on the Internet. */
  readonly public: Address;
}

/** The options of {@link relayServer}. */
export interface RelayServerOptions {
  /** The server that clients connect to: HTTP for `ws:`, HTTPS for `wss:`. The caller makes it listen, and closes it. */
  readonly server: HttpServer | HttpsServer;
  /**
   * In a process that {@link RelayWorkers} has started: what {@link relayWorker} returns. The options `addresses`, `ports` and `limits`
   * must be the same in all workers; the limits are those of all workers together. Default: this is the relay's only process.
   */
  readonly worker?: RelayWorker;
  /** The path of the WebSocket; requests for other paths are ignored. Default `/relay`. */
  readonly path?: string;
  /**
   * The addresses to give to clients, IPv4 and IPv6; each client gets one of each family. If the machine is behind a 1:1
   * NAT, give the machine's address and the public one.
   */
  readonly addresses: readonly (Address | PublicAddress)[];
  /** The UDP ports to give to clients, first and last. Default 49152 to 65535. */
  readonly ports?: readonly [first: number, last: number];
  /** The largest IP packet in bytes, including headers, 512 to 65535. Default 1500. */
  readonly mtu?: number;
  /** The keys that verify tickets. */
  readonly keys: readonly TicketKey[];
  /** The audience that tickets must have. Relays behind one load balancer use the same. */
  readonly audience: string;
  /**
   * The origins whose pages may connect, such as `https://app.example`; `*`: any. Default: none. Clients that send no
   * `Origin` aren't browsers, and are accepted.
   */
  readonly origins?: readonly string[];
  /** The destinations that clients may send to; see `policy.ts`. The client's ticket must allow them too. */
  readonly allow: readonly string[];
  /** Special-purpose networks, such as `10.0.0.0/8`, in which destinations may be allowed. Default: none. */
  readonly special?: readonly string[];
  /** Limits of what clients may use. Default: {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<RelayLimits>;
  /** The address that a connection comes from, for the limits per address. Default: the TCP peer's, which may be a proxy's. */
  readonly clientAddress?: (request: IncomingMessage) => string;
  /** Whether to keep metrics for Prometheus. Needs the package prom-client, which must be installed. Default false. */
  readonly metrics?: boolean;
  /**
   * Whether many datagrams are passed to the system in one call, as by `usrsctp-wasm/native`. Works in Node on Linux, and needs the
   * package koffi, which must be installed. Default false.
   */
  readonly native?: boolean;
  /** Called with each event for the log. It must not throw. Default: no log. */
  readonly log?: (entry: LogEntry) => void;
  /** Resolves host names in rules. Default: the system's resolver, asked at most once a minute for each name. */
  readonly resolve?: Resolve;
  /** The clock for all timers. Default: the system's. */
  readonly clock?: Clock;
  /** The source of randomness. Default: the system's, which is cryptographic. */
  readonly random?: Random;
  /** The time in ms since 1970, for tickets. Default: the system's. */
  readonly now?: () => number;
}

const RELAY_SERVER_OPTIONS: Names<RelayServerOptions> = {
  server: true,
  worker: true,
  path: true,
  addresses: true,
  ports: true,
  mtu: true,
  keys: true,
  audience: true,
  origins: true,
  allow: true,
  special: true,
  limits: true,
  clientAddress: true,
  metrics: true,
  native: true,
  log: true,
  resolve: true,
  clock: true,
  random: true,
  now: true,
};
const PUBLIC_ADDRESS: Names<PublicAddress> = { bind: true, public: true };

/** The options, checked and complete. */
export interface RelaySettings {
  readonly server: HttpServer | HttpsServer;
  readonly worker: RelayWorker | undefined;
  readonly path: string;
  readonly addresses: readonly PoolAddress[];
  readonly ports: readonly [number, number];
  readonly mtu: number;
  readonly keys: readonly TicketKey[];
  readonly audience: string;
  readonly origins: readonly string[];
  readonly allow: readonly Rule[];
  readonly special: readonly Network[];
  readonly limits: RelayLimits;
  readonly metrics: boolean;
  readonly native: boolean;
  readonly openSocket: OpenRelaySocket;
  readonly clock: Clock;
  readonly random: Random;
  clientAddress(request: IncomingMessage): string;
  log(entry: LogEntry): void;
  readonly resolve: Resolve;
  now(): number;
}

/** Checks the options and adds the defaults. Throws TypeError, or SctpError EINVAL for an address. */
export function parseOptions(options: RelayServerOptions): RelaySettings {
  checkOptions(options, RELAY_SERVER_OPTIONS, 'relayServer');
  const { ports = [49_152, 65_535], mtu = 1500, clock = systemClock } = options;
  if (!Array.isArray(ports) || !isPort(ports[0]) || !isPort(ports[1]) || ports[0] > ports[1]) {
    throw new TypeError('relay: `ports` must be two UDP ports from 1 to 65535 in ascending order');
  }
  if (!Number.isInteger(mtu) || mtu < 512 || mtu > 65_535)
    throw new TypeError('relay: `mtu` must be an integer from 512 to 65535');
  if (typeof options.server?.on !== 'function') throw new TypeError('relay: `server` must be an HTTP or HTTPS server');
  if (options.worker !== undefined && !(options.worker instanceof RelayWorker))
    throw new TypeError('relay: `worker` must be what relayWorker() returns');
  const { path = '/relay' } = options;
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new TypeError(`relay: \`path\` is ${quoted(path)}: it must begin with /, such as /relay`);
  }
  if (typeof options.audience !== 'string' || options.audience === '')
    throw new TypeError('relay: `audience` must be a non-empty string');
  return {
    server: options.server,
    worker: options.worker,
    path,
    addresses: poolAddresses(options.addresses),
    ports,
    mtu,
    keys: options.keys,
    audience: options.audience,
    origins: (options.origins ?? []).map(checkedOrigin),
    allow: options.allow.map(parseRule),
    special: (options.special ?? []).map(specialNetwork),
    limits: parseLimits(options.limits ?? {}),
    metrics: options.metrics ?? false,
    native: options.native ?? false,
    openSocket: DgramRelaySocket.open,
    clientAddress: options.clientAddress ?? ((request) => request.socket.remoteAddress ?? ''),
    log: options.log ?? (() => {}),
    resolve: options.resolve ?? cachingResolver(clock),
    clock,
    random: options.random ?? systemRandom,
    now: options.now ?? Date.now,
  };
}

function poolAddresses(given: RelayServerOptions['addresses']): PoolAddress[] {
  if (given.length === 0) throw new TypeError('relay: `addresses` must list at least one address');
  return given.map((entry) => {
    if (typeof entry !== 'string') checkOptions(entry, PUBLIC_ADDRESS, 'relayServer: addresses');
    const both = typeof entry === 'string' ? { bind: entry, public: entry } : entry;
    const address = { bind: canonicalAddress(both.bind, 'relay'), public: canonicalAddress(both.public, 'relay') };
    if (familyOf(address.bind) !== familyOf(address.public)) {
      throw new TypeError(`relay: ${both.bind} and ${both.public} are in different address families`);
    }
    if (address.public === '0.0.0.0' || address.public === '::') {
      throw new TypeError('relay: `addresses` must not contain a wildcard: list the addresses that clients are given');
    }
    return address;
  });
}

/** Checks that an origin is written as browsers write it, because it is compared with what they send. */
function checkedOrigin(text: string): string {
  if (text === '*') return text;
  const origin = originOf(text);
  if (origin !== undefined && origin === text.toLowerCase()) return origin;
  const hint = origin === undefined ? 'write https://app.example or *' : `write ${origin}`;
  throw new TypeError(`relay: \`origins\`: ${quoted(text)} is not an origin: ${hint}`);
}

function originOf(text: string): string | undefined {
  try {
    const { protocol, host } = new URL(text);
    return host === '' ? undefined : `${protocol}//${host}`;
  } catch {
    return undefined;
  }
}

function specialNetwork(text: string): Network {
  const network = parseNetwork(text);
  if (network === undefined) throw new TypeError(`relay: \`special\`: '${text}' is not a network`);
  return network;
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
}
