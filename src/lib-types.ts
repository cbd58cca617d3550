/// <reference lib="esnext.disposable" preserve="true" />

/*
 * Types of the language that differ between versions and libraries of TypeScript. The declarations of the package must
 * compile with 5.2 and newer, with the library `dom` or with @types/node.
 */

/** A Uint8Array whose buffer is an ArrayBuffer; before TypeScript 5.7 typed arrays have no type parameter. */
export type Bytes = ReturnType<Uint8Array['slice']>;

/** The same for 32-bit words. */
export type Words = ReturnType<Uint32Array['slice']>;

/** The same for a DataView. */
export type View = DataView & { readonly buffer: ArrayBuffer };

/** WebAssembly.Module; without the library `dom`, which declares it, any object. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer Module } } }
  ? Module
  : object;

/** WebAssembly.Memory, likewise. */
export type WasmMemory = typeof globalThis extends { WebAssembly: { Memory: { prototype: infer Memory } } }
  ? Memory
  : object;
