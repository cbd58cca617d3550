import { networkInterfaces } from 'node:os';
import { conn, Stack, type Transport } from '../index.js';
import { udp } from '../udp.js';
import { stackDefaults } from './defaults.js';

/** The network of a socket or a server. Without one of these, it is SCTP in UDP at all addresses of this machine. */
export interface NetworkOptions {
  /** A stack of yours, which stays open; or a promise of one. */
  readonly stack?: Stack | Promise<Stack> | undefined;
  /** A transport: a stack is made for it, and closed at the end. */
  readonly transport?: Transport | undefined;
  /** The UDP port on which a server listens, and on which a client finds it. Default 9899. */
  readonly udpPort?: number | undefined;
  /** As in node-sctp: what carries the packets in place of IP, such as a DTLS connection or a socket of `node:dgram`. */
  readonly udpTransport?: DatagramTransport | undefined;
  /** Where packets go, if `udpTransport` is a socket of `node:dgram`. */
  readonly udpPeer?: DatagramPeer | undefined;
}

/** The address of a socket of `node:dgram`. */
export interface DatagramPeer {
  /** The IP address or name. */
  readonly host: string;
  /** The UDP port. */
  readonly port: number;
}

/** What node-sctp's option `udpTransport` must have: a part of `dgram.Socket`. */
export interface DatagramTransport {
  /** Sends a packet; with `udpPeer` as `dgram.Socket` does, with offset, length, port and host. */
  send(packet: Uint8Array, ...rest: never[]): unknown;
  /** Calls a listener with each packet. */
  on(event: 'message', listener: (packet: Uint8Array) => void): unknown;
  /** Removes the listener. */
  off(event: 'message', listener: (packet: Uint8Array) => void): unknown;
}

/** A stack in use. */
export interface StackLease {
  readonly stack: Stack;
  /** Another lease of the same stack. */
  again(): StackLease;
  /** Whether the lease keeps the process alive; the stack does if one of its leases does. Default true. */
  setRef(isRef: boolean): void;
  /** Ends the use. The stack is closed with its last lease, unless it is somebody else's. */
  release(): void;
}

let defaultStack: Stack | Promise<Stack> | undefined;

/**
 * Makes all sockets and servers to come use a stack of yours, for example one over `ip()`. Without an argument each one uses SCTP in
 * UDP again.
 */
export function setDefaultStack(stack?: Stack | Promise<Stack>): void {
  defaultStack = stack;
}

/** The stacks that were made here and are shared, by their use. */
const shared = new Map<string, Promise<SharedStack>>();
/** The end of the last stack of a use: its UDP port is taken until then. */
const closing = new Map<string, Promise<void>>();

/**
 * The stack for a socket or a server that is bound to these addresses, or to all if none are named. Rejects as `Stack.create` does.
 */
export async function leaseStack(
  options: NetworkOptions,
  role: 'client' | 'server',
  addresses: readonly string[] = [],
): Promise<StackLease> {
  const { transport, udpTransport, udpPort = 9899 } = options;
  if (udpTransport !== undefined) return ownStack(datagramPath(udpTransport, options.udpPeer));
  if (transport !== undefined) return ownStack(transport);
  const given = options.stack ?? (options.udpPort === undefined ? defaultStack : undefined);
  if (given !== undefined) return new SharedStack(await given, undefined).lease();
  const port = role === 'server' ? udpPort : 0;
  const special = addresses.some(isUnlisted) ? addresses : [];
  const name = [role, port, ...special].join(' ');
  for (;;) {
    const found = shared.get(name) ?? makeShared(name, port, special);
    shared.set(name, found);
    found.catch(() => shared.delete(name));
    const stack = await found;
    if (shared.get(name) === found) return stack.lease(); // its last lease may have ended meanwhile
  }
}

/** Can it be bound although no interface lists it, such as 127.0.0.2? A stack at all addresses of the machine doesn't have it. */
function isUnlisted(address: string): boolean {
  const listed = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return address !== '::' && address !== '0.0.0.0' && !listed.some((each) => each.address === address);
}

async function makeShared(name: string, port: number, addresses: readonly string[]): Promise<SharedStack> {
  await closing.get(name);
  const transport = udp({ port, ...(addresses.length > 0 && { addresses }) });
  const stack = await Stack.create({ transport, ...stackDefaults() });
  return new SharedStack(stack, () => {
    shared.delete(name);
    closing.set(
      name,
      closed(stack).then(() => void closing.delete(name)),
    );
  });
}

async function ownStack(transport: Transport): Promise<StackLease> {
  const stack = await Stack.create({ transport, ...stackDefaults() });
  return new SharedStack(stack, () => void closed(stack)).lease();
}

/** The associations have ended before, each with its own error. */
function closed(stack: Stack): Promise<void> {
  return stack.close().catch(() => {});
}

/** A stack and its leases. `close` is called after the last one; undefined: the stack isn't ours. */
class SharedStack {
  readonly #stack: Stack;
  readonly #close: (() => void) | undefined;
  /** Whether each lease keeps the process alive. */
  readonly #leases = new Map<StackLease, boolean>();

  constructor(stack: Stack, close: (() => void) | undefined) {
    this.#stack = stack;
    this.#close = close;
  }

  lease(): StackLease {
    const lease: StackLease = {
      stack: this.#stack,
      again: () => this.lease(),
      setRef: (isRef) => this.#setRef(lease, isRef),
      release: () => this.#release(lease),
    };
    this.#leases.set(lease, true);
    this.#update();
    return lease;
  }

  #setRef(lease: StackLease, isRef: boolean): void {
    if (!this.#leases.has(lease)) return;
    this.#leases.set(lease, isRef);
    this.#update();
  }

  #release(lease: StackLease): void {
    if (!this.#leases.delete(lease)) return;
    if (this.#leases.size === 0) this.#close?.();
    else this.#update();
  }

  #update(): void {
    if (this.#close === undefined) return;
    if ([...this.#leases.values()].includes(true)) this.#stack.ref();
    else this.#stack.unref();
  }
}

/** SCTP over an object that has datagrams, with one path (RFC 8261). */
function datagramPath(transport: DatagramTransport, peer: DatagramPeer | undefined): Transport {
  const path = {
    onmessage: null as ((packet: Uint8Array) => void) | null | undefined,
    send: (packet: Uint8Array) => {
      const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
      const rest = peer === undefined ? [] : [0, bytes.length, peer.port, peer.host];
      return transport.send(bytes, ...(rest as never[]));
    },
  };
  const onMessage = (packet: Uint8Array) => path.onmessage?.(packet);
  transport.on('message', onMessage);
  const carried = conn({ path });
  const close = carried.close.bind(carried);
  carried.close = () => {
    transport.off('message', onMessage);
    return close();
  };
  return carried;
}
