import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { type Address, canonicalAddress, familyOf } from '../address.js';
import { checkObject, shown } from '../arguments.js';
import { type Clock, systemClock } from '../clock.js';
import { type Random, systemRandom } from '../random.js';
import { parseLimits, type RelayLimits } from './limits.js';
import { type Network, parseNetwork } from './network.js';
import { parseRule, type Resolve, type Rule } from './policy.js';
import type { PoolAddress } from './pool.js';
import { lookup } from './resolver.js';
import type { TicketKey } from './ticket.js';

/** One thing that happened, for a log: its name, and what is known of it. Values are plain. */
export interface LogEntry {
  /** `warn`: somebody should look at it. */
  readonly level: 'info' | 'warn';
  /** `refused`, `allocated`, `resumed`, `ended`, `draining`, `closed`, `failed`. */
  readonly event: string;
  readonly [field: string]: string | number | boolean | readonly string[] | undefined;
}

/** An address of a relay behind a 1:1 NAT. */
export interface PublicAddress {
  /** The machine's own. */
  readonly bind: Address;
  /** What the world knows it as. */
  readonly public: Address;
}

/** What a relay is told. */
export interface RelayServerOptions {
  /** Where clients come in: an HTTP server for `ws:`, an HTTPS one for `wss:`. It is the caller's to listen and close. */
  readonly server: HttpServer | HttpsServer;
  /** The path of the WebSocket; other paths are left alone. Default `/relay`. */
  readonly path?: string;
  /**
   * The addresses to give to clients, IPv4 and IPv6; each client gets one of each family. Where a 1:1 NAT stands before
   * the machine, both the machine's and the world's.
   */
  readonly addresses: readonly (Address | PublicAddress)[];
  /** The UDP ports to give to clients, first and last. Default 49152 to 65535. */
  readonly ports?: readonly [first: number, last: number];
  /** The largest IP packet in bytes, headers included, 512 to 65535. Default 1500. */
  readonly mtu?: number;
  /** The keys that tickets may be signed with. */
  readonly keys: readonly TicketKey[];
  /** What tickets must name as their audience. Relays behind one balancer have the same. */
  readonly audience: string;
  /** The origins whose pages may connect, such as `https://app.example`; `*`: any. Default: none. A client that names no origin is no browser. */
  readonly origins?: readonly string[];
  /** Where clients may send to, see `policy.ts`; the client's ticket must allow it too. */
  readonly allow: readonly string[];
  /** Special networks, such as `10.0.0.0/8`, that aren't refused for being special. Default: none. */
  readonly special?: readonly string[];
  /** How much clients may use. Default: {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<RelayLimits>;
  /** Who a connection comes from, for the limits per address. Default: the TCP peer; behind a proxy, what the proxy says. */
  readonly clientAddress?: (request: IncomingMessage) => string;
  /** Whether to keep metrics for Prometheus. Needs the package prom-client, which must be installed. Default false. */
  readonly metrics?: boolean;
  /** Takes what is worth a line in a log. Must not throw. Default: nobody. */
  readonly log?: (entry: LogEntry) => void;
  /** Finds the addresses of host names in rules. Default: the system's resolver, asked at most once a minute per name. */
  readonly resolve?: Resolve;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where randomness comes from. Default: the machine's cryptographic source. */
  readonly random?: Random;
  /** The time in ms since 1970, for tickets. Default: the machine's. */
  readonly now?: () => number;
}

/** The options with nothing left to guess. */
export interface RelaySettings {
  readonly server: HttpServer | HttpsServer;
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
  readonly clock: Clock;
  readonly random: Random;
  clientAddress(request: IncomingMessage): string;
  log(entry: LogEntry): void;
  readonly resolve: Resolve;
  now(): number;
}

/** Checks options and fills in what was left out. Throws TypeError, or SctpError EINVAL for an address, that says what is wrong. */
export function parseOptions(options: RelayServerOptions): RelaySettings {
  checkObject(options, 'the options', 'relayServer');
  const { ports = [49_152, 65_535], mtu = 1500, clock = systemClock } = options;
  if (!Array.isArray(ports) || !isPort(ports[0]) || !isPort(ports[1]) || ports[0] > ports[1]) {
    throw new TypeError('relay: `ports` are two UDP ports, 1 to 65535, the first one first');
  }
  if (!Number.isInteger(mtu) || mtu < 512 || mtu > 65_535) throw new TypeError('relay: `mtu` is 512 to 65535 bytes');
  if (typeof options.server?.on !== 'function') throw new TypeError('relay: `server` is an HTTP or HTTPS server');
  const { path = '/relay' } = options;
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new TypeError(`relay: \`path\` is '${shown(path)}': a path begins with /, such as /relay`);
  }
  if (typeof options.audience !== 'string' || options.audience === '') throw new TypeError('relay: give an `audience`');
  return {
    server: options.server,
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
    clientAddress: options.clientAddress ?? ((request) => request.socket.remoteAddress ?? ''),
    log: options.log ?? (() => {}),
    resolve: options.resolve ?? lookup(clock),
    clock,
    random: options.random ?? systemRandom,
    now: options.now ?? Date.now,
  };
}

function poolAddresses(given: RelayServerOptions['addresses']): PoolAddress[] {
  if (given.length === 0) throw new TypeError('relay: `addresses` must list at least one address');
  return given.map((entry) => {
    const both = typeof entry === 'string' ? { bind: entry, public: entry } : entry;
    const address = { bind: canonicalAddress(both.bind, 'relay'), public: canonicalAddress(both.public, 'relay') };
    if (familyOf(address.bind) !== familyOf(address.public)) {
      throw new TypeError(`relay: ${both.bind} and ${both.public} are of different families`);
    }
    if (address.public === '0.0.0.0' || address.public === '::') {
      throw new TypeError('relay: clients must be told an address: name it in place of the wildcard');
    }
    return address;
  });
}

/** As browsers write it: what they send is compared with it. */
function checkedOrigin(text: string): string {
  if (text === '*') return text;
  const origin = originOf(text);
  if (origin !== undefined && origin === text.toLowerCase()) return origin;
  const hint = origin === undefined ? 'write https://app.example or *' : `write ${origin}`;
  throw new TypeError(`relay: \`origins\`: '${shown(text)}' is no origin: ${hint}`);
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
  if (network === undefined) throw new TypeError(`relay: \`special\`: '${text}' is no network`);
  return network;
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
}
