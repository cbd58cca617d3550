import { CONN } from '../address.js';
import { checkOptions } from '../arguments.js';
import { Refusals } from '../association/paths/refusals.js';
import { usrsctpModule, type WasmSource } from '../bridge/module.js';
import { type Clock, systemClock } from '../clock.js';
import { SctpError } from '../errors.js';
import { EventListeners } from '../event-listeners.js';
import { sysctls } from '../generated/sysctls.js';
import type { Names } from '../nearest-name.js';
import { allLimits, type Limits } from '../options/limits.js';
import { type SocketConfig, type SocketOptions, socketConfig } from '../options/socket-options.js';
import {
  DEFAULT_PRESET,
  givenSysctls,
  isLimitedByPaths,
  type Sysctl,
  type TimerPreset,
  type Timers,
  timerSysctls,
} from '../options/timers.js';
import { type Random, systemRandom } from '../random.js';
import { checkShare, type Share } from '../share.js';
import { Pump } from '../stack/pump.js';
import type { Transport } from '../transport/transport.js';
import { checkWaitOptions, type WaitOptions } from '../wait.js';
import { AddressChanges } from './address-changes.js';
import { ConnectAttempts } from './connect/attempts.js';
import { type SocketContext, SocketCore } from './core.js';
import { STACK_EVENTS, type StackEvents } from './events.js';
import { PacketLog } from './log-packets.js';
import { type Log, LogWriter } from './stack-log.js';

/** The options of a stack, except its WebAssembly. */
export interface StackCoreOptions {
  /** The network below. A transport serves one stack. */
  readonly transport: Transport;
  /** The clock. Default: the machine's. */
  readonly clock?: Clock;
  /** The source of randomness. Default: the machine's cryptographic one. A predictable one is for tests only. */
  readonly random?: Random;
  /** A preset of the protocol's timers. Default `rfc7829`. */
  readonly preset?: TimerPreset;
  /** Changes to the preset. */
  readonly timers?: Partial<Timers>;
  /** What peers may take: how many associations and addresses. */
  readonly limits?: Limits;
  /**
   * The share of the verification tags that the stack chooses from, if several stacks are behind the same addresses: every tag
   * that it chooses satisfies tag mod `of` = `index`. Default: all of them, or the share that the transport has.
   */
  readonly share?: Share;
  /** usrsctp's sysctls, by their C names. They override the preset and `timers`. `docs/api-coverage.md` lists them. */
  readonly sysctls?: Partial<Readonly<Record<Sysctl, number>>>;
  /**
   * Writes a log: a function that is called with each entry, or that function and a level. Default: nothing is logged,
   * unless Node's environment variable NODE_DEBUG contains `usrsctp`; then the log goes to the standard error.
   */
  readonly log?: Log | Log['write'];
}

const STACK_OPTIONS: Names<StackCoreOptions & { wasm: unknown }> = {
  transport: true,
  clock: true,
  random: true,
  preset: true,
  timers: true,
  limits: true,
  share: true,
  sysctls: true,
  log: true,
  wasm: true,
};

/**
 * Over `conn()` both ends may connect at the same time (RFC 9260 §5.2.1). An INIT that arrives before this end has
 * called connect() must not be answered with ABORT: it gets no answer, and the INIT that this end sends sets the
 * association up.
 */
const NO_ABORT_OF_INIT: [Sysctl, number] = ['sctp_blackhole', 1];

/** The inside of a stack: its pump, and what its sockets share. */
export class StackCore implements SocketContext {
  readonly transport: Transport;
  readonly pump: Pump;
  readonly encapsulationPort: number | undefined;
  readonly attempts: ConnectAttempts;
  readonly mostAssociations: number;
  readonly log: LogWriter | undefined;
  readonly refusals: Refusals = new Refusals();
  readonly sockets: Set<SocketCore> = new Set();
  readonly events: EventListeners<StackEvents> = new EventListeners(STACK_EVENTS);
  /** The configuration of sockets that are made without options. */
  readonly #defaults: SocketConfig;
  #isClosing = false;
  #stopping: Promise<void> | undefined;

