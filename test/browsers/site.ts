import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { ticket } from '../support/relays.js';
import type { Report, Task } from './task.js';

/** Allows only scripts of the site, compiling wasm, and connections to the site and to relays. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' ws://127.0.0.1:*",
  "img-src 'self'", // browsers ask for /favicon.ico
  'report-uri /violation',
].join('; ');

const HTML = '<!doctype html><title>usrsctp-wasm</title><script type="module" src="/main.js"></script>';

/** Serves the page under test with a strict policy, and receives its reports. */
export class Site {
  /** Violations of the policy that the browser has reported, and uncaught errors of the page. */
  readonly complaints: string[] = [];
  readonly #server: Server;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #reports: Report[] = [];
  #heard: () => void = () => {};

  static async open(): Promise<Site> {
    const site = new Site(await bundle());
    await once(site.#server.listen(0, '127.0.0.1'), 'listening');
    return site;
  }

  private constructor(files: ReadonlyMap<string, Uint8Array>) {
    this.#files = files;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  urlOf(task: Task): string {
    return `${this.origin}/?task=${encodeURIComponent(JSON.stringify(task))}`;
  }

  /** Waits for a complaint that matches. */
  async complained(pattern: RegExp, limitMs = 40_000): Promise<void> {
    await this.#until(
      () => this.complaints.some((complaint) => pattern.test(complaint)),
      `complaint ${pattern}`,
      limitMs,
    );
  }

  /** The next report of the page. Rejects if it is late, or reports a failure. */
  async report<Event extends Report['event']>(event: Event, limitMs = 60_000): Promise<Report & { event: Event }> {
    await this.#until(() => this.#reports.length > 0, `report '${event}'`, limitMs);
    const report = this.#reports.shift();
    if (report?.event === event) return report as Report & { event: Event };
    throw new Error(
      report?.event === 'failed' ? `the page has failed: ${report.error}` : `not ${event}: ${report?.event}`,
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #until(isSo: () => boolean, what: string, limitMs: number): Promise<void> {
    for (const end = performance.now() + limitMs; !isSo(); ) {
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`no ${what} from the page in ${limitMs} ms; ${this.complaints.join('; ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const body = request.method === 'POST' ? await text(request) : '';
    if (pathname === '/report') this.#reports.push(JSON.parse(body));
    else if (pathname === '/error' || pathname === '/violation') this.complaints.push(body);
    this.#heard();
    const [type, content] = await this.#content(pathname);
    response.writeHead(content === undefined ? 404 : 200, { 'content-type': type, 'content-security-policy': POLICY });
    response.end(content);
  }

  async #content(path: string): Promise<[type: string, content: string | Uint8Array | undefined]> {
    if (path === '/') return ['text/html; charset=utf-8', HTML];
    if (path === '/ticket') return ['text/plain', await ticket()];
    if (path === '/usrsctp.wasm') return ['application/wasm', await readFile('dist/usrsctp.wasm')];
    if (this.#files.has(path)) return ['text/javascript; charset=utf-8', this.#files.get(path)];
    return ['text/plain', ['/report', '/error', '/violation', '/favicon.ico'].includes(path) ? '' : undefined];
  }
}

/** The page and its worker, bundled as by a user of the package. */
async function bundle(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: ['test/browsers/pages/main.ts', 'test/browsers/pages/worker.ts'],
    outdir: '/',
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logOverride: { 'ignored-bare-import': 'silent' }, // as it is for packages in node_modules
  });
  return new Map(outputFiles.map(({ path, contents }) => [`/${basename(path)}`, contents]));
}
