import { type Association, Stack } from 'usrsctp-wasm';
import { relay } from 'usrsctp-wasm/relay';
import { Conversation } from './conversation.js';
import { DELAYS_MS, type PacketEvent } from './link.js';
import { LinkedTransport } from './linked-transport.js';

/** The configuration that the site gives to the page. */
interface Setup {
  readonly relays: readonly string[];
  readonly server: { readonly addresses: readonly string[]; readonly port: number; readonly udpPort: number };
}

/** The association with the server, its transport, and the messages on it. */
export interface Session {
  readonly transport: LinkedTransport;
  readonly association: Association;
  readonly conversation: Conversation;
}

/** Connects through both relays. `seen` is called for each packet. */
export async function connect(seen: (event: PacketEvent) => void): Promise<Session> {
  const { relays, server }: Setup = await (await fetch('/setup')).json();
  const ticket = async () => (await fetch('/ticket')).text();
  const relayTransport = relay({ relays: relays.map((url) => ({ url, ticket })), encapsulationPort: server.udpPort });
  const transport = new LinkedTransport(relayTransport, DELAYS_MS, seen);
  const stack = await Stack.create({ transport, preset: 'fast-failover' });
  const endpoints = server.addresses.map((address) => ({ address, port: server.port }));
  const association = await stack.socket().connectx(endpoints, { timeoutMs: 10_000 });
  return { transport, association, conversation: new Conversation(association) };
}
