import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ENTRIES = /\/src\/(index|raw|simulated|testing|relay|udp)\.js$/;

/**
 * The suite imports the sources. For a runtime these imports become those of the package, by the runtime's conditions.
 */
function packaged(slim: boolean): Plugin {
  return {
    name: 'packaged',
    setup({ onResolve, resolve }) {
      onResolve({ filter: ENTRIES }, ({ path, kind, importer, resolveDir }) => {
        if (!importer.includes('/test/')) return undefined;
        const name = ENTRIES.exec(path)?.[1] ?? '';
        const entry = name !== 'index' ? `/${name}` : slim ? '/slim' : '';
        return resolve(`usrsctp-wasm${entry}`, { kind, resolveDir });
      });
      onResolve({ filter: /\.wasm$/ }, () => ({ path: './usrsctp.wasm', external: true }));
    },
  };
}

export interface BundleOptions {
  readonly conditions: readonly string[];
  readonly format?: 'esm' | 'iife';
  readonly slim?: boolean;
}

/** Bundles an entry of the suite into one file. */
export async function bundleSuite(entry: string, outfile: string, options: BundleOptions): Promise<string> {
  const { conditions, format = 'esm', slim = false } = options;
  await build({
    entryPoints: [fileURLToPath(new URL(`entry/${entry}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    format,
    target: 'es2022',
    platform: conditions.includes('node') ? 'node' : 'browser',
    conditions: [...conditions],
    external: conditions.includes('node') ? ['ws'] : [],
    plugins: [packaged(slim)],
    logLevel: 'error',
  });
  return outfile;
}