  /** Starts the transport and usrsctp on top of it. `wasm` is the WebAssembly, or a promise of it. */
  static async start(options: StackCoreOptions, wasm: WasmSource | Promise<WasmSource>): Promise<StackCore> {
    checkOptions(options, STACK_OPTIONS, 'Stack.create');
    const { transport, clock = systemClock, random = systemRandom, preset = DEFAULT_PRESET, timers = {} } = options;
    if (typeof transport?.send !== 'function') throw new TypeError('Stack.create: give a transport, such as udp()');
    const share = options.share ?? transport.share;
    if (share !== undefined) checkShare(share, 'Stack.create');
    const limits = allLimits(options.limits ?? {});
    const given = [...timerSysctls(preset, timers), ...givenSysctls(options.sysctls ?? {})];
    const log = LogWriter.of(options.log, () => clock.now());
    const compiling = usrsctpModule(wasm);
    // Loads Web Crypto, which takes Node 2 ms, while the module is compiled.
    if (random === systemRandom) random(new Uint8Array(1));
    const pump = await Pump.start({ module: await compiling, transport, clock, random });
    const stack = new StackCore(transport, pump, limits.associations, log);
    try {
      pump.enter(() => {
        pump.calls.limitPeers(limits);
        if (share !== undefined) pump.calls.share(share);
        pump.calls.limitByPaths(isLimitedByPaths(preset, timers));
        const isConn = transport.addresses.includes(CONN);
        for (const [name, value] of [...(isConn ? [NO_ABORT_OF_INIT] : []), ...given]) stack.#setSysctl(name, value);
      });
    } catch (error) {
      await stack.close({});
      throw error;
    }
    return stack;
  }

  private constructor(transport: Transport, pump: Pump, mostAssociations: number, log: LogWriter | undefined) {
    this.log = log;
    if (log?.has('debug')) new PacketLog(log, pump, transport);
    this.mostAssociations = mostAssociations;
    this.transport = transport;
    this.pump = pump;
    this.encapsulationPort = transport.encapsulationPort;
    this.attempts = new ConnectAttempts(pump);
    this.#defaults = this.#configOf({});
    const changes = new AddressChanges(transport.addresses);
    pump.changed.add(() => {
      const change = changes.next(transport.addresses);
      if (change && !this.#isClosing) this.events.emit('addresses', change);
      if (change) log?.write('info', `this host's addresses are now ${change.addresses.join(', ') || 'none'}`);
    });
    pump.ending.add(() => {
      for (const socket of this.sockets) socket.abort('the page was closed');
    });
    pump.unreachable.add((destination, code, reason) => {
      const why = reason === undefined ? '' : `: ${reason}`;
      log?.write('info', `the network reports that it can't reach ${destination}: ${code}${why}`, {
        address: destination,
      });
      const error = new SctpError(code, `${destination} can't be reached${why}`, { address: destination });
      this.refusals.report(destination, error);
    });
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  newSocket(options: SocketOptions | undefined): SocketCore {
    const config = options === undefined ? this.#defaults : this.#configOf(options);
    if (this.pump.stopError) throw this.pump.stopError;
    if (this.#isClosing) throw new SctpError('ENETDOWN', 'socket: the stack is closed', { syscall: 'socket' });
    return new SocketCore(this, config);
  }

  async close(options: WaitOptions): Promise<void> {
    checkWaitOptions(options, 'close');
    this.#isClosing = true;
    const closed = await Promise.allSettled([...this.sockets].map((socket) => socket.close(options)));
    this.#stopping ??= this.pump.stop();
    await this.#stopping;
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  /** Drops all unreceived messages: nobody will receive any more. */
  discard(): void {
    for (const socket of [...this.sockets]) socket.discard();
  }

  #configOf(options: SocketOptions): SocketConfig {
    const { addresses, mtu, zeroChecksum = false } = this.transport;
    return socketConfig(options, addresses.includes(CONN) ? { mtu, zeroChecksum } : undefined);
  }

  #setSysctl(name: Sysctl, value: number): void {
    const result = this.pump.enter(() => this.pump.calls.setSysctl(sysctls.indexOf(name), value));
    if (result < 0) {
      throw new SctpError('EINVAL', `Stack.create: usrsctp refuses ${value} for ${name}`, { syscall: 'create' });
    }
  }
}
