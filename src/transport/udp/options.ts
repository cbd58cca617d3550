import { type Address, canonicalAddress } from '../../address.js';
import { checkObject } from '../../arguments.js';
import { type Clock, systemClock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import { defaultBusyPollUs } from './poll.js';

/** What `udp()` can be told. */
export interface UdpOptions {
  /**
   * The local addresses. `'0.0.0.0'` and `'::'` stand for all of the machine's addresses of that family, loopback
   * included (usrsctp lists loopback addresses to loopback peers only), link-local ones not. Default: both.
   */
  readonly addresses?: readonly Address[];
  /** The local UDP port of every address, 0 to 65535; 0 takes any that is free on all of them. Default 9899 (RFC 6951). */
  readonly port?: number;
  /** The UDP port at which peers are expected unless something else is known, 1 to 65535. Default 9899. */
  readonly encapsulationPort?: number;
  /**
   * The largest IP packet in bytes, headers included, that fits any route, 512 to 65535. Default: 1500 over IPv4 and 1280
   * over IPv6; and on this machine, between loopback addresses, what has been found to arrive, up to 65535.
   */
  readonly mtu?: number;
  /** How many bytes per socket the kernel is asked to hold for us; it may give less. Default 4 MiB. */
  readonly receiveBufferBytes?: number;
  /** How many bytes per socket the kernel is asked to hold for the network; it may give less. Default 1 MiB. */
  readonly sendBufferBytes?: number;
  /**
   * How many microseconds the event loop is kept turning for an answer that is near, 0 to 1000 (as net.core.busy_poll of
   * Linux): a round trip within one machine takes a third of the time then, and half the processor time. It's done in
   * conversations only, one packet there and one back; where it finds nothing it costs 1.6 % of a processor at most.
   * 0 turns it off. Default: 50 where there are two processors or more, else 0, and 0 in Deno.
   */
  readonly busyPollUs?: number;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** The options with nothing left to guess. */
export type UdpSettings = Required<Omit<UdpOptions, 'mtu'>> & {
  /** `undefined`: that of the route. */
  readonly mtu: number | undefined;
};

/** The UDP port of SCTP (RFC 6951 §5.1). */
const SCTP_TUNNELING_PORT = 9899;
const LARGEST_BUFFER_BYTES = 2 ** 30;

/** Checks options and fills in what was left out. Throws EINVAL naming the option. */
export function parseOptions(options: UdpOptions): UdpSettings {
  checkObject(options, 'the options', 'udp');
  return {
    addresses: addressList(options.addresses ?? ['0.0.0.0', '::']),
    port: integer('port', options.port ?? SCTP_TUNNELING_PORT, 0, 65_535),
    encapsulationPort: integer('encapsulationPort', options.encapsulationPort ?? SCTP_TUNNELING_PORT, 1, 65_535),
    mtu: options.mtu === undefined ? undefined : integer('mtu', options.mtu, 512, 65_535),
    receiveBufferBytes: integer('receiveBufferBytes', options.receiveBufferBytes ?? 2 ** 22, 1, LARGEST_BUFFER_BYTES),
    sendBufferBytes: integer('sendBufferBytes', options.sendBufferBytes ?? 2 ** 20, 1, LARGEST_BUFFER_BYTES),
    busyPollUs: integer('busyPollUs', options.busyPollUs ?? defaultBusyPollUs(), 0, 1000),
    clock: options.clock ?? systemClock,
  };
}

function integer(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const shown = typeof value === 'number' ? value : `of type ${typeof value}`;
  throw invalid(`\`${option}\` is ${shown}: give an integer from ${least} to ${most}`);
}

function addressList(value: unknown): Address[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('`addresses` must list at least one address');
  return [...new Set(value.map(unicastAddress))];
}

function unicastAddress(text: unknown): Address {
  const address = canonicalAddress(text, 'udp');
  if (/^(ff..:|(22[4-9]|23\d|255)\.)/.test(address)) throw invalid(`\`addresses\`: ${address} is not unicast`, address);
  if (/^fe[89ab].:/.test(address)) {
    throw invalid(`\`addresses\`: ${address} is link-local, which needs a zone: give a global address`, address);
  }
  return address;
}

function invalid(message: string, address?: Address): SctpError {
  return new SctpError('EINVAL', message, { syscall: 'udp', ...(address && { address }) });
}
