/** usrsctp: its bytes, inlined by scripts/bundle.mjs and read by vitest; in workerd compiled. */
declare module '*.wasm' {
  const wasm: Uint8Array<ArrayBuffer> | WebAssembly.Module;
  export default wasm;
}
