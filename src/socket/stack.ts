import { type Address, CONN } from '../address.js';
import { checkObject, shown } from '../arguments.js';
import { usrsctpModule, type WasmSource } from '../bridge/module.js';
import { type Clock, systemClock } from '../clock.js';
import { SctpError } from '../errors.js';
import { FewSet } from '../few.js';
import { sysctls } from '../generated/sysctls.js';
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
import { Pump } from '../stack/pump.js';
import type { Transport } from '../transport/transport.js';
import { checkWaitOptions, type WaitOptions } from '../wait.js';
import { ConnectAttempts } from './connect/attempts.js';
import { Socket } from './socket.js';
import type { StackContext } from './stack-context.js';
import { readStackStatistics, type StackStatistics } from './stack-statistics.js';

/** How a stack is made. */
export interface StackOptions {
  /** The network below. A transport serves one stack. */
  readonly transport: Transport;
  /** Where time comes from. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where randomness comes from. Default: the machine's cryptographic source. Anything guessable is for tests only. */
  readonly random?: Random;
  /** The protocol's timers: a preset. Default `rfc7829`. */
  readonly preset?: TimerPreset;
  /** Changes to the preset. */
  readonly timers?: Partial<Timers>;
  /** usrsctp's sysctls, by their C names; they win over preset and timers. `docs/api-coverage.md` lists them. */
  readonly sysctls?: Partial<Readonly<Record<Sysctl, number>>>;
  /** The C part: `usrsctp-wasm/usrsctp.wasm`, compiled, as bytes, or its URL. */
  readonly wasm: WasmSource;
}

/**
 * On a path of one's own both ends may connect at once. Whose peer isn't so far yet must not be refused: its INIT gets no
 * answer, and that of the peer finds it waiting (RFC 9260 §5.2.1).
 */
const NO_ABORT_OF_INIT: [Sysctl, number] = ['sctp_blackhole', 1];

/**
 * One SCTP host: an instance of usrsctp on top of a transport. Several in one process never know of each other. This one
 * comes without its WebAssembly, and is told where that is; `./packaged.ts` brings it.
 *
 * ```ts
 * await using stack = await Stack.create({ transport: relay({ relays }), wasm: new URL('usrsctp.wasm', location.href) });
 * ```
 */
export class Stack implements AsyncDisposable {
  static {
    // A class whose body uses its own name gets another one from esbuild: _Stack.
    Object.defineProperty(Stack, 'name', { value: 'Stack' });
  }
  readonly #transport: Transport;
  readonly #world: StackContext;
  /** Of sockets that are made without options. */
  readonly #usual: SocketConfig;
  #stopping: Promise<void> | undefined;

  /**
   * Starts the transport and usrsctp on top of it. Rejects with EINVAL for options that can't be, and with what the
   * transport says, such as EADDRINUSE.
   */
  static create(options: StackOptions): Promise<Stack> {
    return Stack.start(Stack, options, options?.wasm);
  }

  /** @internal Makes one of a class: this one, or the one that brings its WebAssembly. */
  protected static async start<T extends Stack>(
    kind: new (transport: Transport, pump: Pump, usual: SocketConfig) => T,
    options: Omit<StackOptions, 'wasm'>,
    wasm: WasmSource | Promise<WasmSource>,
  ): Promise<T> {
    checkObject(options, 'the options', 'Stack.create');
    const { transport, clock = systemClock, random = systemRandom, preset = DEFAULT_PRESET, timers = {} } = options;
    if (typeof transport?.send !== 'function') throw new TypeError('Stack.create: give a transport, such as udp()');
    const given = [...timerSysctls(preset, timers), ...givenSysctls(options.sysctls ?? {})];
    const compiling = usrsctpModule(wasm);
    // What compiling leaves time for: Web Crypto takes Node 2 ms to load.
    if (random === systemRandom) random(new Uint8Array(1));
    const usual = socketConfig({});
    const module = await compiling;
    const pump = await Pump.start({ module, transport, clock, random });
    const isConn = transport.addresses.includes(CONN);
    const stack = new kind(transport, pump, isConn ? configOf({}, transport) : usual);
    try {
      pump.enter(() => {
        pump.calls.limitByPaths(isLimitedByPaths(preset, timers));
        for (const [name, value] of [...(isConn ? [NO_ABORT_OF_INIT] : []), ...given]) stack.#setSysctl(name, value);
      });
    } catch (error) {
      await stack.close();
      throw error;
    }
    return stack;
  }

