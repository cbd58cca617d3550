/**
 * usrsctp: gives what to compile, which is what it is given, where that is something. scripts/bundle.mjs makes it, vitest
 * reads the file; in workerd it is compiled.
 */
declare module '*.wasm' {
  type Wasm = Uint8Array<ArrayBuffer> | WebAssembly.Module;
  const wasm: <Given>(given?: Given) => Given | Wasm | Promise<Given | Wasm>;
  export default wasm;
}
