import { networkInterfaces } from 'node:os';
import { type Address, familyOf } from '../../address.js';
import type { Packet } from '../../packet.js';
import type { PacketTooBig } from '../transport.js';
import type { LocalSocket, SocketEvents } from '../udp/local-socket.js';
import type { UdpSettings } from '../udp/options.js';
import { codeOfErrno } from '../udp/unreachable.js';
import type { AskedAddress } from '../udp/wanted.js';
import { ArrivedBytes } from './arrived.js';
import { Descriptor } from './descriptor.js';
import { errnoName } from './errno.js';
import { ErrorQueue, type IcmpError } from './error-queue.js';
import type { SystemCalls } from './ffi.js';
import { type IncomingMessage, type IncomingMessages, MOST_MESSAGES } from './incoming.js';
import {
  AF_INET,
  AF_INET6,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DONT,
  IP_PMTUDISC_PROBE,
  IP_RECVERR,
  IP_RECVTOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MTU,
  IPV6_MTU_DISCOVER,
  IPV6_PMTUDISC_DONT,
  IPV6_PMTUDISC_PROBE,
  IPV6_RECVERR,
  IPV6_RECVTCLASS,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_SOCKET,
} from './linux.js';
import { OutgoingMessages } from './outgoing.js';
import { BatchSender } from './sender.js';
import { portIn, sockaddrOf } from './sockaddr.js';
import { TurnBatch } from './turn-batch.js';
import type { Readiness, Watch } from './watch.js';

/** What differs between UDP sockets and raw sockets. */
export interface SocketKind {
  readonly type: number;
  readonly protocol: number;
  /** The UDP port for packets whose `port` is 0; 0 for sockets without UDP. */
  readonly defaultPort: number;
  /** Called before the socket is bound. */
  prepare(socket: Descriptor, isIpv4: boolean): void;
  /** Called when the socket is bound. Returns whether the kernel divides messages into packets. */
  bound(socket: Descriptor): boolean;
  /** Takes the IP header off, if the kernel has left it. Returns undefined for packets that aren't for this stack. */
  strip(message: IncomingMessage, isIpv4: boolean): IncomingMessage | undefined;
  /** Called before packets are sent. */
  sending(packets: readonly Packet[]): void;
  /** Called when the socket is closed. */
  closed(socket: Descriptor): void;
}

/** What a socket needs of the options. */
export type SocketSettings = Pick<UdpSettings, 'clock' | 'receiveBufferBytes' | 'sendBufferBytes'>;

/** What all sockets of one transport share. */
export interface SharedParts {
  readonly system: SystemCalls;
  readonly incoming: IncomingMessages;
  readonly kind: SocketKind;
  readonly settings: SocketSettings;
}

/** The common header (RFC 9260 §3.1) and one chunk header. Anything shorter is not SCTP. */
const SMALLEST_PACKET_BYTES = 16;
/** How many calls receive in one turn of the event loop, so that timers and other sockets get their turn. */
const MOST_ROUNDS = 4;
/** Fragments of that size pass every link with IPv6 (RFC 8200 §5). */
const IPV6_FRAGMENT_BYTES = 1280;
const ICMP_CODES: Readonly<Record<string, 'ECONNREFUSED'>> = {
  ENOPROTOOPT: 'ECONNREFUSED', // protocol unreachable: no SCTP there
  EPROTO: 'ECONNREFUSED',
};

/** A socket that is bound to one local address, by system calls that take many packets at once. */
export class NativeSocket implements LocalSocket {
  readonly address: Address;
  readonly zone: string | undefined;
  readonly port: number;
  readonly #shared: SharedParts;
  readonly #events: SocketEvents;
  readonly #socket: Descriptor;
  readonly #isIpv4: boolean;
  readonly #outgoing: TurnBatch;
  readonly #sender: BatchSender;
  readonly #errors: ErrorQueue;
  readonly #watch: Watch;
  readonly #arrived = new ArrivedBytes();
  #turn: NodeJS.Immediate | undefined;
  #hasError = false;
  #isWritable = false;
  #isClosing = false;
  #isRef = true;

