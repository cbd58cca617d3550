import bytes from '../../build/wasm/usrsctp.wasm';

let compiled: Promise<WebAssembly.Module> | undefined;

/** The stack as a compiled module, compiled once: instances share it. */
export function usrsctpModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(bytes as BufferSource);
  return compiled;
}
