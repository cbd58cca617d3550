import { familyOf } from '../../address.js';
import type { AskedAddress } from '../udp/wanted.js';
import { BpfProgram } from './bpf.js';
import { Descriptor } from './descriptor.js';
import type { OnceWatch } from './ffi.js';
import { AF_INET, AF_INET6, SO_ATTACH_REUSEPORT_CBPF, SO_REUSEPORT, SOL_SOCKET } from './linux.js';
import { portIn, sockaddrOf } from './sockaddr.js';
import { type SharedParts, scopeOf, setOptions } from './socket.js';
import { type Shares, steeringProgram } from './steering-program.js';

/**
 * Sockets with one address and one port, one for each share (SO_REUSEPORT), among which the kernel chooses.
 *
 * The thread that opens them keeps them open, and other threads use duplicates of their descriptors. So no socket is closed when a
 * thread dies: the kernel would move the last socket of the group to its place, and the program that chooses by the tag would choose
 * the wrong one. Without a program, the kernel chooses by a hash of the addresses. Then the socket of a share without a stack is
 * closed, since nobody would read from it.
 */
export class SocketGroup {
  readonly port: number;
  readonly #shared: SharedParts;
  readonly #asked: AskedAddress;
  readonly #isSteered: boolean;
  readonly #sockets: (Descriptor | undefined)[];
  readonly #watches = new Map<number, OnceWatch>();
  /** The kernel copies the program; it must be in memory until then. */
  #program: BpfProgram | undefined;

  /** Binds. Throws a `SystemError`. */
  static open(shared: SharedParts, asked: AskedAddress, port: number, of: number, isSteered: boolean): SocketGroup {
    // This one is without SO_REUSEPORT, so that it can't join the group of another program on that port. If the kernel chose a port
    // for a socket with SO_REUSEPORT, it could be that of another group.
    const alone = openSocket(shared, asked, port, false);
    const chosen = portIn(alone.localName());
    alone.close();
    const sockets: Descriptor[] = [];
    try {
      do sockets.push(openSocket(shared, asked, chosen, true));
      while (isSteered && sockets.length < of);
      return new SocketGroup(shared, asked, isSteered, sockets);
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
  }

  private constructor(shared: SharedParts, asked: AskedAddress, isSteered: boolean, sockets: readonly Descriptor[]) {
    this.#shared = shared;
    this.#asked = asked;
    this.#isSteered = isSteered;
    this.port = portIn((sockets[0] as Descriptor).localName());
    this.#sockets = [...sockets];
  }

  /** The descriptor of a share's socket. Throws a `SystemError`. */
  use(index: number): number {
    const socket = this.#sockets[index] ?? openSocket(this.#shared, this.#asked, this.port, true);
    this.#sockets[index] = socket;
    return socket.fd;
  }

  /** Calls back once, when the socket of a share can be read or has an error. Only one call waits for each share. */
  wait(index: number, ready: () => void): void {
    const socket = this.#sockets[index];
    if (socket === undefined) return;
    const known = this.#watches.get(index);
    if (known !== undefined) known.wait();
    else this.#watches.set(index, this.#shared.system.watchOnce(socket.fd, ready));
  }

  /** The share has no stack any more. */
  leave(index: number): void {
    this.#watches.get(index)?.close();
    this.#watches.delete(index);
    if (this.#isSteered) return;
    this.#sockets[index]?.close();
    this.#sockets[index] = undefined;
  }

  /** Makes the kernel choose by the tag from now on, if the group is steered. */
  steer(shares: Shares): void {
    if (!this.#isSteered) return;
    this.#program = new BpfProgram(steeringProgram(shares), this.#shared.system.addressOf);
    this.#sockets[0]?.setStructure(SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, this.#program.value);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
    for (const socket of this.#sockets) socket?.close();
  }
}

function openSocket(shared: SharedParts, { address, zone }: AskedAddress, port: number, isShared: boolean): Descriptor {
  const isIpv4 = familyOf(address) === 'IPv4';
  const { system, kind, settings } = shared;
  const socket = Descriptor.socket(system, isIpv4 ? AF_INET : AF_INET6, kind.type, kind.protocol);
  try {
    if (isShared) socket.setOption(SOL_SOCKET, SO_REUSEPORT, 1);
    setOptions(socket, isIpv4, settings);
    kind.prepare(socket, isIpv4);
    socket.bind(sockaddrOf(address, port, scopeOf(zone)));
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
