import type { Address } from '../address.js';
import { quoted } from '../arguments.js';
import type { WasmSource } from '../bridge/module.js';
import { SctpError } from '../errors.js';
import { sysctls } from '../generated/sysctls.js';
import { suggestion } from '../nearest-name.js';
import type { SocketOptions } from '../options/socket-options.js';
import type { Sysctl } from '../options/timers.js';
import type { WaitOptions } from '../wait.js';
import type { StackEvents } from './events.js';
import { type Socket, socketOf } from './socket.js';
import { StackCore, type StackCoreOptions } from './stack-core.js';
import { readStackStatistics, type StackStatistics } from './stack-statistics.js';

/** The options of a stack. */
export interface StackOptions extends StackCoreOptions {
  /** The WebAssembly, `usrsctp-wasm/usrsctp.wasm`: compiled, its bytes, or its URL. */
  readonly wasm: WasmSource;
}

const NO_OPTIONS = {};

let newStack: (core: StackCore) => Stack;

/**
 * One SCTP host: an instance of usrsctp on top of a transport. Several stacks in one process are independent. This
 * class has to be given its WebAssembly; `./packaged-stack.ts` has one that brings it along.
 *
 * ```ts
 * const wasm = new URL('usrsctp.wasm', location.href);
 * await using stack = await Stack.create({ transport: relay({ relays }), wasm });
 * ```
 */
export class Stack implements AsyncDisposable {
  readonly #core: StackCore;

  static {
    newStack = (core) => new this(core);
  }

  /**
   * Starts the transport and usrsctp on top of it. Rejects with EINVAL for invalid options, and with the transport's
   * error, such as EADDRINUSE.
   */
  static async create(options: StackOptions): Promise<Stack> {
    return newStack(await StackCore.start(options, options?.wasm));
  }

  protected constructor(core: StackCore) {
    this.#core = core;
  }

  /** The local addresses that the transport has now. The event `addresses` reports changes. */
  get addresses(): readonly Address[] {
    return this.#core.transport.addresses;
  }

  /** The sockets that are in use, including accepted ones: bound, connected, listening, or with options set. */
  get sockets(): readonly Socket[] {
    return [...this.#core.sockets].map(socketOf);
  }

  /** How many bytes of memory usrsctp uses now. */
  get memoryInUse(): number {
    return this.#core.pump.memoryInUse;
  }

  /** usrsctp's counters since the stack was made (usrsctp_get_stat). */
  statistics(): StackStatistics {
    return readStackStatistics(this.#core.pump);
  }

  /** The value of a sysctl. Throws ENOPROTOOPT if there is none of that name. */
  sysctl(name: Sysctl): number {
    const { pump } = this.#core;
    const index = sysctls.indexOf(name);
    if (index < 0) {
      const message = `there is no sysctl ${quoted(name)}: ${suggestion(name, sysctls)}`;
      throw new SctpError('ENOPROTOOPT', message, { syscall: 'sysctl' });
    }
    return pump.enter(() => pump.calls.sysctl(index));
  }

  /** Makes a socket. Nothing is sent, and no port is taken, before it is bound, connected or listening. */
  socket(options?: SocketOptions): Socket {
    return socketOf(this.#core.newSocket(options));
  }

  /**
   * Calls `listener` for each event of that name. Returns a function that removes it. Throws TypeError for an event that
   * doesn't exist.
   */
  on<Name extends keyof StackEvents>(name: Name, listener: (event: StackEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener);
  }

  /** Calls `listener` for the next event of that name only. Returns a function that removes it. */
  once<Name extends keyof StackEvents>(name: Name, listener: (event: StackEvents[Name]) => void): () => void {
    return this.#core.events.once(name, listener);
  }

  /** Removes a listener that was added by `on` or `once`. */
  off<Name extends keyof StackEvents>(name: Name, listener: (event: StackEvents[Name]) => void): void {
    this.#core.events.off(name, listener);
  }

  /** As `on`, under Node's other name. */
  addListener<Name extends keyof StackEvents>(name: Name, listener: (event: StackEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener);
  }

  /** As `off`, under Node's other name: `events.once` and `events.on` need it. */
  removeListener<Name extends keyof StackEvents>(name: Name, listener: (event: StackEvents[Name]) => void): void {
    this.#core.events.off(name, listener);
  }

  /**
   * Lets the process end although the stack is open, as `unref` of Node's sockets and timers. Peers aren't told then.
   * Without effect in browsers. Returns the stack.
   */
  unref(): this {
    this.#core.pump.setRef(false);
    return this;
  }

  /** Keeps the process alive again, until the stack is closed. Returns the stack. */
  ref(): this {
    this.#core.pump.setRef(true);
    return this;
  }

  /**
   * Closes every socket as its `close` does, those of accepted associations included, then usrsctp and the transport.
   * Afterwards nothing keeps the process alive. Rejects with the first error of the associations; one that had ended
   * before, with nothing lost, is no error.
   */
  close(options: WaitOptions = NO_OPTIONS): Promise<void> {
    return this.#core.close(options);
  }

  /** Closes the stack as `close` does, but drops unreceived messages. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#core.discard();
    await this.close();
  }
}
