import { expect } from 'vitest';
import type { Association } from '../../src/association/association.js';
import type { SendOptions } from '../../src/association/messages/send-options.js';
import type { Stack } from '../../src/index.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import type { Host, Network } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';
import type { Message } from '../../src/stack/socket/message.js';
import type { TestNetwork, TestStackOptions } from '../../src/testing.js';
import { describePacket } from '../../src/wire/describe.js';

export const PORT = 5001;
export const CLIENT: readonly string[] = ['10.0.1.1', '10.0.2.1'];
export const SERVER: readonly string[] = ['10.0.1.2', '10.0.2.2'];

export interface RigOptions {
  readonly client?: readonly string[];
  readonly server?: readonly string[];
  /** The addresses that the server binds; all by default. */
  readonly bound?: readonly string[];
  readonly encapsulationPort?: number;
  readonly stack?: TestStackOptions;
  readonly socket?: SocketOptions;
}

/** Two hosts with stacks; the server listens. */
export interface Rig {
  readonly hosts: { readonly client: Host; readonly server: Host };
  readonly client: Stack;
  readonly server: Stack;
  readonly socket: Socket;
  readonly listener: Socket;
}

/** The client's end of an association, and the server's, with their sockets. */
export interface Ends {
  readonly here: Association;
  readonly there: Association;
  readonly socket: Socket;
  readonly listener: Socket;
}

export interface Connected extends Rig, Ends {}

export function endpoints(addresses: readonly string[], port: number = PORT) {
  return addresses.map((address) => ({ address, port }));
}

export async function rig(network: TestNetwork, options: RigOptions = {}): Promise<Rig> {
  const { encapsulationPort, bound } = options;
  const hostOptions = encapsulationPort === undefined ? {} : { encapsulationPort };
  const hosts = {
    client: network.host('client', options.client ?? CLIENT, hostOptions),
    server: network.host('server', options.server ?? SERVER, hostOptions),
  };
  const client = await network.stack(hosts.client, options.stack);
  const server = await network.stack(hosts.server, options.stack);
  const listener = server.socket({ ...options.socket, style: 'one-to-many' });
  listener.bindx(endpoints(bound ?? hosts.server.addresses));
  listener.listen();
  return { hosts, client, server, listener, socket: client.socket(options.socket) };
}

/** Two stacks with an association, set up to these addresses, or to all by default. */
export async function connected(
  network: TestNetwork,
  options: RigOptions & { readonly peers?: readonly string[] } = {},
): Promise<Connected> {
  const all = await rig(network, options);
  const peers = endpoints(options.peers ?? options.bound ?? all.hosts.server.addresses);
  const [here, there] = await Promise.all([all.socket.connectx(peers), all.listener.accept()]);
  return { ...all, here, there };
}

/** Shuts the association down from the client's side, and closes the sockets. */
export async function finish({ here, there, socket, listener }: Ends): Promise<void> {
  await Promise.all([here.close(), there.closed]);
  await Promise.all([socket.close(), listener.close()]);
}

/** A message of `length` bytes that contains its number. */
export function numbered(number: number, length = 100): Uint8Array {
  const bytes = new Uint8Array(Math.max(4, length)).fill(number & 0xff);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

export function numberOf({ data }: Message): number {
  return new DataView(data.buffer, data.byteOffset).getUint32(0);
}

/** Sends messages 0 to `count − 1`, each when the previous one was accepted. */
export async function sendAll(from: Association, count: number, length = 1000, options?: SendOptions): Promise<void> {
  for (let number = 0; number < count; number++) await from.send(numbered(number, length), options);
}

/** Receives `count` messages, checks that they are complete, and returns their numbers. */
export async function receiveAll(to: Association, count: number): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < count) {
    const message = await to.receive();
    if (message === undefined) throw new Error(`the peer has shut down after ${numbers.length} of ${count} messages`);
    const number = numberOf(message);
    expect(message.data.subarray(4).every((byte) => byte === (number & 0xff))).toBe(true);
    numbers.push(number);
  }
  return numbers;
}

/** Sends messages in one direction and checks that each arrives once, in order. */
export async function transfer(from: Association, to: Association, count: number, length = 1000): Promise<void> {
  const [numbers] = await Promise.all([receiveAll(to, count), sendAll(from, count, length)]);
  expect(numbers).toEqual(upTo(count));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** Drops every packet from a host that begins with such a chunk, until the returned function is called. */
export function dropChunks(network: Network, from: Host, chunk: string): () => void {
  return network.filter(({ bytes }, sender) =>
    sender === from && isChunk(describePacket(bytes), chunk) ? 'drop' : undefined,
  );
}

/** Drops every packet from a host except those that begin with such chunks. */
export function dropAllBut(network: Network, from: Host, ...chunks: readonly string[]): () => void {
  return network.filter(({ bytes }, sender) => {
    const isWanted = chunks.some((chunk) => isChunk(describePacket(bytes), chunk));
    return sender === from && !isWanted ? 'drop' : undefined;
  });
}

function isChunk(description: string, chunk: string): boolean {
  const [first = ''] = description.split(' + ');
  return (
    first === chunk ||
    (/^(DATA|SACK|SHUTDOWN|ABORT)$/.test(chunk) && /^\S+ [^A-Z]/.test(first) && first.startsWith(`${chunk} `))
  );
}

/** The number of packets of a host in the trace that begin with such a chunk. */
export function countChunks(network: Network, from: Host, chunk: string): number {
  const own = network.trace.entries().filter((entry) => entry.from === from.name);
  return own.filter(({ bytes }) => isChunk(describePacket(bytes), chunk)).length;
}
