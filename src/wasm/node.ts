import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let bytes: Uint8Array<ArrayBuffer> | undefined;

/** For Node: the WebAssembly is the file `usrsctp.wasm` beside this one. Throws if it can't be read. */
export function packagedWasm(): Uint8Array<ArrayBuffer> {
  bytes ??= read(new URL('usrsctp.wasm', import.meta.url));
  return bytes;
}

function read(file: URL): Uint8Array<ArrayBuffer> {
  try {
    return readFileSync(file);
  } catch (cause) {
    const how = 'a bundle needs the file beside it, unless it was made with the condition `module`';
    throw new Error(`can't read ${fileURLToPath(file)}, a file of usrsctp-wasm: ${how}`, { cause });
  }
}
