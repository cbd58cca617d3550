import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** Bundles of TypeScript files for other processes to run. */
export class Programs {
  readonly #folder = mkdtempSync(join(tmpdir(), 'programs-'));

  /** Bundles a file of this folder with the current sources. Returns the file for `node` to run. */
  async add(name: string): Promise<string> {
    const outfile = join(this.#folder, basename(name).replace(/ts$/, 'mjs'));
    await build({
      entryPoints: [join(import.meta.dirname, name)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'es2022',
      alias: { '#wasm': './test/support/wasm.ts' },
      logLevel: 'warning',
    });
    return outfile;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
