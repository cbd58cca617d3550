import { checkArray, checkObject, checkOptions, checkType, shown } from '../arguments.js';
import type { Names } from '../nearest-name.js';
import type { Conditions } from './conditions.js';
import type { End, Group } from './group.js';
import type { Host, HostOptions } from './host.js';
import { Links } from './links.js';
import { type Nat, type NatOptions, SimulatedNat } from './nat.js';
import type { NetworkClock } from './network-clock.js';
import { type Filter, Router } from './router.js';
import { SeededRandom } from './seeded-random.js';
import { SimulatedHost } from './simulated-host.js';
import { type Trace, TraceRecorder } from './trace.js';
import { ladderOf, pcapngOf } from './trace-output.js';
import { VirtualClock } from './virtual-clock.js';

/** Options of a network. */
export interface NetworkOptions {
  /** The seed of all randomness in the network: the same seed gives the same packets. */
  readonly seed: number | string;
  /** A new virtual clock that starts at 0 by default. Pass a `RealTimeClock` if real programs take part. */
  readonly clock?: NetworkClock;
  /** The conditions of all links, unless `link` sets others. */
  readonly conditions?: Conditions;
  /** Whether senders are told of unreachable addresses and ports, as by ICMP; `'silent'` by default. */
  readonly unreachable?: 'silent' | 'report';
  /** How many packets the trace keeps; 1,000 by default. */
  readonly traceLength?: number;
}

const NETWORK_OPTIONS: Names<NetworkOptions> = {
  seed: true,
  clock: true,
  conditions: true,
  unreachable: true,
  traceLength: true,
};
const HOST_OPTIONS: Names<HostOptions> = { encapsulationPort: true, mtu: true, interfaces: true, route: true };

/**
 * A network in memory. Hosts have addresses, and the links between them lose, delay and change packets as configured. Time is
 * virtual and randomness comes from the seed, so that a scenario runs the same way each time, without real delays.
 *
 * ```ts
 * const network = new Network({ seed: 7, conditions: { latencyMs: 20 } });
 * const client = network.host('client', ['10.0.1.1', '10.0.2.1']);
 * const server = network.host('server', ['10.0.1.2', '10.0.2.2']);
 * network.link('10.0.1.1', server, { loss: 0.1 });
 * await network.runUntil(talk(client.transport, server.transport));
 * ```
 */
export class Network {
  /** The seed of all randomness in it. */
  readonly seed: number | string;
  /** The network's clock, which the stacks on its hosts use as well. */
  readonly clock: NetworkClock;
  /** Randomness from the seed. Fork it, so that other users of it draw the same numbers as before. */
  readonly random: SeededRandom;
  /** The last packets, and what happened to them. */
  readonly trace: Trace;
  readonly #links: Links;
  readonly #router: Router;
  readonly #hosts: SimulatedHost[] = [];

  constructor(options: NetworkOptions) {
    checkOptions(options, NETWORK_OPTIONS, 'Network');
    const { seed, clock, conditions = {}, unreachable = 'silent', traceLength = 1000 } = options;
    if (typeof seed !== 'string') checkType(seed, 'number', 'the seed', 'Network');
    checkObject(conditions, 'the conditions', 'Network');
    if (!Number.isInteger(traceLength) || traceLength < 0) {
      throw new RangeError(`Network: traceLength is ${shown(traceLength)}: give a number of packets`);
    }
    this.seed = seed;
    this.clock = clock ?? new VirtualClock();
    this.random = new SeededRandom(seed);
    const trace = new TraceRecorder(traceLength);
    this.trace = trace;
    this.#links = new Links(this.random.fork('links'), conditions);
    this.#router = new Router(this.clock, trace, this.#links, unreachable === 'report');
  }

  /** All hosts, in the order in which they were added. */
  get hosts(): readonly Host[] {
    return this.#hosts;
  }

