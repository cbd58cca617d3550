import { packagedWasm } from '#wasm';
import type { WasmSource } from '../bridge/module.js';
import { Stack as SlimStack } from './stack.js';
import { StackCore, type StackCoreOptions } from './stack-core.js';

/** The options of a stack. */
export interface StackOptions extends StackCoreOptions {
  /** The WebAssembly. Default: the one in this package. */
  readonly wasm?: WasmSource;
}

let newStack: (core: StackCore) => Stack;

/**
 * One SCTP host: an instance of usrsctp on top of a transport. Several stacks in one process are independent.
 *
 * ```ts
 * await using stack = await Stack.create({ transport: udp() });
 * ```
 */
export class Stack extends SlimStack {
  static {
    newStack = (core) => new this(core);
    // esbuild renames one of two classes that have the same name.
    Object.defineProperty(Stack, 'name', { value: 'Stack' });
  }

  /**
   * Starts the transport and usrsctp on top of it. Rejects with EINVAL for invalid options, and with the transport's
   * error, such as EADDRINUSE.
   */
  static override async create(options: StackOptions): Promise<Stack> {
    return newStack(await StackCore.start(options, options?.wasm ?? packagedWasm()));
  }
}
