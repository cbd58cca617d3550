import { errnoNumbers } from '../generated/errno.js';
import type { Instance } from './instance.js';
import { NULL, type Pointer } from './memory.js';

/** Allocates memory with this content, or with this number of zero bytes. */
export type Allocate = (content: Uint8Array | number) => Pointer;

/** The module has at most 1 GB of memory, see wasm/compile.sh. */
const MAX_BYTES: number = 2 ** 30;

const NO_MEMORY: unique symbol = Symbol('no memory');

/**
 * Runs a call whose arguments are allocated by `put`, and frees them afterwards. Returns -ENOBUFS if there isn't enough
 * memory.
 */
export function withMemory({ exports, memory }: Instance, call: (put: Allocate) => number): number {
  const allocated: Pointer[] = [];
  const put: Allocate = (content) => {
    const length = typeof content === 'number' ? content : content.length;
    if (length > MAX_BYTES) throw NO_MEMORY; // malloc() would get only its low 32 bits
    const pointer = exports.malloc(Math.max(length, 1));
    if (pointer === NULL) throw NO_MEMORY;
    allocated.push(pointer);
    if (typeof content === 'number') memory.bytes.fill(0, pointer, pointer + length);
    else memory.bytes.set(content, pointer);
    return pointer;
  };
  try {
    return call(put);
  } catch (error) {
    if (error === NO_MEMORY) return -errnoNumbers.ENOBUFS;
    throw error;
  } finally {
    for (const pointer of allocated) exports.free(pointer);
  }
}

/** The bytes of a C int. */
export function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
