// Serves the files of the page, with a content security policy that allows only this site and the relays.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self' ws://127.0.0.1:*",
].join('; ');

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A request listener. `setup` is the configuration of the page; `ticket` returns a ticket for the relays. */
export async function site({ setup, ticket }) {
  const files = await bundle();
  const answers = {
    '/': ['text/html', () => readFile(here('index.html'))],
    '/main.css': ['text/css', () => files['main.css']],
    '/style.css': ['text/css', () => readFile(here('style.css'))],
    '/icon.svg': ['image/svg+xml', () => readFile(here('icon.svg'))],
    '/main.js': ['text/javascript', () => files['main.js']],
    '/worker.js': ['text/javascript', () => files['worker.js']],
    '/setup': ['application/json', () => JSON.stringify(setup)],
    '/ticket': ['text/plain', ticket],
  };
  return async ({ url }, response) => {
    const [type, content] = answers[new URL(url, 'http://page').pathname] ?? ['text/plain', () => 'not here\n'];
    const status = type === 'text/plain' && !url.startsWith('/ticket') ? 404 : 200;
    const headers = {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
    };
    response.writeHead(status, headers).end(await content());
  };
}

/** The scripts of the page and its worker, and the styles that the scripts import, by name. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [here('client/main.ts'), here('client/worker.ts')],
    outdir: '/',
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    ignoreAnnotations: true, // client/language.ts is imported for its side effect; package.json says there are none
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}