  /** Binds. Throws a `SystemError`. */
  static open(shared: SharedParts, asked: AskedAddress, port: number, events: SocketEvents): NativeSocket {
    const { system, kind } = shared;
    const isIpv4 = familyOf(asked.address) === 'IPv4';
    const socket = Descriptor.socket(system, isIpv4 ? AF_INET : AF_INET6, kind.type, kind.protocol);
    try {
      setOptions(socket, isIpv4, shared.settings);
      kind.prepare(socket, isIpv4);
      socket.bind(sockaddrOf(asked.address, port, scopeOf(asked.zone)));
      return new NativeSocket(shared, asked, socket, events);
    } catch (error) {
      kind.closed(socket);
      socket.close();
      throw error;
    }
  }

  /** Takes a socket that another thread has opened and bound. Throws a `SystemError`. */
  static adopt(shared: SharedParts, asked: AskedAddress, fd: number, events: SocketEvents): NativeSocket {
    return new NativeSocket(shared, asked, Descriptor.duplicate(shared.system, fd), events);
  }

  private constructor(shared: SharedParts, { address, zone }: AskedAddress, socket: Descriptor, events: SocketEvents) {
    const { system, kind, settings } = shared;
    this.address = address;
    this.zone = zone;
    this.#shared = shared;
    this.#events = events;
    this.#socket = socket;
    this.#isIpv4 = familyOf(address) === 'IPv4';
    this.port = kind.defaultPort === 0 ? 0 : portIn(socket.localName());
    this.#errors = new ErrorQueue(system, socket.fd);
    this.#sender = new BatchSender({
      fd: socket.fd,
      messages: new OutgoingMessages(system, {
        isIpv4: this.#isIpv4,
        defaultPort: kind.defaultPort,
        scope: scopeOf(zone),
      }),
      clock: settings.clock,
      hasSegmentation: kind.bound(socket),
      errnoName,
      setFragmentable: (isFragmentable) => this.#setFragmentable(isFragmentable),
      watch: (isWriteAsked) => this.#watch.start(isWriteAsked),
      readErrors: () => this.#readErrors(),
      failed: (packet, errno) => this.#failed(packet.destination, errno),
    });
    this.#outgoing = new TurnBatch((packets) => this.#sender.send(packets));
    this.#discardWaiting();
    this.#watch = system.watch(socket.fd, (event) => this.#ready(event));
  }

  /** How many packets weren't sent. */
  get dropped(): number {
    return this.#sender.dropped;
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    this.#watch.setRef(isRef);
  }

  /** Receives what has arrived, without waiting for the event loop. It must be called from the event loop. */
  receiveNow(): void {
    if (!this.#isClosing) this.#receive();
  }

  send(packets: readonly Packet[]): void {
    this.#shared.kind.sending(packets);
    this.#outgoing.add(packets);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#outgoing.flush();
    await this.#sender.finish();
    clearImmediate(this.#turn);
    this.#shared.kind.closed(this.#socket);
    this.#watch.close();
    this.#socket.close();
  }

  /** A raw socket gets packets before it is bound and has its filter. */
  #discardWaiting(): void {
    const { incoming } = this.#shared;
    for (let count = incoming.receive(this.#socket.fd); count > 0; count = incoming.receive(this.#socket.fd)) {
      for (let index = 0; index < count; index++) incoming.take(index);
    }
  }

  #ready({ isWritable, hasError }: Readiness): void {
    this.#isWritable ||= isWritable;
    this.#hasError ||= hasError;
    if (this.#turn !== undefined) return;
    this.#turn = setImmediate(this.#work);
    if (!this.#isRef) this.#turn.unref();
  }

  readonly #work = (): void => {
    this.#turn = undefined;
    if (this.#hasError) this.#readErrors();
    this.#hasError = false;
    this.receiveNow();
    if (this.#isWritable) this.#sender.writable();
    this.#isWritable = false;
  };

  #receive(): void {
    const packets: Packet[] = [];
    const { incoming } = this.#shared;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const count = incoming.receive(this.#socket.fd);
      if (count < 0 && !this.#readErrors()) break;
      for (let index = 0; index < count; index++) this.#take(incoming.take(index), packets);
      if (count >= 0 && count < MOST_MESSAGES) break;
    }
    if (packets.length === 0) return;
    this.#watch.received();
    this.#events.receivedBatch(packets);
  }

  #take(message: IncomingMessage | undefined, packets: Packet[]): void {
    const stripped = message && this.#shared.kind.strip(message, this.#isIpv4);
    if (stripped === undefined || stripped.bytes.length < SMALLEST_PACKET_BYTES) return;
    const { source, port, trafficClass } = stripped;
    for (const bytes of this.#arrived.copy(stripped.bytes, stripped.segmentBytes)) {
      packets.push({ source, destination: this.address, port, trafficClass, bytes });
    }
  }

  /** Reports what ICMP has told. Returns whether there was anything. */
  #readErrors(): boolean {
    let hasErrors = false;
    for (let error = this.#errors.next(); error !== undefined; error = this.#errors.next()) {
      hasErrors = true;
      if (error.errno === 'EMSGSIZE') this.#events.tooBig?.(this.#report(error));
      else this.#failed(error.destination, ICMP_CODES[error.errno] ?? error.errno);
    }
    return hasErrors;
  }

  #report({ destination, mtu, quoted }: IcmpError): PacketTooBig {
    return { source: this.address, destination, mtu, bytes: quoted };
  }

  #failed(destination: Address, errno: string): void {
    const code = codeOfErrno(errno);
    if (code !== undefined) this.#events.unreachable(destination, code);
  }

  /** Clears the don't-fragment bit, or sets it again. */
  #setFragmentable(isFragmentable: boolean): void {
    if (this.#isIpv4) {
      const value = isFragmentable ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE;
      this.#socket.tryOption(IPPROTO_IP, IP_MTU_DISCOVER, value);
      return;
    }
    // Routers don't fragment IPv6, so the fragments must be small enough for any link.
    const value = isFragmentable ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE;
    this.#socket.tryOption(IPPROTO_IPV6, IPV6_MTU_DISCOVER, value);
    this.#socket.tryOption(IPPROTO_IPV6, IPV6_MTU, isFragmentable ? IPV6_FRAGMENT_BYTES : 0);
  }
}

