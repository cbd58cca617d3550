import { expect } from 'vitest';
import type { Address } from '../../src/address.js';
import type { Association } from '../../src/association/association.js';
import type { ErrorCode, SctpError } from '../../src/errors.js';
import { Stack, type StackOptions } from '../../src/index.js';
import { type Host, type HostOptions, type Network, type ScenarioOptions, scenario } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { decodePacket } from '../../src/wire/decode.js';

export const PORT = 5001;
export const STYLES = ['one-to-one', 'one-to-many'] as const;

/** The addresses of two hosts in three networks: two of IPv4, one of IPv6. */
export const CLIENT: readonly Address[] = ['10.0.1.1', '10.0.2.1', '2001:db8:3::1'];
export const SERVER: readonly Address[] = ['10.0.1.2', '10.0.2.2', '2001:db8:3::2'];
/** An address that no host has. */
export const NOBODY: Address = '10.0.1.99';

/** A client and a server on a simulated network. */
export interface ClientAndServer {
  readonly network: Network;
  readonly hosts: { readonly client: Host; readonly server: Host };
  readonly client: Stack;
  readonly server: Stack;
}

export interface ClientAndServerOptions extends Partial<ScenarioOptions> {
  readonly clientAddresses?: readonly string[];
  readonly serverAddresses?: readonly string[];
  readonly clientHost?: HostOptions;
  readonly serverHost?: HostOptions;
  readonly stack?: Partial<StackOptions>;
}

/** Runs a test with a client and a server, then closes them. Both must have freed all memory. */
export async function withClientAndServer(
  options: ClientAndServerOptions,
  body: (both: ClientAndServer) => Promise<void>,
): Promise<void> {
  const { clientAddresses = CLIENT, serverAddresses = SERVER, clientHost, serverHost, stack, ...rest } = options;
  await scenario({ seed: 1, ...rest }, async (network) => {
    const client = network.host('client', clientAddresses, clientHost);
    const server = network.host('server', serverAddresses, serverHost);
    const create = ({ transport, random }: Host) => Stack.create({ ...stack, transport, random, clock: network.clock });
    const stacks = await network.standStill(Promise.all([create(client), create(server)]));
    const clientAndServer = { network, hosts: { client, server }, client: stacks[0], server: stacks[1] };
    await body(clientAndServer);
    for (const each of stacks) for (const socket of each.sockets) socket.abort();
    await Promise.all(stacks.map((each) => each.close()));
    expect(stacks.map((each) => each.memoryInUse)).toEqual([0, 0]);
  });
}

/** Endpoints with these addresses. */
export function at(addresses: readonly Address[], port: number = PORT): { address: Address; port: number }[] {
  return addresses.map((address) => ({ address, port }));
}

/** A one-to-many socket that listens at some addresses. All of its associations are in `associations`. */
export function listening(stack: Stack, addresses: readonly Address[] = SERVER, port: number = PORT): Socket {
  const socket = stack.socket({ style: 'one-to-many' });
  socket.bindx(at(addresses, port));
  socket.listen();
  return socket;
}

/** The error that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<SctpError> {
  try {
    await promise;
  } catch (error) {
    return error as SctpError;
  }
  throw new Error('it did not fail');
}

/** Expects a promise to reject with a code, and returns the error. */
export async function rejected(promise: Promise<unknown>, code: ErrorCode): Promise<SctpError> {
  const error = await failureOf(promise);
  expect(error).toMatchObject({ name: 'SctpError', code });
  return error;
}

/** Checks that messages are delivered in both directions. */
export async function exchange(client: Association, server: Association): Promise<void> {
  await client.send('request');
  await server.send('answer');
  const texts = [await server.receive(), await client.receive()].map((message) => text(message?.data));
  expect(texts).toEqual(['request', 'answer']);
}

/** The only association of a socket. */
export function only(socket: Socket): Association {
  expect(socket.associations).toHaveLength(1);
  return socket.associations[0]!;
}

/** The packets in the trace that have a chunk of a type, in order of sending. */
export function packetsWith(network: Network, type: string): ReturnType<Network['trace']['entries']> {
  return network.trace.entries().filter(({ bytes }) => decodePacket(bytes).chunks.some((chunk) => chunk.type === type));
}

/** The destinations of all INITs, in order. */
export function initsOf(network: Network): Address[] {
  return packetsWith(network, 'INIT').map(({ destination }) => destination);
}

/** Drops all packets from and to an address. */
export function cut(network: Network, address: Address): void {
  network.filter((packet) => (packet.destination === address || packet.source === address ? 'drop' : undefined));
}

/** Replaces the first packet with a chunk of a type by an ABORT with a reason, with the same verification tag. */
export function abortInPlaceOf(network: Network, type: string, reason: string): void {
  let done = false;
  network.filter((packet) => {
    const decoded = decodePacket(packet.bytes);
    if (done || !decoded.chunks.some((chunk) => chunk.type === type)) return undefined;
    done = true;
    return { ...packet, bytes: abortPacket(packet.bytes, reason) };
  });
}

function abortPacket(original: Uint8Array, reason: string): Uint8Array {
  const text_ = new TextEncoder().encode(reason);
  const bytes = new Uint8Array(12 + 4 + 4 + ((text_.length + 3) & ~3));
  bytes.set(original.subarray(0, 8));
  const view = new DataView(bytes.buffer);
  view.setUint32(12, (6 << 24) | (8 + text_.length)); // ABORT
  view.setUint32(16, (12 << 16) | (4 + text_.length)); // User-Initiated Abort
  bytes.set(text_, 20);
  sealPacket(bytes);
  return bytes;
}

export function text(data: Uint8Array | undefined): string | undefined {
  return data && new TextDecoder().decode(data);
}
