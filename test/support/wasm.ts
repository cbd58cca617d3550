import { readFileSync } from 'node:fs';

const bytes = readFileSync('build/wasm/usrsctp.wasm');

/** What `#wasm` is for tests that run the sources, in place of the files of the package. */
export function packagedWasm(): Uint8Array<ArrayBuffer> {
  return bytes;
}
