// How bundles come by the WebAssembly: two plugins for esbuild.
import { readFileSync } from 'node:fs';

/**
 * Inlines it as text. Unlike base64, which puts four characters in place of three bytes, a character stands for a byte
 * here, so that gzip and brotli still find what repeats; `./build.sh` prints the sizes. Of the 92 printable ASCII
 * characters that need no escape in a string or in HTML, 90 are the most frequent bytes; the other two, with a second
 * character, are the rest.
 */
export const inlined = {
  name: 'wasm-inlined',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({ contents: moduleOf(readFileSync(path)) }));
  },
};

/** Leaves the import, of `usrsctp.wasm` beside the bundle: workerd, and what bundles for it, compile it beforehand. */
export const imported = (path) => ({
  name: 'wasm-imported',
  setup({ onResolve }) {
    onResolve({ filter: /\.wasm$/ }, () => ({ path, external: true }));
  },
});

const SINGLE = 90;
const ALPHABET = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).filter((c) => !'"\\<'.includes(c));

function moduleOf(bytes) {
  const count = new Array(256).fill(0);
  for (const byte of bytes) count[byte]++;
  const order = Array.from(count.keys()).sort((a, b) => count[b] - count[a]);
  const written = [];
  for (const [rank, byte] of order.entries()) written[byte] = characters(rank);
  const text = Array.from(bytes, (byte) => written[byte]).join('');
  return `${decode}
${beside}
const here = import.meta.url;
export default /* @__PURE__ */ beside(here, ${bytes.length}) ?? decode("${text}", ${JSON.stringify(order)}, ${bytes.length});`;
}

function characters(rank) {
  if (rank < SINGLE) return ALPHABET[rank];
  const rest = rank - SINGLE;
  return ALPHABET[SINGLE + Math.floor(rest / ALPHABET.length)] + ALPHABET[rest % ALPHABET.length];
}

/**
 * Runs where the bundle runs. In Node `usrsctp.wasm` lies beside it, and reading that takes a tenth of the time that the
 * text takes, which is a tenth of a cold start. Deno would ask its user first; elsewhere, and in bundles that were made
 * of this one, there is no such file.
 */
function beside(here, length) {
  try {
    const fs = 'Deno' in globalThis ? undefined : globalThis.process?.getBuiltinModule?.('node:fs');
    const bytes = fs?.readFileSync(new URL('usrsctp.wasm', here));
    return bytes?.length === length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Runs where the bundle runs; it must not refer to anything here. The numbers skip the three characters left out. */
function decode(text, order, length) {
  const digit = (code) => code - 32 - (code > 34) - (code > 60) - (code > 92);
  const bytes = new Uint8Array(length);
  for (let at = 0, index = 0; index < length; index++) {
    let rank = digit(text.charCodeAt(at++));
    if (rank >= 90) rank = 90 + (rank - 90) * 92 + digit(text.charCodeAt(at++));
    bytes[index] = order[rank];
  }
  return bytes;
}
