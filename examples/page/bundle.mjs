// Bundles the scripts and styles of the page.
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The path of a file of this folder. */
export const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The scripts of the page and its worker, and the styles that the scripts import, by name. */
export async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [here('client/main.ts'), here('client/worker.ts')],
    outdir: '/',
    bundle: true,
    format: 'iife', // the page that is a single file can't load modules
    target: 'es2022',
    minify: true,
    write: false,
    ignoreAnnotations: true, // client/language.ts is imported for its side effect; package.json says there are none
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}
