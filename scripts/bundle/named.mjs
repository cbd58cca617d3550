// A plugin for esbuild: the classes that entries export keep their names, by which errors and inspectors call them, though
// what they are called within a bundle is as short as can be.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export const named = (entries) => ({
  name: 'named',
  setup({ onLoad }) {
    const classes = new Map();
    for (const entry of entries) for (const [file, names] of exportedBy(entry)) classes.set(file, names);
    onLoad({ filter: /\.ts$/ }, ({ path, pluginData }) => {
      const names = classes.get(path);
      if (!names) return undefined;
      const contents = readFileSync(path, 'utf8').replace(/^export (abstract )?class (\w+).*\{$/gm, (line, _, name) =>
        names.includes(name) ? `${line} static name = "${name}";` : line,
      );
      return { contents, loader: 'ts', pluginData };
    });
  },
});

/** What an entry exports that isn't only a type, by file. */
function exportedBy(entry) {
  const exports = readFileSync(entry, 'utf8').matchAll(/^export \{([^}]*)\} from '(.*)\.js';$/gm);
  return Array.from(exports, ([, names, path]) => [
    resolve(dirname(entry), `${path}.ts`),
    names.split(',').flatMap((name) => /^\s*([A-Z]\w*)\s*$/.exec(name)?.[1] ?? []),
  ]);
}
