import type { WasmSource } from '../bridge/module.js';
import { BaseStack } from './base-stack.js';
import { StackCore, type StackCoreOptions } from './stack-core.js';

/** The options of a stack. */
export interface StackOptions extends StackCoreOptions {
  /** The WebAssembly, `usrsctp-wasm/usrsctp.wasm`: compiled, its bytes, or its URL. */
  readonly wasm: WasmSource;
}

let newStack: (core: StackCore) => Stack;

/**
 * One SCTP host: an instance of usrsctp on top of a transport. Several stacks in one process are independent.
 *
 * ```ts
 * const wasm = new URL('usrsctp.wasm', location.href);
 * await using stack = await Stack.create({ transport: relay({ relays }), wasm });
 * ```
 */
export class Stack extends BaseStack {
  static {
    newStack = (core) => new this(core);
  }

  /**
   * Starts the transport and usrsctp on top of it. Rejects with EINVAL for invalid options, and with the transport's error,
   * such as EADDRINUSE.
   */
  static async create(options: StackOptions): Promise<Stack> {
    return newStack(await StackCore.start(options, options?.wasm));
  }
}
