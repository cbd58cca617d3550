// Versions of entries for Node, in the same bundle: what leads to the wasm is in each of them once more, and nothing else.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

export const INDEX = 'src/index.ts';
const WASM = resolve('build/wasm/usrsctp.wasm');

/** The version for Node of what stands in a source; it becomes NAME.node.js, or NAME.js where there is no other version. */
export const versionOf = (source) => `${source}?node`;

/** The modules that lead to the wasm, by the inputs of a bundle. */
export function needingWasm({ inputs }) {
  const found = Object.keys(inputs).filter((path) => path.endsWith('.wasm'));
  for (const needed of found) {
    const importers = Object.keys(inputs).filter((path) => inputs[path].imports.some((each) => each.path === needed));
    found.push(...importers.filter((path) => !found.includes(path)));
  }
  return found.map((path) => resolve(path));
}

/**
 * A plugin that makes these versions, from the entries on to the wasm. An entry loads the index that it needs, and has
 * everything else in its own file: each file takes Node a third of a millisecond. So the index has `all` that it needs,
 * but for what is shared with networks. The wasm comes first in it: what it is compiled to, on other threads, is there
 * when it is needed.
 */
export const forNode = ({ leading, all }) => ({
  name: 'for-node',
  setup({ onLoad, onResolve }) {
    const version = (path, entry, first) => ({
      path: resolve(path),
      suffix: `?${entry}`,
      pluginData: { entry, first },
    });
    onResolve({ filter: /\?node$/ }, ({ path }) => {
      const entry = path.replace('?node', '');
      return version(entry, entry, entry === INDEX ? WASM : undefined);
    });
    onResolve({ filter: /^[./]/ }, ({ path, resolveDir, pluginData }) => {
      const file = resolve(resolveDir, path).replace(/\.js$/, '.ts');
      const own = pluginData?.entry === INDEX ? all : leading;
      if (!pluginData?.entry || !own.includes(file)) return undefined;
      if (file === WASM) return { ...version(file, pluginData.entry), sideEffects: true };
      if (file !== resolve(INDEX)) return version(file, pluginData.entry);
      return { path: `./${relative(dirname(pluginData.entry), 'src/index.node.js')}`, external: true };
    });
    onLoad({ filter: /\.ts$/ }, ({ path, pluginData }) => {
      if (!pluginData?.entry) return undefined;
      return { contents: readFileSync(path, 'utf8'), loader: 'ts', pluginData };
    });
  },
});
