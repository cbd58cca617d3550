import type { Address } from '../../address.js';
import type { LocalSocket } from './local-socket.js';
import { type Open, openSockets } from './open.js';
import type { Wanted } from './wanted.js';

/** The result of an update. */
export interface Update {
  /** Has the list of addresses changed? */
  readonly isChanged: boolean;
  /** Does each wanted address have a socket? */
  readonly isComplete: boolean;
}

/** The open sockets of a transport: one for each local address, all on the same port. */
export class LocalSockets {
  /** The local UDP port, the same on all addresses. */
  readonly port: number;
  readonly #open: Open;
  /** In the order of preference. */
  #byAddress: ReadonlyMap<Address, LocalSocket>;
  #addresses: readonly Address[];
  /** Sockets of removed addresses, which still send what is queued. */
  readonly #closing = new Map<LocalSocket, Promise<void>>();
  #updating: Promise<Update> | undefined;
  #droppedByClosed = 0;
  #isClosed = false;
  #isRef = true;

  /** Opens a socket per address. Rejects if an explicit address can't be used, or if there is none. */
  static async open(wanted: readonly Wanted[], port: number, open: Open): Promise<LocalSockets> {
    return new LocalSockets(await openSockets(wanted, port, open), open);
  }

  private constructor(sockets: readonly LocalSocket[], open: Open) {
    this.port = sockets[0]?.port ?? 0;
    this.#open = open;
    this.#byAddress = new Map(sockets.map((socket) => [socket.address, socket]));
    this.#addresses = [...this.#byAddress.keys()];
  }

  /** The local addresses, in the order of preference. */
  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** How many packets weren't sent. */
  get dropped(): number {
    let dropped = this.#droppedByClosed;
    for (const socket of [...this.#byAddress.values(), ...this.#closing.keys()]) dropped += socket.dropped;
    return dropped;
  }

  get(address: Address): LocalSocket | undefined {
    return this.#byAddress.get(address);
  }

  /** The link-local address of a zone. */
  inZone(zone: string): Address | undefined {
    for (const socket of this.#byAddress.values()) if (socket.zone === zone) return socket.address;
    return undefined;
  }

  /**
   * Opens and closes sockets, so that the wanted addresses have one. An address may be unusable for a while: the kernel is still
   * checking that it is unique on its link (RFC 4862 §5.4), or another program has taken the port. It is left out.
   */
  update(wanted: readonly Wanted[]): Promise<Update> {
    this.#updating = this.#update(wanted);
    return this.#updating;
  }

  /** Whether the sockets keep the process alive. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    for (const socket of this.#byAddress.values()) socket.setRef(isRef);
  }

  /** Sends what is queued. Resolves when the port is free. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = Array.from(this.#byAddress.values(), (socket) => socket.close());
    await Promise.all([...closed, ...this.#closing.values(), this.#updating]);
  }

  async #update(wanted: readonly Wanted[]): Promise<Update> {
    const sockets = new Map<Address, LocalSocket>();
    for (const each of wanted) {
      const socket = this.#byAddress.get(each.address) ?? (await this.#open(each, this.port).catch(() => undefined));
      if (socket !== undefined) sockets.set(each.address, socket);
    }
    const opened = [...sockets.values()].filter((socket) => this.#byAddress.get(socket.address) !== socket);
    if (this.#isClosed) {
      await Promise.all(opened.map((socket) => socket.close()));
      return { isChanged: false, isComplete: true };
    }
    const removed = [...this.#byAddress.values()].filter(({ address }) => !sockets.has(address));
    for (const socket of opened) socket.setRef(this.#isRef);
    this.#byAddress = sockets;
    this.#addresses = [...sockets.keys()];
    for (const socket of removed) this.#closing.set(socket, this.#close(socket));
    return { isChanged: opened.length + removed.length > 0, isComplete: sockets.size === wanted.length };
  }

  async #close(socket: LocalSocket): Promise<void> {
    await socket.close();
    this.#closing.delete(socket);
    this.#droppedByClosed += socket.dropped;
  }
}
