import type { CoresSteering } from '../../src/cores/messages.js';
import { type Association, type Packet, type Share, type Socket, Stack, type Transport } from '../../src/index.js';
import type { Host, Network, SeededRandom } from '../../src/simulated.js';
import { PathTable } from '../../src/steering/path-table.js';
import { abortPacket, PeerRecords } from '../../src/steering/peer-records.js';
import { SteeredTransport } from '../../src/steering/steered-transport.js';
import { Steering } from '../../src/steering/steering.js';
import type { TransportHost } from '../../src/transport/transport.js';

/**
 * Where packets arrive. `kernel`: at the share of their tag, and those without a tag anywhere. `workers`: anywhere, so nearly all packets are
 * handed over. `main`: at one thread, which gives them to their stacks.
 */
export type Arrival = CoresSteering;

/** A stack with a share of the addresses of a host. */
export interface Core {
  readonly index: number;
  readonly stack: Stack;
  readonly transport: SteeredTransport;
  readonly listener: Socket;
  /** The associations of peers. */
  readonly accepted: Association[];
}

/** Several stacks behind the addresses of one host of the simulated network. */
export class SharedHost {
  readonly of: number;
  readonly table: PathTable;
  readonly cores: (Core | undefined)[] = [];
  readonly #network: Network;
  readonly #host: Host;
  readonly #arrival: Arrival;
  readonly #random: SeededRandom;
  readonly #ends = new Map<number, TransportHost>();
  readonly #transports = new Map<number, SteeredTransport>();
  readonly #records = new Map<number, PeerRecords>();
  #starting: Promise<void> | undefined;

  static async create(network: Network, host: Host, of: number, arrival: Arrival, port: number): Promise<SharedHost> {
    const shared = new SharedHost(network, host, of, arrival);
    for (let index = 0; index < of; index++) await shared.add(index, port);
    return shared;
  }

  private constructor(network: Network, host: Host, of: number, arrival: Arrival) {
    this.of = of;
    this.#network = network;
    this.#host = host;
    this.#arrival = arrival;
    this.#random = network.random.fork('arrival');
    this.table = PathTable.create(of, host.random, 1000);
  }

  /** Starts the stack of a share, and listens. */
  async add(index: number, port: number): Promise<Core> {
    const share: Share = { index, of: this.of };
    const records = PeerRecords.create(1000);
    this.#records.set(index, records);
    const transport = new SteeredTransport(this.#inner(index), {
      share,
      table: this.table,
      records,
      initChoice: this.#arrival === 'workers' ? 'hash' : 'here',
      handOver: {
        packets: (to, packets) => this.#transports.get(to)?.receiveHandedOver(packets),
        unreachable: (...report) => {
          for (const [other, each] of this.#transports) if (other !== index) each.unreachable(...report);
        },
      },
    });
    this.#transports.set(index, transport);
    const { clock } = this.#network;
    const stack = await this.#network.standStill(Stack.create({ transport, clock, random: this.#host.random }));
    const listener = stack.socket();
    listener.bindx(this.#host.addresses.map((address) => ({ address, port })));
    listener.listen();
    const core: Core = { index, stack, transport, listener, accepted: [] };
    listener.on('association', (association) => core.accepted.push(association));
    this.cores[index] = core;
    return core;
  }

  /** A stack ends without a word, as when its thread is terminated. Its peers are told by the records that it leaves. */
  kill(index: number): void {
    this.#ends.delete(index);
    this.#transports.delete(index);
    this.cores[index] = undefined;
    this.table.setState(index, 'absent');
    this.table.clear(index);
    const aborts = [...(this.#records.get(index)?.take() ?? [])].map((record) =>
      abortPacket(record, 'the worker has ended'),
    );
    this.#host.transport.send(aborts);
  }

  /** All associations of peers that haven't ended. */
  get accepted(): Association[] {
    return this.cores.flatMap((core) => core?.accepted.filter(({ state }) => state !== 'closed') ?? []);
  }

  #inner(index: number): Transport {
    const outer = this.#host.transport;
    let own: TransportHost | undefined;
    const isOpen = () => own !== undefined && this.#ends.get(index) === own;
    return {
      get addresses() {
        return outer.addresses;
      },
      get mtu() {
        return outer.mtu;
      },
      integrity: true,
      route: (destination) => outer.route?.(destination),
      start: async (end) => {
        own = end;
        this.#ends.set(index, end);
        this.#starting ??= this.#start(outer);
        await this.#starting;
      },
      send: (packets) => {
        if (isOpen()) outer.send(packets);
      },
      close: async () => {
        if (isOpen()) this.#ends.delete(index);
      },
    };
  }

  #start(outer: Transport): Promise<void> {
    return outer.start({
      takesZeroChecksum: true,
      receive: (packets) => {
        for (const packet of packets) this.#end(packet)?.receive([packet]);
      },
      unreachable: (...report) => {
        if (this.#arrival !== 'main') this.#anywhere()?.unreachable(...report);
        else for (const each of this.#transports.values()) each.unreachable(...report);
      },
      changed: (back) => {
        for (const end of this.#ends.values()) end.changed(back);
      },
    });
  }

  #end(packet: Packet): TransportHost | undefined {
    if (this.#arrival === 'main') {
      const index = new Steering(this.table).shareOf(packet, undefined, 'hash');
      return index === undefined ? undefined : this.#ends.get(index);
    }
    const tag = new DataView(packet.bytes.buffer, packet.bytes.byteOffset).getUint32(4);
    const isSteered = this.#arrival === 'kernel' && tag !== 0;
    return (isSteered ? this.#ends.get(tag % this.of) : undefined) ?? this.#anywhere();
  }

  #anywhere(): TransportHost | undefined {
    const ends = [...this.#ends.values()];
    return ends[this.#random.below(ends.length)];
  }
}
