import type { Address } from '../address.js';
import type { Bytes, WasmMemory } from '../lib-types.js';
import { Addresses } from './addresses.js';

/** An address in an instance's memory. */
export type Pointer = number & { readonly pointer: unique symbol };

export const NULL: Pointer = 0 as Pointer;

/** Pointer arithmetic, in bytes. */
export function at(base: Pointer, offset: number): Pointer {
  return (base + offset) as Pointer;
}

/**
 * Views of an instance's memory. A call into the module may grow the memory, which detaches them: take a view from here
 * each time, and never keep one across a call.
 */
export class Memory {
  readonly #memory: WasmMemory;
  readonly #addresses = new Addresses();
  bytes!: Bytes;
  words!: Uint32Array;
  doubles!: Float64Array;
  view!: DataView;

  constructor(memory: WasmMemory) {
    this.#memory = memory;
    this.refresh();
  }

  /** Makes new views, after the memory has grown. */
  refresh(): void {
    const { buffer } = this.#memory;
    this.bytes = new Uint8Array(buffer as ArrayBuffer);
    this.words = new Uint32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.view = new DataView(buffer);
  }

  /** A copy of bytes. */
  copy(from: Pointer, length: number): Bytes {
    return this.bytes.slice(from, from + length);
  }

  word(from: Pointer): number {
    return this.words[from >> 2] ?? 0;
  }

  setWord(to: Pointer, value: number): void {
    this.words[to >> 2] = value;
  }

  /** The IP address of family 4 or 6 that begins at a word. */
  address(word: number, family: number): Address {
    return this.#addresses.text(this.words, word, family);
  }

  /** Text, decoded as UTF-8. */
  text(from: Pointer, length: number): string {
    return new TextDecoder().decode(this.copy(from, length));
  }
}
