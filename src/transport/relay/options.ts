import { checkObject, checkOptions, quoted, shown } from '../../arguments.js';
import { type Clock, systemClock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import type { Names } from '../../nearest-name.js';
import { type Random, systemRandom } from '../../random.js';
import type { WebSocketConstructor } from './websocket.js';

/** A ticket, or a function that fetches one. It is called for each connection, because tickets are short-lived. */
export type Ticket = string | (() => string | Promise<string>);

/** A relay and the ticket for it. */
export interface RelayEndpoint {
  /** The URL of its WebSocket, such as `wss://relay.example/relay`. */
  readonly url: string | URL;
  /** The ticket, or a function that fetches one for each connection. */
  readonly ticket: Ticket;
}

/** The options of {@link relay}. */
export interface RelayOptions {
  /** The relays in order of preference, at least one. Each gives its own local addresses, and so its own paths. */
  readonly relays: readonly RelayEndpoint[];
  /** The WebSocket class to use. Default: the runtime's, or that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** The peers' UDP port unless another is known, 1 to 65535. Default 9899. */
  readonly encapsulationPort?: number;
  /** How many bytes may be queued in a connection before packets are dropped. Default 262,144. */
  readonly queueBytes?: number;
  /** How long a relay may take to allocate addresses, in ms; `start` waits no longer. Default 5000. */
  readonly timeoutMs?: number;
  /**
   * How long the addresses of a lost relay are kept, in ms, while it is tried again. It should equal the relay's
   * `resumptionMs`. Default 30,000.
   */
  readonly lingerMs?: number;
  /** The clock for all timers. Default: the system's. */
  readonly clock?: Clock;
  /** The source of randomness, for the UDP port to ask for and for jitter. Default: the system's. */
  readonly random?: Random;
}

const RELAY_OPTIONS: Names<RelayOptions> = {
  relays: true,
  WebSocket: true,
  encapsulationPort: true,
  queueBytes: true,
  timeoutMs: true,
  lingerMs: true,
  clock: true,
  random: true,
};

const RELAY_ENDPOINT: Names<RelayEndpoint> = { url: true, ticket: true };

export interface RelaySettings {
  readonly relays: readonly { readonly url: string; readonly ticket: Ticket }[];
  readonly WebSocket: WebSocketConstructor | undefined;
  readonly encapsulationPort: number;
  readonly queueBytes: number;
  readonly timeoutMs: number;
  readonly lingerMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const SCTP_TUNNELING_PORT = 9899;

/** Checks the options and adds the defaults. Throws EINVAL that names the option. */
export function parseOptions(options: RelayOptions): RelaySettings {
  checkOptions(options, RELAY_OPTIONS, 'relay');
  const { relays } = options;
  if (!Array.isArray(relays) || relays.length === 0) throw invalid('`relays` must list at least one relay');
  return {
    relays: relays.map(endpoint),
    WebSocket: options.WebSocket,
    encapsulationPort: integer('encapsulationPort', options.encapsulationPort ?? SCTP_TUNNELING_PORT, 1, 65_535),
    queueBytes: integer('queueBytes', options.queueBytes ?? 262_144, 65_536, 2 ** 30),
    timeoutMs: integer('timeoutMs', options.timeoutMs ?? 5000, 1, 2 ** 31 - 1),
    lingerMs: integer('lingerMs', options.lingerMs ?? 30_000, 0, 2 ** 31 - 1),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  };
}

function endpoint(given: RelayEndpoint): { url: string; ticket: Ticket } {
  checkObject(given, 'a relay', 'relay');
  checkOptions(given, RELAY_ENDPOINT, 'relay: relays');
  const { url, ticket } = given;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw invalid(`\`url\` is ${quoted(url)}: give a URL such as wss://relay.example/relay`);
  }
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:')
    throw invalid(`\`url\` is ${shown(url)}: give a ws: or wss: URL`);
  if (typeof ticket !== 'string' && typeof ticket !== 'function') {
    throw invalid('`ticket` must be a ticket or a function that fetches one');
  }
  return { url: parsed.href, ticket };
}

function integer(option: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalid(`\`${option}\` must be an integer from ${min} to ${max}`);
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', `relay: ${message}`, { syscall: 'relay' });
}
