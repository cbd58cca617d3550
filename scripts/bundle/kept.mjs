// The index for Node as a script that V8 need not read again: what it makes of the script's source is kept beside it, as
// far as a first association takes. Another version of V8 doesn't take that, and compiles the source.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const WARMING = fileURLToPath(new URL('warm.mjs', import.meta.url));
const IMPORT = /^import\{([^}]*)\}from"([^"]*)";/;
const EXPORT = /export\{([^}]*)\};\n(\/\/# sourceMappingURL=.*\n)$/;
const LOADED = /import\(("[^"]*")\)/g;

/** Makes a script of a bundle which imports from one file only, and writes FILE, and FILE with `.cache` for `.js`. */
export function keepCode(file) {
  const bundle = readFileSync(file, 'utf8');
  const [importing, imported, from] = IMPORT.exec(bundle);
  const [exporting, exported, sourceMap] = EXPORT.exec(bundle);
  const given = pairs(imported).map(([, name]) => name);
  const begin = `(function(${given},$here,$load){"use strict";`;
  const end = `return{${pairs(exported).map(([name, as]) => `${as}:${name}`)}}})\n${sourceMap}`;
  const text = bundle
    .replace(importing, () => inPlace(importing, begin))
    .replace(exporting, () => end)
    .replaceAll('import.meta.url', (url) => inPlace(url, '$here'))
    .replaceAll(LOADED, (_, path) => `$load (${path})`);
  const loads = Array.from(bundle.matchAll(LOADED), ([load, path]) => `${path}:()=>${load}`);
  const lines = [
    importing,
    String(run),
    `const loads={${loads}};`,
    `const made=run(${JSON.stringify(text)},import.meta.url)(${given},import.meta.url,(path)=>loads[path]());`,
    `export const{${pairs(exported).map(([, as]) => as)}}=made;`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const names = pairs(imported).map(([name]) => name);
  execFileSync(process.execPath, [WARMING, file, from, names.join()], { input: text });
}

/** `a as b, c` as pairs of what a thing is called outside and here, or the other way round. */
function pairs(list) {
  return list.split(',').map((each) => {
    const [name, as = name] = each.trim().split(' as ');
    return [name, as];
  });
}

/** As long as what it stands for, in lines and columns: source maps go on telling where what follows is. */
function inPlace(what, replacement) {
  const [last, ...others] = what.split('\n').reverse();
  if (others.length === 0) return replacement.padEnd(last.length);
  return `${replacement}${'\n'.repeat(others.length)}${' '.repeat(last.length)}`;
}

/**
 * Runs where the bundle runs. The text is evaluated where Node lends no modules (before 20.16; to import them takes half a
 * millisecond), where source maps are asked for, which Node has for no script, and in another realm, as test runners have
 * them, whose Uint8Array is another.
 */
function run(text, here) {
  const { Deno, process, eval: read } = globalThis;
  const builtin = Deno === undefined ? process?.getBuiltinModule : undefined;
  const evaluated = () => read(`${text}//# sourceURL=${here}`);
  if (builtin === undefined || process.sourceMapsEnabled) return evaluated();
  let cachedData;
  try {
    cachedData = builtin('node:fs').readFileSync(new URL('index.node.cache', here));
  } catch {}
  const made = new (builtin('node:vm').Script)(text, { cachedData, filename: here }).runInThisContext();
  return made instanceof Function ? made : evaluated();
}
