import { type Association, Stack } from '../../src/index.js';
import type { Network } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';
import type { TransportHost } from '../../src/transport/transport.js';
import { injectable } from '../support/injectable.js';
import { isEqual, pattern } from '../support/two-stacks.js';
import { CLIENT, CLIENT_PORT, HOSTILE, SERVER, SERVER_PORT } from './hostile.js';
import {
  type Act,
  type Arrived,
  type ForgedPacket,
  type HonestMessage,
  type Hosts,
  SIDES,
  type Side,
  seedOf,
  type Target,
  type TargetOptions,
} from './target.js';

const bytesOf = (from: Side, number: number, length: number): Uint8Array => pattern(length, seedOf(from, number));

/** Two stacks on a simulated network, with the module in WebAssembly and the façade. */
export class StackHosts implements Hosts {
  readonly network: Network;
  readonly client: Stack;
  readonly server: Stack;
  /** The functions that hand packets to the stacks. */
  readonly entries: Readonly<Record<Side, TransportHost>>;

  private constructor(network: Network, client: Stack, server: Stack, entries: Record<Side, TransportHost>) {
    this.network = network;
    this.client = client;
    this.server = server;
    this.entries = entries;
  }

  static async create(network: Network): Promise<StackHosts> {
    const [client, server] = await Promise.all([
      stackOn(network, 'client', CLIENT),
      stackOn(network, 'server', SERVER),
    ]);
    return new StackHosts(network, client.stack, server.stack, { client: client.entry, server: server.entry });
  }

  target(options: TargetOptions): Promise<Target> {
    return StackTarget.create(this, options);
  }

  async end(): Promise<number> {
    await Promise.all([this.client.close(), this.server.close()]);
    return this.client.memoryInUse + this.server.memoryInUse;
  }
}

async function stackOn(network: Network, name: Side, addresses: readonly string[]) {
  const { transport: inner, random } = network.host(name, addresses);
  const transport = injectable(inner);
  const stack = await network.standStill(Stack.create({ transport, clock: network.clock, random }));
  return { stack, entry: transport.host! };
}

class StackTarget implements Target {
  received = 0;
  readonly #hosts: StackHosts;
  readonly #listener: Socket;
  readonly #sockets: Socket[];
  readonly #isUnread: boolean;
  readonly #ends: Readonly<Record<Side, Association>>;
  readonly #arrived: Readonly<Record<Side, Arrived[]>> = { client: [], server: [] };
  readonly #hostile = new Set<Association>();
  readonly #injected: ForgedPacket[] = [];
  readonly #answers: Uint8Array[] = [];
  readonly #stopListening: () => void;
  /** Errors outside of any call. */
  readonly #errors: unknown[] = [];
  #isOver = false;

  private constructor(
    hosts: StackHosts,
    isUnread: boolean,
    listener: Socket,
    others: readonly Socket[],
    ends: Record<Side, Association>,
  ) {
    this.#hosts = hosts;
    this.#isUnread = isUnread;
    this.#listener = listener;
    this.#sockets = [listener, ...others];
    this.#ends = ends;
    this.#stopListening = hosts.network.filter(({ destination, bytes }) => {
      if (HOSTILE.some((address) => address === destination)) this.#answers.push(bytes.slice());
      return undefined;
    });
    for (const side of SIDES) void this.#receive(side);
  }

  static async create(hosts: StackHosts, options: TargetOptions): Promise<StackTarget> {
    const peers = SERVER.map((address) => ({ address, port: SERVER_PORT }));
    const socket = hosts.client.socket(buffersOf(options));
    socket.bindx(CLIENT.map((address) => ({ address, port: CLIENT_PORT })));
    const listener = hosts.server.socket({
      ...buffersOf(options),
      style: 'one-to-many',
      peerMayReset: options.peerMayReset,
      ...(options.isUnread && { readAheadBytes: 1000 }), // small enough to be filled soon
    });
    listener.bindx(peers);
    if (options.interleaving) for (const each of [socket, listener]) each.setOption('interleaving', true);
    const associations = listener.listen();
    const [client, server] = await Promise.all([socket.connectx(peers), listener.accept()]);
    const peeledOff = options.isPeeledOff ? [listener.peeloff(server)] : [];
    const target = new StackTarget(hosts, options.isUnread, listener, [socket, ...peeledOff], { client, server });
    void target.#accept(associations);
    return target;
  }

  get nowMs(): number {
    return this.#hosts.network.clock.now();
  }

  inject(packet: ForgedPacket): void {
    this.#injected.push(packet);
  }

  async advance(ms: number): Promise<void> {
    for (const { source, destination, packet } of this.#injected.splice(0)) {
      const isOfClient = CLIENT.some((address) => address === destination);
      this.#hosts.entries[isOfClient ? 'client' : 'server'].receive([
        { source, destination, port: 0, trafficClass: 0, bytes: packet.slice() },
      ]);
    }
    await this.#hosts.network.advance(ms);
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  answers(): readonly Uint8Array[] {
    return this.#answers.splice(0);
  }

  send(from: Side, { number, stream, unordered, length, retransmits }: HonestMessage): void {
    const reliability = retransmits === undefined ? {} : { reliability: { retransmits } };
    const options = { stream, unordered, ppid: number, ...reliability };
    this.#watch(this.#ends[from].send(bytesOf(from, number, length), options));
  }

  arrived(at: Side): readonly Arrived[] {
    return this.#arrived[at].splice(0);
  }

  act(what: Act, stream: number, bytes: number): void {
    for (const association of this.#hostile) {
      if (association.state !== 'open') continue;
      if (what === 'send') association.send(new Uint8Array(bytes), { stream }).catch(ignored);
      else if (what === 'reset') association.resetStreams({ outgoing: [stream] }).catch(ignored);
      else if (what === 'peeloff') this.#peelOff(association);
      else if (what === 'shutdown') association.close().catch(ignored);
      else association.abort('enough');
    }
  }

  #peelOff(association: Association): void {
    if (!this.#listener.associations.includes(association)) return;
    this.#sockets.push(this.#listener.peeloff(association));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#stopListening();
    for (const socket of this.#sockets) socket.abort();
    await this.#hosts.network.advance(50); // the ABORT arrives
  }

  async #receive(at: Side): Promise<void> {
    try {
      for await (const { data, stream, ppid, unordered } of this.#ends[at]) {
        const expected = bytesOf(at === 'client' ? 'server' : 'client', ppid, data.length);
        this.#arrived[at].push({
          number: ppid,
          stream,
          unordered,
          length: data.length,
          isWhole: isEqual(data, expected),
        });
      }
    } catch (error) {
      if (!this.#isOver) this.#errors.push(error);
    }
  }

  async #accept(associations: AsyncIterable<Association>): Promise<void> {
    for await (const association of associations) {
      this.#hostile.add(association);
      if (this.#isUnread) void association.closed.finally(() => this.#hostile.delete(association));
      else void this.#hear(association).finally(() => this.#hostile.delete(association));
    }
  }

  /** The server's program receives everything that the hostile peer sends. */
  async #hear(association: Association): Promise<void> {
    try {
      for await (const _ of association) this.received++;
    } catch {
      // The association has ended with an error.
    }
  }

  #watch(work: Promise<unknown>): void {
    work.catch((error) => {
      if (!this.#isOver) this.#errors.push(error);
    });
  }
}

const ignored = (): void => {};

const buffersOf = ({ receiveBufferBytes, sendBufferBytes }: TargetOptions) => ({
  ...(receiveBufferBytes !== undefined && { receiveBufferBytes }),
  ...(sendBufferBytes !== undefined && { sendBufferBytes }),
});
