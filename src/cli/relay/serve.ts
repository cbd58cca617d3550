import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import type { LogEntry, RelayServerOptions } from '../../relay/options.js';
import { relayServer } from '../../relay/server.js';
import { RelayWorkers } from '../../relay/workers/relay-workers.js';
import { isRelayWorker, type RelayWorker, relayWorker } from '../../relay/workers/worker.js';
import { required, wholeNumber } from '../values.js';
import { readKeys } from './issue.js';

const OPTIONS = {
  listen: { type: 'string', default: '127.0.0.1:8080' },
  cert: { type: 'string' },
  key: { type: 'string' },
  path: { type: 'string', default: '/relay' },
  address: { type: 'string', multiple: true },
  ports: { type: 'string', default: '49152-65535' },
  keys: { type: 'string' },
  audience: { type: 'string' },
  origin: { type: 'string', multiple: true },
  allow: { type: 'string', multiple: true },
  special: { type: 'string', multiple: true },
  limit: { type: 'string', multiple: true },
  forwarded: { type: 'boolean', default: false },
  metrics: { type: 'string' },
  native: { type: 'boolean', default: false },
  drain: { type: 'string', default: '10000' },
  workers: { type: 'string', default: '1' },
} as const;

/** Runs a relay until a signal; a second signal ends it at once. Each event is logged to standard output as a line of JSON. */
export async function serve(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const drainMs = wholeNumber('--drain', values.drain, 0);
  const workers = wholeNumber('--workers', values.workers, 1);
  ignoreErrors(process.stdout);
  ignoreErrors(process.stderr);
  const listening = (port: number) =>
    log({ level: 'info', event: 'listening', port, addresses: values.address, ...(workers > 1 && { workers }) });

  if (isRelayWorker()) {
    const { server } = await startRelay(values, relayWorker());
    process.on('disconnect', () => end(server)); // The relay is closed.
    return;
  }
  if (workers === 1) {
    const { server, relay } = await startRelay(values, undefined);
    const metrics = await startMetrics(values.metrics, relay);
    listening((server.address() as AddressInfo).port);
    endOnSignals(async () => {
      await relay.drain(drainMs);
      for (const each of [server, metrics]) end(each);
    });
    return;
  }
  const all = await RelayWorkers.start(process.argv[1] ?? '', { workers });
  const metrics = await startMetrics(values.metrics, all);
  for (const { index, pid } of all.workers) log({ level: 'info', event: 'worker', worker: index, pid });
  all.on('listening', ({ index, pid }) => log({ level: 'info', event: 'worker', worker: index, pid }));
  all.on('exit', ({ index, code, signal }) => {
    log({ level: 'warn', event: 'worker ended', worker: index, code: code ?? undefined, signal: signal ?? undefined });
  });
  listening(all.port);
  endOnSignals(async () => {
    await all.drain(drainMs);
    end(metrics);
  });
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Starts the relay of this process, and listens. */
async function startRelay(values: Values, worker: RelayWorker | undefined) {
  const server = httpServer(values, ({ url }, response) => {
    const status = url === '/health' ? (relay.isDraining ? 503 : 200) : 404;
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
  });
  const relay = await relayServer({
    server,
    path: values.path,
    addresses: required('--address', values.address).map(addressOption),
    ports: portRange(values.ports),
    keys: readKeys(values.keys),
    audience: required('--audience', values.audience),
    origins: values.origin ?? [],
    allow: required('--allow', values.allow),
    special: values.special ?? [],
    limits: Object.fromEntries((values.limit ?? []).map(limit)),
    log: worker === undefined ? log : (entry) => log({ ...entry, worker: worker.index }),
    metrics: values.metrics !== undefined,
    native: values.native,
    ...(worker && { worker }),
    ...(values.forwarded && { clientAddress: forwardedFor }),
  });
  await listen(server, values.listen);
  return { server, relay };
}

function endOnSignals(finish: () => Promise<void>): void {
  let isEnding = false;
  const onSignal = () => {
    if (isEnding) process.exit(1);
    isEnding = true;
    void finish();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function end(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}

/** Connections that send no request, or none any more, are closed in time: each one takes a file descriptor. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 2000,
} as const;

/** With TLS if there is a certificate. A key alone is an error: connections would not be encrypted as intended. */
function httpServer({ cert, key }: { cert?: string; key?: string }, answer: RequestListener): Server {
  if (cert === undefined && key === undefined) return createServer(TIMEOUTS, answer);
  const files = { cert: required('--cert', cert), key: required('--key', key) };
  return createTlsServer({ ...TIMEOUTS, cert: readFileSync(files.cert), key: readFileSync(files.key) }, answer);
}

/** The relay keeps running if the reader of its log exits. */
function ignoreErrors(stream: NodeJS.WriteStream): void {
  stream.on('error', () => {});
}

/** Serves the metrics, if they are wanted. */
async function startMetrics(
  where: string | undefined,
  relay: { metrics(): Promise<string> },
): Promise<Server | undefined> {
  if (where === undefined) return undefined;
  const server = createServer(TIMEOUTS, async ({ url }, response) => {
    if (url !== '/metrics') return response.writeHead(404).end();
    const text = await relay.metrics();
    return response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  });
  await listen(server, where);
  return server;
}

function listen(server: Server, where: string): Promise<void> {
  const [, host = '127.0.0.1', port = ''] = /^(?:\[?([^[\]]*)\]?:)?(\d+)$/.exec(where) ?? [];
  if (port === '') throw new Error(`'${where}' is not [HOST:]PORT`);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: Number(port), host, ipv6Only: isIPv6(host) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portRange(text: string): [number, number] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined) throw new Error(`--ports is '${text}': it must be two ports, such as 49152-65535`);
  return [Number(first), Number(last)];
}

function addressOption(text: string): RelayServerOptions['addresses'][number] {
  const [bind = '', publicAddress = bind] = text.split('=');
  return { bind, public: publicAddress };
}

function limit(text: string): [string, number] {
  const [name = '', value] = text.split('=');
  return [name, Number(value)];
}

/** The last entry was added by our own proxy; clients can forge those before it. */
function forwardedFor({ headers, socket }: IncomingMessage): string {
  const last = headers['x-forwarded-for']?.toString().split(',').at(-1)?.trim();
  return last || (socket.remoteAddress ?? '');
}

function log(entry: LogEntry): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}
