// Serves the files of the page, with a content security policy that allows only this site and the relays.
import { readFile } from 'node:fs/promises';
import { bundle, here } from './bundle.mjs';

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self' ws://127.0.0.1:*",
].join('; ');

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
