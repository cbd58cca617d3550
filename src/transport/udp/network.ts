import { networkInterfaces } from 'node:os';
import type { Address } from '../../address.js';
import type { Clock } from '../../clock.js';
import type { ErrorCode } from '../../errors.js';
import type { Packet } from '../../packet.js';
import type { PacketTooBig, TransportHost } from '../transport.js';
import { WildcardFilter } from './filter.js';
import { Inbox } from './inbox.js';
import { type Interfaces, localNetworks } from './interfaces.js';
import { askKernel } from './kernel.js';
import type { AddressNotifier, SocketEvents, SocketSystem } from './local-socket.js';
import type { NetworkSettings } from './options.js';
import { BusyPoll } from './poll.js';
import { Routes } from './routes.js';
import { LocalSockets } from './sockets.js';
import { surviveTermination } from './termination.js';
import { UnreachableReports } from './unreachable.js';
import { WantedAddresses } from './wanted.js';
import { InterfaceWatch } from './watch.js';

/** Reads the machine's interfaces. */
type Read = () => Interfaces;

/** The open sockets of one transport, and its routes. They follow the machine's addresses. */
export class SocketNetwork implements SocketEvents {
  readonly #sockets: LocalSockets;
  readonly #wanted: WantedAddresses;
  readonly #host: TransportHost;
  readonly #system: SocketSystem;
  readonly #routes: Routes;
  readonly #inbox: Inbox;
  readonly #poll: BusyPoll;
  readonly #reports: UnreachableReports;
  #watch: InterfaceWatch | undefined;
  #notifier: AddressNotifier | undefined;
  #unroutable = 0;
  #closing: Promise<void> | undefined;

  /** Opens a socket per address. Packets that arrive before it has resolved are dropped. */
  static async open(
    settings: NetworkSettings,
    system: SocketSystem,
    host: TransportHost,
    read: Read = networkInterfaces,
  ): Promise<SocketNetwork> {
    let network: SocketNetwork | undefined;
    const events: SocketEvents = {
      received: (packet) => network?.received(packet),
      receivedBatch: (packets) => network?.receivedBatch(packets),
      unreachable: (destination, code) => network?.unreachable(destination, code),
      tooBig: (report) => network?.tooBig(report),
    };
    const wanted = new WantedAddresses(settings.addresses, new WildcardFilter(settings.include, settings.exclude));
    const interfaces = read();
    const first = wanted.of(localNetworks(interfaces));
    const sockets = await LocalSockets.open(first, settings.port, (address, port) => {
      return system.open(address, port, events);
    });
    network = new SocketNetwork(sockets, wanted, settings, system, host, read);
    const isComplete = sockets.addresses.length === first.length;
    if (settings.watch) network.#follow(settings.clock, read, isComplete ? interfaces : undefined);
    return network;
  }

  private constructor(
    sockets: LocalSockets,
    wanted: WantedAddresses,
    { clock, busyPollUs }: NetworkSettings,
    system: SocketSystem,
    host: TransportHost,
    read: Read,
  ) {
    this.#host = host;
    this.#system = system;
    this.#sockets = sockets;
    this.#wanted = wanted;
    this.#poll = new BusyPoll(busyPollUs);
    this.#inbox = new Inbox((packets) => {
      surviveTermination();
      this.#poll.arrived(packets.length);
      host.receive(packets);
    });
    this.#reports = new UnreachableReports(clock, (destination, code) => {
      if (this.#closing === undefined) host.unreachable(destination, code);
    });
    this.#routes = new Routes({
      get addresses() {
        return sockets.addresses;
      },
      networks: () => localNetworks(read()),
      askKernel,
      clock,
      changed: () => this.#changed(),
      unreachable: (destination, code) => this.#reports.add(destination, code),
    });
  }

  /** The local addresses, in the order of preference. */
  get addresses(): readonly Address[] {
    return this.#sockets.addresses;
  }

  /** The local UDP port, the same on all addresses. */
  get port(): number {
    return this.#sockets.port;
  }

  /** How many packets were dropped in this process. */
  get dropped(): number {
    return this.#unroutable + this.#sockets.dropped;
  }

  source(destination: Address): Address | undefined {
    return this.#closing === undefined ? this.#routes.source(destination) : undefined;
  }

  /** Sends packets for a link-local destination from the local address that has this zone. */
  useZone(destination: Address, zone: string): boolean {
    const local = this.#sockets.inZone(zone);
    if (local === undefined) return false;
    this.#routes.learn(destination, local);
    this.#routes.forget(destination);
    return true;
  }

  /** Packets of these peers have arrived by other means, at local addresses that routes are chosen by. */
  learn(packets: readonly Packet[]): void {
    let last: Address = '';
    for (const { source, destination } of packets) {
      if (source !== last) this.#routes.learn(source, destination);
      last = source;
    }
  }

  send(packets: readonly Packet[]): void {
    for (let first = 0; first < packets.length; ) {
      const source = packets[first]?.source ?? '';
      let end = first + 1;
      while (packets[end]?.source === source) end++;
      const socket = this.#closing === undefined ? this.#sockets.get(source) : undefined;
      if (socket === undefined) this.#unroutable += end - first;
      else socket.send(end - first === packets.length ? packets : packets.slice(first, end));
      first = end;
    }
    this.#poll.sent();
    surviveTermination(); // a timer of the stack may have called this
  }

  received(packet: Packet): void {
    surviveTermination();
    this.#routes.learn(packet.source, packet.destination);
    if (this.#poll.answered()) this.#host.receive([packet]);
    else this.#inbox.push(packet);
  }

  receivedBatch(packets: readonly Packet[]): void {
    surviveTermination();
    this.learn(packets);
    if (!this.#poll.answered()) this.#poll.arrived(packets.length);
    this.#host.receive(packets);
  }

  unreachable(destination: Address, code: ErrorCode): void {
    this.#routes.forget(destination);
    if (code === 'ENETUNREACH') this.#watch?.hurry();
    this.#reports.add(destination, code);
  }

  tooBig(report: PacketTooBig): void {
    surviveTermination();
    if (this.#closing === undefined) this.#host.packetTooBig?.(report);
  }

  /** Whether its sockets and timers keep the process alive. */
  setRef(isRef: boolean): void {
    this.#sockets.setRef(isRef);
    this.#watch?.setRef(isRef);
    this.#notifier?.setRef(isRef);
  }

  /** Stops accepting and receiving packets, and sends those that are queued. Resolves when the port is free. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#watch?.close();
    this.#notifier?.close();
    this.#inbox.close();
    this.#poll.close();
    await this.#sockets.close();
    this.#system.close?.();
  }

  #follow(clock: Clock, read: Read, processed: Interfaces | undefined): void {
    this.#notifier = this.#system.watch?.(() => this.#watch?.hurry());
    this.#watch = new InterfaceWatch({ clock, read, changed: (interfaces) => this.#update(interfaces) }, processed);
  }

  async #update(interfaces: Interfaces): Promise<boolean> {
    const { isChanged, isComplete } = await this.#sockets.update(this.#wanted.of(localNetworks(interfaces)));
    if (isChanged) {
      this.#routes.reset();
      this.#changed();
    }
    return isComplete;
  }

  #changed(): void {
    surviveTermination();
    if (this.#closing === undefined) this.#host.changed();
  }
}
