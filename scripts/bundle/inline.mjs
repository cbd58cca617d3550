// How bundles come by the WebAssembly: plugins for esbuild. What they make of a `.wasm` gives, when it is called, what to
// compile, or a promise of it: what it is given, or the packaged one.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { INDEX } from './fornode.mjs';

/**
 * Inlines it as text. Unlike base64, which puts four characters in place of three bytes, a character stands for a byte
 * here, so that gzip and brotli still find what repeats; `./build.sh` prints the sizes. Of the 92 printable ASCII
 * characters that need no escape in a string or in HTML, 90 are the most frequent bytes; the other two, with a second
 * character, are the rest.
 */
export const inlined = {
  name: 'wasm-inlined',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => ({ contents: textOf(readFileSync(path)) }));
  },
};

/**
 * Reads `usrsctp.wasm` beside the bundle, which takes Node a tenth of the time that the text takes, and has the text in a
 * file of its own for where there is none: in bundles that were made of this one.
 */
export const split = {
  name: 'wasm-split',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path, pluginData }) =>
      pluginData?.entry ? { contents: fileOf(path, pluginData.entry === INDEX), resolveDir: dirname(path) } : undefined,
    );
  },
};

/** Leaves the import, of `usrsctp.wasm` beside the bundle: workerd, and what bundles for it, compile it beforehand. */
export const imported = (path) => ({
  name: 'wasm-imported',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\.wasm$/ }, ({ importer }) =>
      importer.endsWith('.wasm') ? { path, external: true } : undefined,
    );
    onLoad({ filter: /\.wasm$/ }, () => ({
      contents: `import wasm from ${JSON.stringify(path)}; export default (given) => given ?? wasm;`,
    }));
  },
});

const SINGLE = 90;
const ALPHABET = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).filter((c) => !'"\\<'.includes(c));

function textOf(bytes) {
  const count = new Array(256).fill(0);
  for (const byte of bytes) count[byte]++;
  const order = Array.from(count.keys()).sort((a, b) => count[b] - count[a]);
  const written = [];
  for (const [rank, byte] of order.entries()) written[byte] = characters(rank);
  const text = Array.from(bytes, (byte) => written[byte]).join('');
  return `${decode}
let wasm;
export default (given) => given ?? (wasm ??= decode("${text}", ${JSON.stringify(order)}, ${bytes.length}));`;
}

function characters(rank) {
  if (rank < SINGLE) return ALPHABET[rank];
  const rest = rank - SINGLE;
  return ALPHABET[SINGLE + Math.floor(rest / ALPHABET.length)] + ALPHABET[rest % ALPHABET.length];
}

/** It is compiled at once, on other threads. Whoever needs it then is given bytes where that failed, and hears why. */
function fileOf(path, isIndex) {
  const text = JSON.stringify(path);
  return `${isIndex ? 'import { ready } from "later";' : 'const ready = undefined;'}
${read}
const bytes = read(import.meta.url, ${readFileSync(path).length});
const held = bytes && setTimeout(() => {}, 2 ** 31 - 1); // see compile() in src/bridge/module.ts
let wasm = bytes && WebAssembly.compile(bytes).catch(() => bytes).finally(() => clearTimeout(held));
const packaged = () => wasm ??= import(${text}).then((text) => text.default());
export default (given) => ready ? ready().then(() => given ?? packaged()) : given ?? packaged();`;
}

/** Runs where the bundle runs. Deno would ask its user first, and goes by the same condition as Node. */
function read(here, length) {
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
