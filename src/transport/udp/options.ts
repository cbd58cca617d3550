import { type Address, canonicalAddress, isLinkLocalIpv6, splitZone } from '../../address.js';
import { checkOptions, shown } from '../../arguments.js';
import { type Clock, systemClock } from '../../clock.js';
import { SctpError } from '../../errors.js';
import type { Names } from '../../nearest-name.js';
import { type AddressFilter, isFilterText } from './filter.js';
import { defaultBusyPollUs } from './poll.js';
import type { AskedAddress } from './wanted.js';

/** Options of `udp()`. */
export interface UdpOptions {
  /**
   * The local addresses. `'0.0.0.0'` and `'::'` stand for all of the machine's addresses of that family, including loopback
   * addresses (which usrsctp lists to loopback peers only). `include` and `exclude` choose among them. Default: both.
   * A link-local address of IPv6 must be listed, with its zone: `'fe80::1%eth0'`. It reaches link-local peers on that link.
   */
  readonly addresses?: readonly Address[];
  /**
   * A wildcard stands only for those addresses that one of these filters matches. Default: all except link-local ones and those
   * of networks between the machine and its containers or virtual machines, such as `docker0`, `virbr0`, `veth…`, unless
   * the machine has no others. Peers can't reach them: they would waste time, and might find another host at that address.
   */
  readonly include?: AddressFilter | readonly AddressFilter[];
  /** A wildcard doesn't stand for addresses that one of these filters matches, even if `include` matches. Default: none. */
  readonly exclude?: AddressFilter | readonly AddressFilter[];
  /**
   * Whether the transport follows the machine: it reads the machine's addresses every second. New ones that a wildcard stands for
   * are added, and all those that are gone are removed, listed ones too until they are back. The stack tells its peers, so
   * that associations survive a change of networks. Default true.
   */
  readonly watch?: boolean;
  /** The local UDP port on all addresses, 0 to 65535. 0 chooses one that is free on all of them. Default 9899 (RFC 6951). */
  readonly port?: number;
  /** The UDP port of peers whose port isn't known otherwise, 1 to 65535. Default 9899. */
  readonly encapsulationPort?: number;
  /**
   * The largest IP packet in bytes, headers included, that fits every route, 512 to 65535. By default the stack begins with 1280
   * bytes, which nearly all paths carry, and probes larger ones (RFC 8899): up to 1500, or up to 65535 between loopback
   * addresses of this machine.
   */
  readonly mtu?: number;
  /** The receive buffer that the kernel is asked for, in bytes per socket. It may grant less. Default 4 MiB. */
  readonly receiveBufferBytes?: number;
  /** The send buffer that the kernel is asked for, in bytes per socket. It may grant less. Default 1 MiB. */
  readonly sendBufferBytes?: number;
  /**
   * How many microseconds the event loop polls for an answer that is likely to come soon, 0 to 1000 (as net.core.busy_poll of
   * Linux). A round trip within one machine then takes a third of the time and half the processor time. It polls only while
   * single packets go back and forth. If no answers come in time, it costs at most 1.6 % of a processor. 0 turns it off.
   * Default: 50 with two or more processors, else 0; in Deno 0.
   */
  readonly busyPollUs?: number;
  /** The source of time. Default: the machine's clock. */
  readonly clock?: Clock;
}

const UDP_OPTIONS: Names<UdpOptions> = {
  addresses: true,
  include: true,
  exclude: true,
  watch: true,
  port: true,
  encapsulationPort: true,
  mtu: true,
  receiveBufferBytes: true,
  sendBufferBytes: true,
  busyPollUs: true,
  clock: true,
};

/** The options that every kind of socket needs, UDP or not. */
export type NetworkSettings = Pick<
  UdpSettings,
  'addresses' | 'include' | 'exclude' | 'watch' | 'port' | 'busyPollUs' | 'clock'
>;

/** The options, completed with their defaults. */
export type UdpSettings = Required<Omit<UdpOptions, 'addresses' | 'mtu' | 'include' | 'exclude'>> & {
  readonly addresses: readonly AskedAddress[];
  readonly include: readonly AddressFilter[] | undefined;
  readonly exclude: readonly AddressFilter[] | undefined;
  /** `undefined` means that of the route. */
  readonly mtu: number | undefined;
};

/** The UDP port of SCTP (RFC 6951 §5.1). */
const SCTP_TUNNELING_PORT = 9899;
const LARGEST_BUFFER_BYTES = 2 ** 30;

/** Checks options and adds the defaults. Throws EINVAL, which names the invalid option. */
export function parseOptions(options: UdpOptions): UdpSettings {
  checkOptions(options, UDP_OPTIONS, 'udp');
  return settingsOf(options);
}

/** Checks the options that all kinds of sockets have, and adds the defaults. */
export function settingsOf(options: UdpOptions): UdpSettings {
  return {
    addresses: addressList(options.addresses ?? ['0.0.0.0', '::']),
    include: filters('include', options.include),
    exclude: filters('exclude', options.exclude),
    watch: boolean('watch', options.watch ?? true),
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

function filters(option: string, value: unknown): AddressFilter[] | undefined {
  if (value === undefined) return undefined;
  return (Array.isArray(value) ? value : [value]).map((filter: unknown) => {
    if (typeof filter === 'function') return filter as AddressFilter;
    if (typeof filter === 'string' && isFilterText(filter)) return filter;
    const what = 'a network such as 192.0.2.0/24, the name of an interface, or a function';
    throw invalid(`\`${option}\` has ${typeof filter === 'string' ? `'${filter}'` : shown(filter)}: give ${what}`);
  });
}

function boolean(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(`\`${option}\` is of type ${typeof value}: give true or false`);
}

function addressList(value: unknown): AskedAddress[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('`addresses` must list at least one address');
  const asked = value.map(unicastAddress);
  return [...new Map(asked.map((each) => [each.address, each])).values()];
}

function unicastAddress(text: unknown): AskedAddress {
  const zoned = splitZone(text);
  const address = canonicalAddress(zoned?.address ?? text, 'udp');
  if (/^(ff..:|(22[4-9]|23\d|255)\.)/.test(address)) throw invalid(`\`addresses\`: ${address} is not unicast`, address);
  if (isLinkLocalIpv6(address)) {
    if (zoned !== undefined) return { address, zone: zoned.zone };
    throw invalid(`\`addresses\`: ${address} is link-local: add its zone, such as ${address}%eth0`, address);
  }
  if (zoned === undefined) return { address };
  throw invalid(`\`addresses\`: ${address} is not link-local: leave out the zone`, address);
}

function invalid(message: string, address?: Address): SctpError {
  return new SctpError('EINVAL', message, { syscall: 'udp', ...(address && { address }) });
}
