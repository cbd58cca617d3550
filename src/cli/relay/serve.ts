import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import type { LogEntry, RelayServerOptions } from '../../relay/options.js';
import { type RelayServer, relayServer } from '../../relay/server.js';
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
} as const;

/** Runs a relay until a signal; a second signal ends it at once. Each event is logged to standard output as a line of JSON. */
export async function serve(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const drainMs = wholeNumber('--drain', values.drain, 0);
  ignoreErrors(process.stdout);
  ignoreErrors(process.stderr);
  const isDraining = { now: false };
  const answer: RequestListener = ({ url }, response) => {
    const status = url === '/health' ? (isDraining.now ? 503 : 200) : 404;
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
  };
  const server = httpServer(values, answer);
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
    log,
    metrics: values.metrics !== undefined,
    native: values.native,
    ...(values.forwarded && { clientAddress: forwardedFor }),
  });
  const metrics = values.metrics === undefined ? undefined : metricsServer(relay);
  await listen(server, values.listen);
  if (metrics !== undefined) await listen(metrics, values.metrics ?? '');
  const { port } = server.address() as AddressInfo;
  log({ level: 'info', event: 'listening', port, addresses: values.address });

  let isEnding = false;
  const end = async () => {
    if (isEnding) process.exit(1);
    isEnding = true;
    isDraining.now = true;
    await relay.drain(drainMs);
    for (const each of [server, metrics]) {
      each?.close();
      each?.closeAllConnections();
    }
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
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

function metricsServer(relay: RelayServer): Server {
  return createServer(TIMEOUTS, async ({ url }, response) => {
    if (url !== '/metrics') return response.writeHead(404).end();
    const text = await relay.metrics();
    return response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  });
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
