import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Bundles of TypeScript files for other processes to run. */
export class Programs {
  /** In this checkout, so that they find the packages that aren't bundled. */
  readonly #folder = mkdtempSync(join('build', 'programs-'));

  /** Bundles a file of this folder with the current sources. Returns the file for `node` to run. */
  async add(name: string): Promise<string> {
    const outfile = resolve(this.#folder, basename(name).replace(/ts$/, 'mjs'));
    await build({
      entryPoints: [join(import.meta.dirname, name)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'es2022',
      external: ['koffi'],
      alias: { '#wasm': './test/support/wasm.ts' },
      logLevel: 'warning',
    });
    return outfile;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
