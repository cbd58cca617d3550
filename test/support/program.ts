import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** TypeScript that other processes can run. */
export class Programs {
  readonly #folder = mkdtempSync(join(tmpdir(), 'programs-'));

  /** Bundles a file of this folder with the sources as they are; returns the file that `node` runs. */
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
