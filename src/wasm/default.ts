/**
 * The bytes of usrsctp.wasm as text, one character for each byte; esbuild puts the text here (scripts/bundle.mjs). Brotli
 * makes 116 kB of it, and 107 kB of the file itself. Of base64, which hides what repeats, it makes 141 kB: a page would
 * download 15 % more.
 */
declare const USRSCTP_WASM: string;

let bytes: Uint8Array<ArrayBuffer> | undefined;

/** For browsers, Deno, Bun and bundlers: the WebAssembly is in this file. */
export function packagedWasm(): Uint8Array<ArrayBuffer> {
  bytes ??= decode(USRSCTP_WASM);
  return bytes;
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const decoded = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) decoded[i] = text.charCodeAt(i);
  return decoded;
}
