import type {
  Association,
  ConnectOptions as AssociationConnectOptions,
  OptionInput,
  Peer,
  Socket as StackSocket,
  SocketOptions as StackSocketOptions,
} from '../index.js';
import { addressesOf, either, invalidArgument, portOf } from './arguments.js';
import { receiveWindow } from './defaults.js';
import type { NetworkOptions } from './stacks.js';

/** An address with its port, as `net` has it. */
export interface SocketAddress {
  /** The IP address. */
  readonly address: string;
  /** `IPv4` or `IPv6`. */
  readonly family: string;
  /** The SCTP port. */
  readonly port: number;
}

/** The options of `new Socket()`, and of sockets that a server accepts. */
export interface SocketConstructorOptions {
  /** Payload protocol identifier of messages, unless the Buffer has another `ppid`. Default 0. */
  readonly ppid?: number | undefined;
  /** The stream of messages, unless the Buffer has another `sid`. Default 0. */
  readonly stream_id?: number | undefined;
  /** The same as `stream_id`. */
  readonly sctp_stream_id?: number | undefined;
  /** Are messages delivered without regard to order? Default false. */
  readonly unordered?: boolean | undefined;
  /** How many bytes are written before `write` returns false. */
  readonly highWaterMark?: number | undefined;
  /** Accepted for node-sctp's sake, without effect. */
  readonly no_bundle?: boolean | undefined;
}

/** What the association is to be like. */
export interface AssociationOptions {
  /** How many inbound streams to allow. Default 2048. */
  readonly MIS?: number | undefined;
  /** How many outbound streams to request. Default 10. */
  readonly OS?: number | undefined;
  /** Small messages are sent at once. Default true. */
  readonly noDelay?: boolean | undefined;
  /** How SACKs are delayed (SCTP_DELAYED_SACK). */
  readonly sack?: DelayedSack | undefined;
}

/** SCTP_DELAYED_SACK (RFC 6458 §8.1.19). */
export interface DelayedSack {
  /** How long a SACK may be delayed, in ms. */
  readonly delay?: number;
  /** After how many packets a SACK is sent at once. */
  readonly freq?: number;
}

/** The options of `connect`. */
export interface ConnectOptions extends SocketConstructorOptions, AssociationOptions, NetworkOptions {
  /** The peer's SCTP port. */
  readonly port: number | string;
  /** The peer's address or name. Default `localhost`. */
  readonly host?: string | undefined;
  /** All of the peer's addresses that are known; instead of `host`. */
  readonly remoteAddresses?: readonly string[] | undefined;
  /** The own SCTP port. Default: any free one. */
  readonly localPort?: number | string | undefined;
  /** The own address, or several. Default: all. */
  readonly localAddress?: string | readonly string[] | undefined;
  /** The own addresses; instead of `localAddress`. */
  readonly localAddresses?: readonly string[] | undefined;
  /** As in node-sctp: waits for the peer to connect from `host` and `port` to `localPort`. Default false. */
  readonly passive?: boolean | undefined;
  /** Looks up names, as `dns.lookup`. */
  readonly lookup?: AssociationConnectOptions['lookup'] | undefined;
  /** Ends the set-up when it is aborted, and destroys the socket. */
  readonly signal?: AbortSignal | undefined;
}

/** The addresses of a set-up. */
export interface Request {
  readonly peers: Peer[];
  readonly local: readonly { readonly address: string; readonly port: number }[] | undefined;
}

/** The addresses that the options name. Throws for wrong arguments. */
export function requestOf(options: ConnectOptions): Request {
  const { port: text, host, remoteAddresses, localAddress, localAddresses, udpPort } = options;
  const port = portOf(text, 'port');
  if (port === 0) throw new RangeError('port must be 1 to 65535, not 0');
  either(['host', 'remoteAddresses'], [host, remoteAddresses]);
  either(['localAddress', 'localAddresses'], [localAddress, localAddresses]);
  const isConn = options.udpTransport !== undefined;
  const listed = addressesOf(host ?? remoteAddresses, 'host') ?? ['localhost'];
  const remote = isConn ? ['conn'] : listed;
  const localPort = portOf(options.localPort ?? 0, 'localPort');
  const named = isConn ? ['conn'] : addressesOf(localAddresses ?? localAddress, 'localAddress');
  const own = named ?? (localPort === 0 ? undefined : ['::']);
  const encapsulated = udpPort === undefined ? {} : { encapsulationPort: udpPort };
  return {
    peers: remote.map((address) => ({ address, port, ...encapsulated })),
    local: own?.map((address) => ({ address, port: localPort })),
  };
}

/** The options of a socket inside the stack. */
export function socketOptions({ MIS, OS, noDelay }: AssociationOptions): StackSocketOptions {
  const streams = { ...(MIS !== undefined && { inbound: MIS }), ...(OS !== undefined && { outbound: OS }) };
  return { streams, ...(noDelay !== undefined && { noDelay }), ...receiveWindow() };
}

/** SCTP_DELAYED_SACK. */
export function sackOption({ delay, freq }: DelayedSack): OptionInput<'delayedSack'> {
  return { ...(delay !== undefined && { delayMs: delay }), ...(freq !== undefined && { packets: freq }) };
}

/** Waits for the peer to connect; others are aborted. */
export async function awaitPeer(
  socket: StackSocket,
  peers: readonly Peer[],
  local: Request['local'],
  signal: AbortSignal,
): Promise<Association> {
  if (local === undefined || local[0]?.port === 0) throw invalidArgument('a passive socket needs a localPort');
  socket.bindx(local);
  socket.listen();
  for (;;) {
    const association = await socket.accept({ signal });
    const addresses = association.remoteEndpoints;
    const isPeer = peers.some((peer) =>
      addresses.some((each) => each.address === peer.address && each.port === peer.port),
    );
    if (isPeer) return association;
    association.abort('not the expected peer');
  }
}

/** The host of `connect(port, host)`. */
export function hostIn(rest: readonly unknown[]): string | undefined {
  const [host] = rest;
  return typeof host === 'string' ? host : undefined;
}
