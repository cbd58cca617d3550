/** The bytes of a module: inlined by esbuild, read by vitest. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
