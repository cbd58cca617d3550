// A plugin for esbuild: `usrsctp-wasm/raw` has what is below it to itself.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const LAYOUTS = resolve('src/generated/layouts.ts');
const BELOW = /\/src\/(generated|bridge|stack)\//;

/** Raw gives its users all structs, as a namespace: a file of its own is one without any code. */
export const STRUCTS = { structs: 'src/generated/layouts.ts?raw' };

/**
 * Raw gives its users all constants. Shared with it, they would be variables for those who need a few: elsewhere they are
 * numbers in the code now. And what isn't shared needs no file of its own.
 */
export const ofRaw = {
  name: 'of-raw',
  setup({ onLoad, onResolve }) {
    const version = (path) => ({ path, suffix: '?raw', pluginData: { isOfRaw: true } });
    onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir, pluginData }) => {
      const file = resolve(resolveDir, path).replace(/\.js$/, '.ts');
      const isOfRaw = pluginData?.isOfRaw || /\/src\/raw[./]/.test(importer);
      if (!isOfRaw || !BELOW.test(file)) return undefined;
      return file === LAYOUTS ? { path: './structs.js', external: true } : version(file);
    });
    onResolve({ filter: /\?raw$/ }, () => version(LAYOUTS));
    onLoad({ filter: BELOW }, ({ path, pluginData }) => {
      if (!pluginData?.isOfRaw) return undefined;
      return { contents: readFileSync(path, 'utf8'), loader: 'ts', pluginData };
    });
  },
};
