import { checkArray, checkObject, checkType, shown } from '../arguments.js';
import type { Conditions } from './conditions.js';
import type { End, Group } from './group.js';
import type { Host, HostOptions } from './host.js';
import { Links } from './links.js';
import { Nat, type NatOptions } from './nat.js';
import type { NetworkClock } from './network-clock.js';
import { type Filter, Router } from './router.js';
import { SeededRandom } from './seeded-random.js';
import { SimulatedHost } from './simulated-host.js';
import { Trace } from './trace.js';
import { ladderOf, pcapngOf } from './trace-output.js';
import { VirtualClock } from './virtual-clock.js';

/** How a network is made. */
export interface NetworkOptions {
  /** All chance in the network comes from it: the same seed, the same packets. */
  readonly seed: number | string;
  /** By default a virtual clock of its own that starts at 0; a `RealTimeClock` where real programs take part. */
  readonly clock?: NetworkClock;
  /** For every link that nothing else is said of. */
  readonly conditions?: Conditions;
  /** Whether senders hear of addresses and ports that nobody has, as from ICMP; `'silent'` by default. */
  readonly unreachable?: 'silent' | 'report';
  /** How many packets the trace remembers; 1,000 by default. */
  readonly traceLength?: number;
}

/**
 * A network in memory. Hosts have addresses; links between them lose, delay and change packets as told; time is
 * virtual and chance comes from the seed, so that a scenario runs the same way each time, and at once.
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
  /** What all chance in it comes from. */
  readonly seed: number | string;
  /** What moves its time; stacks on its hosts are given it. */
  readonly clock: NetworkClock;
  /** Randomness from its seed; fork it, so that others draw the same as before. */
  readonly random: SeededRandom;
  /** The last packets, and what became of them. */
  readonly trace: Trace;
  readonly #links: Links;
  readonly #router: Router;
  readonly #hosts: SimulatedHost[] = [];

  constructor(options: NetworkOptions) {
    checkObject(options, 'the options', 'Network');
    const { seed, clock, conditions = {}, unreachable = 'silent', traceLength = 1000 } = options;
    if (typeof seed !== 'string') checkType(seed, 'number', 'the seed', 'Network');
    checkObject(conditions, 'the conditions', 'Network');
    if (!Number.isInteger(traceLength) || traceLength < 0) {
      throw new RangeError(`Network: traceLength is ${shown(traceLength)}: give a number of packets`);
    }
    this.seed = seed;
    this.clock = clock ?? new VirtualClock();
    this.random = new SeededRandom(seed);
    this.trace = new Trace(traceLength);
    this.#links = new Links(this.random.fork('links'), conditions);
    this.#router = new Router(this.clock, this.trace, this.#links, unreachable === 'report');
  }

  /** All hosts, in the order in which they were added. */
  get hosts(): readonly Host[] {
    return this.#hosts;
  }

  /** Adds a host. Addresses may carry a prefix length, which decides routes; by default /24 and /64. */
  host(name: string, addresses: readonly string[], options: HostOptions = {}): Host {
    checkType(name, 'string', 'the name', 'host');
    checkArray(addresses, 'the addresses', 'host');
    checkObject(options, 'the options', 'host');
    if (this.#hosts.some((host) => host.name === name)) throw new RangeError(`there is a host ${name} already`);
    const host = new SimulatedHost(name, addresses, options, this.#router, this.random.fork(`host ${name}`));
    this.#hosts.push(host);
    return host;
  }

  /** Puts addresses behind a NAT, see {@link Nat}. */
  nat(options: NatOptions): Nat {
    checkObject(options, 'the options', 'nat');
    const nat = new Nat(options);
    this.#router.nats.push(nat);
    return nat;
  }

  /** Says under which conditions packets travel between two ends; from now on, for the knobs that are named. */
  link(a: End, b: End, conditions: Conditions): void {
    this.oneWay(a, b, conditions);
    this.oneWay(b, a, conditions);
  }

  /** As `link`, for one direction. */
  oneWay(source: End, destination: End, conditions: Conditions): void {
    checkObject(conditions, 'the conditions', 'link');
    this.#links.rule(source, destination, conditions);
  }

  /** Cuts two groups off from each other; what is in flight between them is lost. The returned function undoes it. */
  partition(a: Group, b: Group = '*'): () => void {
    return this.#router.partitions.add(a, b, 'partition');
  }

  /** Ends all partitions. */
  heal(): void {
    this.#router.partitions.clear();
  }

  /** Keeps back what is sent between two groups from now on. The returned function ends this hold. */
  hold(a: Group = '*', b: Group = '*'): () => void {
    const end = this.#router.holds.add(a, b, 'hold');
    return () => {
      end();
      this.#router.sendHeld();
    };
  }

  /** Ends all holds: what was kept back sets out now, in its order. */
  release(): void {
    this.#router.holds.clear();
    this.#router.sendHeld();
  }

  /** Lets a function see, drop or change each packet; the returned function removes it. */
  filter(filter: Filter): () => void {
    checkType(filter, 'function', 'the filter', 'filter');
    this.#router.filters.add(filter);
    return () => void this.#router.filters.delete(filter);
  }

  /** Lets virtual time pass, see {@link VirtualClock.advance}. */
  advance(durationMs: number): Promise<void> {
    return this.clock.advance(durationMs);
  }

  /** Runs until nothing is scheduled, see {@link VirtualClock.runUntilIdle}; a failure tells the whole story. */
  async runUntilIdle(limitMs?: number): Promise<void> {
    await this.#telling(() => this.clock.runUntilIdle(limitMs));
  }

  /** Runs until a promise settles, see {@link VirtualClock.runUntil}; running out of time tells the whole story. */
  async runUntil<Value>(promise: PromiseLike<Value>, limitMs?: number): Promise<Value> {
    await this.#telling(() => this.clock.runUntil(settled(promise), limitMs));
    return promise;
  }

  /** Virtual time doesn't move before this real work is done, see {@link VirtualClock.standStill}. */
  standStill<Value>(work: Promise<Value>): Promise<Value> {
    return this.clock.standStill(work);
  }

  /** Seed, time, what is pending, and the last packets as a ladder diagram: what a failing test should print. */
  story(packets: number = 30): string {
    checkType(packets, 'number', 'the number of packets', 'story');
    const { clock, trace, seed } = this;
    const held = this.#router.heldCount;
    const pending = `${clock.describePending()}${held > 0 ? `, ${held} packets held` : ''}`;
    const head = `seed ${JSON.stringify(seed)}, at ${clock.now().toFixed(3)} ms: ${pending}; ${trace.count} packets sent`;
    return [head, ...ladderOf(trace.entries().slice(-packets), this.#hosts)].join('\n');
  }

  /** The packets that the trace remembers, as a capture file for Wireshark. */
  pcapng(): Uint8Array {
    return pcapngOf(this.trace.entries(), this.#hosts);
  }

  async #telling(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw error; // of an argument
      throw new Error(`${(error as Error).message}\n${this.story()}`, { cause: error });
    }
  }
}

/** Settles when a promise does, but never fails. */
async function settled(promise: PromiseLike<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // The caller of runUntil gets the rejection itself.
  }
}
