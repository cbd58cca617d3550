// What a first association has no need of, in a file of its own: V8 looks through all of a file when it is imported, be it
// called or not. The index for Node reads this one when it is called first.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { INDEX } from './fornode.mjs';
import { structsAsText } from './structs.mjs';

/** Modules of functions that need a stack to be called; and what only they import. */
const LATER = [
  'src/association/messages/web-streams.ts',
  'src/options/codec.ts',
  'src/options/table.ts',
  'src/association/paths/statistics.ts',
  'src/socket/stack-statistics.ts',
  'src/association/streams/reconfiguration.ts',
];
/** The module that they and the index must have in common; of all others they have their own. */
const COMMON = 'src/errors.ts';

/**
 * Writes the file, twice: to be required, and to be imported, asynchronously, where there is none to require: in bundles
 * and in Deno, and before Node 20.16. Both export a function, which is given what is in common. Answers with their name.
 */
export async function writeLater(outdir, usual) {
  const imports = LATER.map((path) => `export { ${exported(path, 'function')} } from ${JSON.stringify(`./${path}`)};`);
  const options = {
    ...usual,
    stdin: { contents: imports.join('\n'), resolveDir: '.' },
    bundle: true,
    format: 'iife',
    globalName: 'later',
    plugins: [common, structsAsText],
  };
  const { outputFiles } = await build({ ...options, write: false });
  const name = `later-${createHash('sha256').update(outputFiles[0].text).digest('hex').slice(0, 8)}`;
  for (const [extension, start] of Object.entries({ cjs: 'module.exports=', js: 'export default' })) {
    const wrapped = { banner: { js: `${start}(function(common){"use strict";` }, footer: { js: 'return later});' } };
    await build({ ...options, ...wrapped, sourcemap: 'linked', outfile: `${outdir}/${name}.${extension}` });
  }
  return name;
}

const common = {
  name: 'common',
  setup({ onLoad }) {
    onLoad({ filter: /errors\.ts$/ }, ({ path }) => {
      if (path !== resolve(COMMON)) return undefined;
      return {
        contents: exported(path, 'class')
          .map((name) => `export const ${name} = common.${name};`)
          .join('\n'),
      };
    });
  },
};

/** A plugin: in the index for Node, these modules are functions that call those of the file. */
export const later = (name) => ({
  name: 'later',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^later$/ }, () => ({ path: 'later', namespace: 'later' }));
    onResolve({ filter: /^\.\/later-/, namespace: 'later' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'later' }, () => ({ contents: loading(name), resolveDir: '.' }));
    onLoad({ filter: /\.ts$/ }, ({ path, pluginData }) => {
      if (pluginData?.entry !== INDEX || !LATER.some((each) => resolve(each) === path)) return undefined;
      const functions = exported(path, 'function').map(
        (name) => `export function ${name}() { return later().${name}.apply(undefined, arguments); }`,
      );
      return { contents: ['import { later } from "later";', ...functions].join('\n') };
    });
  },
});

function exported(path, what) {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(new RegExp(`^export ${what} (\\w+)`, 'gm'))].map(([, name]) => name);
}

function loading(name) {
  const names = exported(COMMON, 'class').join(', ');
  return `import { ${names} } from ${JSON.stringify(resolve(COMMON))};
const common = { ${names} };
${requiring}
const require = requiring(import.meta.url, "${name}.cjs");
let functions;
let importing;
export const later = () => functions ??= require("./${name}.cjs")(common);
export const ready = require ? undefined : () => importing ??= import("./${name}.js").then((made) => {
  functions = made.default(common);
});`;
}

/** Runs where the bundle runs. Deno would ask its user. */
function requiring(here, name) {
  try {
    const builtin = 'Deno' in globalThis ? undefined : globalThis.process?.getBuiltinModule;
    const isThere = builtin?.('node:fs').existsSync(new URL(name, here));
    return isThere ? builtin('node:module').createRequire(here) : undefined;
  } catch {
    return undefined;
  }
}
