import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Endpoint, Stack } from '../../src/index.js';
import { type RelayOptions, type RelayTransport, relay } from '../../src/relay.js';
import {
  type LogEntry,
  type RelayServer,
  type RelayServerOptions,
  relayServer,
  signTicket,
  type TicketClaims,
  type TicketKey,
} from '../../src/relay-server.js';
import { udp } from '../../src/udp.js';

export const AUDIENCE = 'relay.test';
export const KEY: TicketKey = { kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url'), kid: 'test' };

/** A ticket that the test's relays accept, unless a claim is changed. */
export function ticket(changes: Partial<TicketClaims> = {}, key: TicketKey = KEY): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return signTicket({ sub: 'tester', aud: AUDIENCE, exp, destinations: ['0.0.0.0/0:*', '[::/0]:*'], ...changes }, key);
}

/** A relay on its own port. */
export interface TestRelay {
  readonly url: string;
  readonly server: RelayServer;
  readonly http: Server;
  readonly log: LogEntry[];
  /** Destroys all TCP connections; the relay keeps running. */
  cut(): void;
  /** Ends the relay like a crash: all connections are destroyed, and the port is closed. */
  crash(): Promise<void>;
}

const open: (() => Promise<unknown>)[] = [];

/** Must be called after each test. */
export async function closeRelays(): Promise<void> {
  await Promise.all(open.splice(0).map((close) => close()));
}

/** Starts a relay for loopback destinations; its address for clients is `address`. */
export async function startRelay(
  address: string | readonly string[] = '127.0.0.11',
  options: Partial<RelayServerOptions> = {},
  port = 0,
): Promise<TestRelay> {
  const http = options.server ?? createServer();
  const sockets = new Set<{ destroy(): void }>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const log: LogEntry[] = [];
  const server = await relayServer({
    server: http,
    addresses: typeof address === 'string' ? [address] : address,
    audience: AUDIENCE,
    keys: [KEY],
    allow: ['0.0.0.0/0:*', '[::/0]:*'],
    special: ['127.0.0.0/8', '::1/128'],
    metrics: true,
    log: (entry) => log.push(entry),
    ...options,
  });
  if (!http.listening) await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const crash = async () => {
    cut();
    const closed = new Promise((resolve) => http.close(resolve));
    await Promise.all([server.close(), closed]);
  };
  open.push(crash);
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/relay`;
  return { url, server, http: http as Server, log, cut, crash };
}

/** A transport through relays; closed after the test. */
export async function through(
  relays: readonly (TestRelay | string)[],
  { claims = {}, ...options }: Partial<RelayOptions> & { readonly claims?: Partial<TicketClaims> } = {},
): Promise<RelayTransport> {
  const own = await ticket(claims);
  const urls = relays.map((each) => (typeof each === 'string' ? each : each.url));
  const transport = relay({ relays: urls.map((url) => ({ url, ticket: own })), ...options });
  open.unshift(() => transport.close());
  return transport;
}

/** Closes a stack after the test. */
export function closeLater(stack: Stack): Stack {
  open.unshift(() => stack.close({ timeoutMs: 1000 }).catch(() => undefined));
  return stack;
}

/** A listening server over UDP. */
export async function serve(addresses: readonly string[]) {
  const transport = udp({ addresses, port: 0 });
  const stack = closeLater(await Stack.create({ transport, preset: 'fast-failover' }));
  const listener = stack.socket({ style: 'one-to-many' });
  const endpoints = addresses.map((address): Endpoint => ({ address, port: 5001 }));
  listener.bindx(endpoints);
  listener.listen();
  return { listener, endpoints, udpPort: transport.port };
}

/** A stack through relays. */
export async function client(relays: readonly (TestRelay | string)[], encapsulationPort: number) {
  const transport = await through(relays, { encapsulationPort });
  const stack = closeLater(await Stack.create({ transport, preset: 'fast-failover' }));
  return { transport, stack };
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 40_000,
): Promise<void> {
  for (const end = performance.now() + limitMs; !(await condition()); ) {
    if (performance.now() > end) throw new Error(`${what}: not so after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The value of a metric in Prometheus' text format. */
export function metric(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

/** The datagrams of one direction, in Prometheus' text format: those that have arrived are carried, dropped or waiting. */
export function countsOf(
  text: string,
  direction: 'in' | 'out',
): Record<'arrived' | 'carried' | 'dropped' | 'waiting', number> {
  const of = (name: string) => metric(text, `usrsctp_relay_${name}{direction="${direction}"}`) ?? 0;
  const dropped = [...text.matchAll(/usrsctp_relay_dropped_total\{direction="(\w+)",reason="\w+"\} (\d+)/g)]
    .filter((match) => match[1] === direction)
    .reduce((sum, match) => sum + Number(match[2]), 0);
  return { arrived: of('arrived_total'), carried: of('datagrams_total'), dropped, waiting: of('waiting') };
}
