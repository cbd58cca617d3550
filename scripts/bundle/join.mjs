// Puts what several entries share, and is small, into one file: each takes Node a third of a millisecond to load.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What has less isn't worth a file of its own. */
const SMALL_BYTES = 8192;
const HUB = 'shared-by-all';

/** The modules in the small ones of some of a bundle's files, but for modules that need a large one. */
export function smallOnes({ outputs }, files) {
  const isSmall = (file) => {
    const { bytes, imports, entryPoint } = outputs[file];
    return bytes < SMALL_BYTES && !entryPoint && imports.every(({ path, external }) => !external && isSmall(path));
  };
  const inputs = files.filter(isSmall).flatMap((file) => Object.entries(outputs[file].inputs));
  return inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [resolve(path)] : []));
}

/**
 * A plugin that lets every entry import all of these modules, and nothing of them: esbuild puts what the same entries
 * import into one file. It takes no notice of an import that has no side effects, so that these have some.
 */
export const joined = (modules) => ({
  name: 'joined',
  setup({ onLoad, onResolve }) {
    const entries = new Set();
    const sideEffects = true;
    onResolve({ filter: /./ }, ({ kind, path, resolveDir }) => {
      const file = resolve(resolveDir, path).replace(/\.js$/, '.ts');
      if (kind === 'entry-point') entries.add(file.replace('?node', ''));
      if (path === HUB) return { path, namespace: HUB, sideEffects };
      return modules.includes(file) ? { path: file, sideEffects } : undefined;
    });
    onLoad({ filter: /./, namespace: HUB }, () => ({ contents: importing(modules), resolveDir: '/' }));
    onLoad({ filter: /\.ts$/ }, ({ path, pluginData }) => {
      if (!entries.has(path)) return undefined;
      const first = importing(pluginData?.first ? [pluginData.first] : []);
      return { contents: `${first}${readFileSync(path, 'utf8')}\n${importing([HUB])}`, loader: 'ts', pluginData };
    });
  },
});

function importing(paths) {
  return paths.map((path) => `import ${JSON.stringify(path)};`).join('\n');
}