/**
 * Options of all sockets. With IP_PMTUDISC_PROBE, the don't-fragment bit is set, and the kernel doesn't limit packets to the
 * path MTU that it believes in, since the stack finds that out itself (RFC 8899).
 */
export function setOptions(socket: Descriptor, isIpv4: boolean, settings: SocketSettings): void {
  if (isIpv4) {
    socket.setOption(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    socket.setOption(IPPROTO_IP, IP_RECVERR, 1);
    socket.setOption(IPPROTO_IP, IP_RECVTOS, 1);
  } else {
    socket.setOption(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    socket.setOption(IPPROTO_IPV6, IPV6_RECVERR, 1);
    socket.setOption(IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  }
  setBuffer(socket, SO_RCVBUFFORCE, SO_RCVBUF, settings.receiveBufferBytes);
  setBuffer(socket, SO_SNDBUFFORCE, SO_SNDBUF, settings.sendBufferBytes);
}

/** With CAP_NET_ADMIN, buffers may be larger than the system's limit (net.core.rmem_max); otherwise that is what is granted. */
function setBuffer(socket: Descriptor, force: number, name: number, bytes: number): void {
  if (!socket.tryOption(SOL_SOCKET, force, bytes)) socket.tryOption(SOL_SOCKET, name, bytes);
}

/** The index of an interface; 0 without a zone. */
export function scopeOf(zone: string | undefined): number {
  if (zone === undefined) return 0;
  const infos = networkInterfaces()[zone] ?? [];
  for (const info of infos) if (info.family === 'IPv6' && info.scopeid > 0) return info.scopeid;
  return 0;
}
