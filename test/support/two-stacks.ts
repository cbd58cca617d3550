import type { Association } from '../../src/association/association.js';
import { Stack, type StackOptions } from '../../src/index.js';
import type { SocketOptions } from '../../src/options/socket-options.js';
import { type Host, type HostOptions, type Network, type ScenarioOptions, scenario } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';
import type { Message } from '../../src/stack/socket/message.js';

export const PORT = 5001;

/** Two hosts on a simulated network, each with two addresses and a stack. */
export interface TwoStacks {
  readonly network: Network;
  readonly clientHost: Host;
  readonly serverHost: Host;
  readonly client: Stack;
  readonly server: Stack;
}

export interface TwoStacksOptions extends Partial<ScenarioOptions> {
  /** Options of both stacks. */
  readonly stack?: Omit<StackOptions, 'transport' | 'clock' | 'random'>;
  /** Options of both hosts. */
  readonly host?: HostOptions;
  readonly addresses?: { readonly client: readonly string[]; readonly server: readonly string[] };
}

export const ADDRESSES = { client: ['10.0.1.1', '10.0.2.1'], server: ['10.0.1.2', '10.0.2.2'] } as const;

/** The endpoints on which the server listens. */
export const SERVER = ADDRESSES.server.map((address) => ({ address, port: PORT }));

/** Runs a test on two new stacks in virtual time. An error includes the seed and the last packets. */
export function withTwoStacks<T>(body: (stacks: TwoStacks) => Promise<T>, options: TwoStacksOptions = {}): Promise<T> {
  const { stack = {}, host = {}, addresses = ADDRESSES, seed = 1, ...rest } = options;
  return scenario({ seed, ...rest }, async (network) => {
    const clientHost = network.host('client', addresses.client, host);
    const serverHost = network.host('server', addresses.server, host);
    const client = await newStack(network, clientHost, stack);
    const server = await newStack(network, serverHost, stack);
    return body({ network, clientHost, serverHost, client, server });
  });
}

/** Creates a stack on a host, also after a restart of the host. */
export function newStack(network: Network, host: Host, options: TwoStacksOptions['stack'] = {}): Promise<Stack> {
  const { transport, random } = host;
  return network.standStill(Stack.create({ transport, clock: network.clock, random, ...options }));
}

/** A listening socket on the server. */
export function listening(stacks: TwoStacks, options: SocketOptions = {}, backlog = 128): Socket {
  const socket = stacks.server.socket(options);
  socket.bindx(SERVER);
  socket.listen({ backlog });
  return socket;
}

export interface Pair {
  readonly a: Association;
  readonly b: Association;
  readonly clientSocket: Socket;
  readonly serverSocket: Socket;
}

/** Connects the two stacks: `a` is the client's association, `b` the server's. */
export async function connected(
  stacks: TwoStacks,
  clientOptions: SocketOptions = {},
  serverOptions: SocketOptions = {},
): Promise<Pair> {
  const serverSocket = listening(stacks, serverOptions);
  const clientSocket = stacks.client.socket(clientOptions);
  const [a, b] = await Promise.all([clientSocket.connectx(SERVER), serverSocket.accept()]);
  return { a, b, clientSocket, serverSocket };
}

/** All messages until the association ends. */
export async function all(association: Association): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of association) messages.push(message);
  return messages;
}

export async function texts(association: Association): Promise<string[]> {
  return (await all(association)).map(textOf);
}

export function textOf(message: Pick<Message, 'data'> | undefined): string {
  return new TextDecoder().decode(message?.data);
}

/** Pseudo-random bytes, different for each seed. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2654435761) >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export function isEqual(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

/** The error of a promise that must reject. */
export async function failure(promise: Promise<unknown>): Promise<Error & { code?: string; abort?: unknown }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it should have failed');
}

/** The code of the SctpError that a promise must reject with. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return (await failure(promise)).code;
}
