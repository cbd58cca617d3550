import { Block } from './block.js';
import type { NativeAddress } from './ffi.js';
import { sock_filter, sock_fprog } from './linux.js';

/** An instruction of a classic BPF program. */
export interface Instruction {
  readonly code: number;
  /** How many instructions are skipped if a comparison is true. */
  readonly jt?: number;
  /** How many are skipped if it is false. */
  readonly jf?: number;
  readonly k: number;
}

/** A program as setsockopt takes it: the instructions are in memory for as long as the result is referenced. */
export class BpfProgram {
  /** The `struct sock_fprog`. */
  readonly value: Uint8Array;

  constructor(instructions: readonly Instruction[], addressOf: (buffer: ArrayBufferLike) => NativeAddress) {
    const block = new Block(sock_fprog.size + instructions.length * sock_filter.size, addressOf);
    block.setHalf(sock_fprog.len, instructions.length);
    block.setPointer(sock_fprog.filter, sock_fprog.size);
    for (const [index, { code, jt = 0, jf = 0, k }] of instructions.entries()) {
      const at = sock_fprog.size + index * sock_filter.size;
      block.setHalf(at + sock_filter.code, code);
      block.bytes[at + sock_filter.jt] = jt;
      block.bytes[at + sock_filter.jf] = jf;
      block.setWord(at + sock_filter.k, k);
    }
    this.value = block.bytes.subarray(0, sock_fprog.size);
  }
}