  /** @internal */
  constructor(transport: Transport, pump: Pump, usual: SocketConfig) {
    this.#transport = transport;
    this.#usual = usual;
    const { encapsulationPort } = transport;
    this.#world = {
      pump,
      encapsulationPort,
      sockets: new FewSet(),
      attempts: new ConnectAttempts(pump),
      isClosing: false,
    };
    pump.unreachable.add((destination, code) => {
      const error = new SctpError(code, `${destination} can't be reached`, { address: destination });
      for (const socket of this.#world.sockets) {
        for (const association of socket.associations) association.refused(destination, error);
      }
    });
  }

  /** The local addresses, as the transport has them now. */
  get addresses(): readonly Address[] {
    return this.#transport.addresses;
  }

  /** The sockets that are in use, accepted ones too: bound, connected, listening, or with options set. */
  get sockets(): readonly Socket[] {
    return [...this.#world.sockets.values()];
  }

  /** Bytes of memory that usrsctp holds now. */
  get memoryInUse(): number {
    return this.#world.pump.memoryInUse;
  }

  /** usrsctp's counters since the stack was made: usrsctp_get_stat(). */
  statistics(): StackStatistics {
    return readStackStatistics(this.#world.pump);
  }

  /** What a sysctl is now. Throws ENOPROTOOPT when there is none of that name. */
  sysctl(name: Sysctl): number {
    const { pump } = this.#world;
    const index = sysctls.indexOf(name);
    if (index < 0) throw new SctpError('ENOPROTOOPT', `there is no sysctl '${shown(name)}'`, { syscall: 'sysctl' });
    return pump.enter(() => pump.calls.sysctl(index));
  }

  /** Makes a socket. Nothing is sent, and no port taken, before it is bound, connected or told to listen. */
  socket(options?: SocketOptions): Socket {
    const config = options === undefined ? this.#usual : configOf(options, this.#transport);
    if (this.#world.pump.death) throw this.#world.pump.death;
    if (this.#world.isClosing) throw new SctpError('ENETDOWN', 'socket: the stack is closed', { syscall: 'socket' });
    return new Socket(this.#world, config);
  }

  /** Closes every socket as their `close` does, then usrsctp and the transport. Nothing keeps the process alive then. */
  async close(options: WaitOptions = {}): Promise<void> {
    checkWaitOptions(options, 'close');
    this.#world.isClosing = true;
    const closed = await Promise.allSettled(this.sockets.map((socket) => socket.close(options)));
    this.#stopping ??= this.#world.pump.stop();
    await this.#stopping;
    for (const result of closed) if (result.status === 'rejected') throw result.reason;
  }

  /** Closes as `close` does; messages that nobody has received by then are dropped. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.discard();
    await this.close();
  }

  #setSysctl(name: Sysctl, value: number): void {
    const { pump } = this.#world;
    const result = pump.enter(() => pump.calls.setSysctl(sysctls.indexOf(name), value));
    if (result < 0) {
      throw new SctpError('EINVAL', `Stack.create: usrsctp refuses ${value} for ${name}`, { syscall: 'create' });
    }
  }
}

function configOf(options: SocketOptions, { addresses, mtu }: Transport): SocketConfig {
  return socketConfig(options, addresses.includes(CONN) ? { mtu } : undefined);
}
