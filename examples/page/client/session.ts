import { type Address, type Association, type Peer, Stack, type Transport } from 'usrsctp-wasm';
import { Conversation } from './conversation.js';
import { DELAYS_MS, type PacketEvent } from './link.js';
import { LinkedTransport } from './linked-transport.js';

/** A network with a server, and the client's transport in it. The links of the page are put in between. */
export interface ClientNetwork {
  readonly transport: Transport;
  /** Which link a local address of the transport has: 0, 1, or -1 for none. */
  readonly linkOf: (local: Address | undefined) => number;
  readonly server: readonly Peer[];
}

/** The association with the server, its transport, and the messages on it. */
export interface Session {
  readonly transport: LinkedTransport;
  readonly association: Association;
  readonly conversation: Conversation;
}

/** Connects to the server of a network. `seen` is called for each packet. */
export async function connect(network: ClientNetwork, seen: (event: PacketEvent) => void): Promise<Session> {
  const transport = new LinkedTransport(network.transport, network.linkOf, DELAYS_MS, seen);
  const stack = await Stack.create({ transport, preset: 'fast-failover' });
  const association = await stack.socket().connectx(network.server, { timeoutMs: 10_000 });
  return { transport, association, conversation: new Conversation(association) };
}
