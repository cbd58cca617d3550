/** The WebAssembly of this package, from a file of src/wasm/: `imports` in package.json says which runtime has which. */
declare module '#wasm' {
  /** The bytes to compile, always the same array, or the compiled module. */
  export function packagedWasm(): Uint8Array<ArrayBuffer> | WebAssembly.Module;
}

/** workerd, and what bundles for it, compiles an imported file before the program starts. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
