import { checkObject, shown } from '../../arguments.js';
import { type Clock, systemClock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { type Random, systemRandom } from '../../random.js';
import type { WebSocketConstructor } from './websocket.js';

/** A ticket, or what gets one: asked for each time that a connection is made, since tickets are short-lived. */
export type Ticket = string | (() => string | Promise<string>);

/** One relay. */
export interface RelayEndpoint {
  /** Its WebSocket, such as `wss://relay.example/relay`. */
  readonly url: string | URL;
  /** What the relay lets the client in with, or a function that fetches one each time. */
  readonly ticket: Ticket;
}

/** What `relay()` can be told. */
export interface RelayOptions {
  /** The relays, in the order of preference; each one's addresses are paths of their own. At least one. */
  readonly relays: readonly RelayEndpoint[];
  /** The WebSocket to use. Default: the runtime's, or that of `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** The UDP port at which peers are expected unless something else is known, 1 to 65535. Default 9899. */
  readonly encapsulationPort?: number;
  /** How many bytes may wait in a connection before packets are dropped. Default 262,144. */
  readonly queueBytes?: number;
  /** How long a relay may take to give addresses, in ms; and how long `start` waits for the slowest. Default 5000. */
  readonly timeoutMs?: number;
  /**
   * How long the addresses of a lost relay stay ours, in ms, while it's tried again; nothing goes through it. What the
   * relay's own `resumptionMs` is. Default 30,000.
   */
  readonly lingerMs?: number;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where chance comes from: a port to ask for, and jitter. Default: the machine's. */
  readonly random?: Random;
}

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

/** Checks options and fills in what was left out. Throws EINVAL naming the option. */
export function parseOptions(options: RelayOptions): RelaySettings {
  checkObject(options, 'the options', 'relay');
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
  const { url, ticket } = given;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw invalid(`\`url\` is '${shown(url)}': give a URL such as wss://relay.example/relay`);
  }
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:')
    throw invalid(`\`url\` is ${shown(url)}: give a ws: or wss: URL`);
  if (typeof ticket !== 'string' && typeof ticket !== 'function') {
    throw invalid('`ticket` must be a ticket, or a function that gets one');
  }
  return { url: parsed.href, ticket };
}

function integer(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`\`${option}\` must be an integer from ${least} to ${most}`);
}

function invalid(message: string): SctpError {
  return new SctpError('EINVAL', `relay: ${message}`, { syscall: 'relay' });
}