  /** Adds a host. Addresses may have a prefix length, which determines routes; /24 and /64 by default. */
  host(name: string, addresses: readonly string[], options: HostOptions = {}): Host {
    checkType(name, 'string', 'the name', 'host');
    checkArray(addresses, 'the addresses', 'host');
    checkOptions(options, HOST_OPTIONS, 'host');
    if (this.#hosts.some((host) => host.name === name)) throw new RangeError(`there already is a host named ${name}`);
    const host = new SimulatedHost(name, addresses, options, this.#router, this.random.fork(`host ${name}`));
    this.#hosts.push(host);
    return host;
  }

  /** Puts addresses behind a NAT, see {@link Nat}. */
  nat(options: NatOptions): Nat {
    const nat = new SimulatedNat(options);
    this.#router.nats.push(nat);
    return nat;
  }

  /** Sets conditions for packets between two ends, from now on. Conditions that are left out keep their values. */
  link(a: End, b: End, conditions: Conditions): void {
    this.oneWay(a, b, conditions);
    this.oneWay(b, a, conditions);
  }

  /** As `link`, but for one direction. */
  oneWay(source: End, destination: End, conditions: Conditions): void {
    this.#links.rule(source, destination, conditions);
  }

  /** Drops all packets between two groups, including those in flight. The returned function ends this partition. */
  partition(a: Group, b: Group = '*'): () => void {
    return this.#router.partitions.add(a, b, 'partition');
  }

  /** Ends all partitions. */
  heal(): void {
    this.#router.partitions.clear();
  }

  /** Holds packets that are sent between two groups from now on. The returned function ends this hold. */
  hold(a: Group = '*', b: Group = '*'): () => void {
    const end = this.#router.holds.add(a, b, 'hold');
    return () => {
      end();
      this.#router.sendHeld();
    };
  }

  /** Ends all holds. The held packets are sent now, in their order. */
  release(): void {
    this.#router.holds.clear();
    this.#router.sendHeld();
  }

  /** Adds a function that sees each packet and may drop or change it. The returned function removes the filter. */
  filter(filter: Filter): () => void {
    checkType(filter, 'function', 'the filter', 'filter');
    this.#router.filters.add(filter);
    return () => void this.#router.filters.delete(filter);
  }

  /** Lets virtual time pass, see {@link VirtualClock.advance}. */
  advance(durationMs: number): Promise<void> {
    return this.clock.advance(durationMs);
  }

  /** Runs until nothing is scheduled, see {@link VirtualClock.runUntilIdle}. An error includes what `describe` returns. */
  async runUntilIdle(limitMs?: number): Promise<void> {
    await this.#withDescription(() => this.clock.runUntilIdle(limitMs));
  }

  /** Runs until a promise settles, see {@link VirtualClock.runUntil}. The error of a timeout includes what `describe` returns. */
  async runUntil<Value>(promise: PromiseLike<Value>, limitMs?: number): Promise<Value> {
    await this.#withDescription(() => this.clock.runUntil(settled(promise), limitMs));
    return promise;
  }

  /** Keeps virtual time from moving until real work is done, see {@link VirtualClock.standStill}. */
  standStill<Value>(work: Promise<Value>): Promise<Value> {
    return this.clock.standStill(work);
  }

  /** The seed, the time, what is pending, and the last packets as a ladder diagram, for the error of a failing test. */
  describe(packets: number = 30): string {
    checkType(packets, 'number', 'the number of packets', 'describe');
    const { clock, trace, seed } = this;
    const held = this.#router.heldCount;
    const pending = `${clock.describePending()}${held > 0 ? `, ${held} packets held` : ''}`;
    const head = `seed ${JSON.stringify(seed)}, at ${clock.now().toFixed(3)} ms: ${pending}; ${trace.count} packets sent`;
    return [head, ...ladderOf(trace.entries().slice(-packets), this.#hosts)].join('\n');
  }

  /** The packets in the trace, as a capture file for Wireshark. */
  pcapng(): Uint8Array {
    return pcapngOf(this.trace.entries(), this.#hosts);
  }

  async #withDescription(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw error; // an invalid argument
      throw new Error(`${(error as Error).message}\n${this.describe()}`, { cause: error });
    }
  }
}

/** Resolves when a promise settles either way. */
async function settled(promise: PromiseLike<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // runUntil rejects with the error itself
  }
}
