// Versions of entries for Node, in the same bundle: what leads to the wasm is in each of them once more, and nothing else.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

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
 * everything else in its own file: each file takes Node a third of a millisecond.
 */
export const forNode = (needing) => ({
  name: 'for-node',
  setup({ onLoad, onResolve }) {
    const version = (path, entry) => ({ path: resolve(path), suffix: `?${entry}`, pluginData: { entry } });
    onResolve({ filter: /\?node$/ }, ({ path }) => version(path.replace('?node', ''), path.replace('?node', '')));
    onResolve({ filter: /^\./ }, ({ path, resolveDir, pluginData }) => {
      const file = resolve(resolveDir, path).replace(/\.js$/, '.ts');
      if (!pluginData?.entry || !needing.includes(file)) return undefined;
      if (file !== resolve('src/index.ts')) return version(file, pluginData.entry);
      return { path: `./${relative(dirname(pluginData.entry), 'src/index.node.js')}`, external: true };
    });
    onLoad({ filter: /\.ts$/ }, ({ path, pluginData }) => {
      if (!pluginData?.entry) return undefined;
      return { contents: readFileSync(path, 'utf8'), loader: 'ts', pluginData };
    });
  },
});
