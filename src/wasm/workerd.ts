import module from './usrsctp.wasm';

/** For workerd, which compiles nothing while a program runs: the WebAssembly is imported as a compiled module. */
export function packagedWasm(): WebAssembly.Module {
  return module;
}
