import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** For bundles of the sources: `import wasm from './x.wasm'` is a function that gives its bytes, as in the package. */
export const wasmBytes: Plugin = {
  name: 'wasm-bytes',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path }) => {
      const text = JSON.stringify(readFileSync(path).toString('base64'));
      return { contents: `export default (given) => given ?? Buffer.from(${text}, 'base64');` };
    });
  },
};
