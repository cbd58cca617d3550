/** usrsctp: gives what to compile. scripts/bundle.mjs makes it, vitest reads the file; in workerd it is compiled. */
declare module '*.wasm' {
  type Wasm = Uint8Array<ArrayBuffer> | WebAssembly.Module;
  const wasm: () => Wasm | Promise<Wasm>;
  export default wasm;
}
