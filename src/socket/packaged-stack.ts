import { packagedWasm } from '#wasm';
import type { WasmSource } from '../bridge/module.js';
import { Stack as SlimStack, type StackOptions as SlimStackOptions } from './stack.js';

/** How a stack is made. */
export interface StackOptions extends Omit<SlimStackOptions, 'wasm'> {
  /** The C part. Default: the one in this package. */
  readonly wasm?: WasmSource;
}

/**
 * One SCTP host: an instance of usrsctp on top of a transport. Several in one process never know of each other.
 *
 * ```ts
 * await using stack = await Stack.create({ transport: udp() });
 * ```
 */
export class Stack extends SlimStack {
  static {
    // A class whose body uses its own name gets another one from esbuild: _Stack.
    Object.defineProperty(Stack, 'name', { value: 'Stack' });
  }
  /**
   * Starts the transport and usrsctp on top of it. Rejects with EINVAL for options that can't be, and with what the
   * transport says, such as EADDRINUSE.
   */
  static override async create(options: StackOptions): Promise<Stack> {
    return SlimStack.start(Stack, options, options?.wasm ?? packagedWasm());
  }
}
