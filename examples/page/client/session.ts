import { type Association, Stack } from 'usrsctp-wasm';
import { relay } from 'usrsctp-wasm/relay';
import { Conversation } from './conversation.js';
import { DELAYS_MS, type Sighting } from './lane.js';
import { Wires } from './wires.js';

/** What the site tells the page. */
interface Setup {
  readonly relays: readonly string[];
  readonly server: { readonly addresses: readonly string[]; readonly port: number; readonly udpPort: number };
}

/** An association with the server, and all that is below and above it. */
export interface Session {
  readonly wires: Wires;
  readonly association: Association;
  readonly conversation: Conversation;
}

/** Connects through both relays. `seen` hears of each packet. */
export async function connect(seen: (sighting: Sighting) => void): Promise<Session> {
  const { relays, server }: Setup = await (await fetch('/setup')).json();
  const ticket = async () => (await fetch('/ticket')).text();
  const transport = relay({ relays: relays.map((url) => ({ url, ticket })), encapsulationPort: server.udpPort });
  const wires = new Wires(transport, DELAYS_MS, seen);
  const stack = await Stack.create({ transport: wires, preset: 'fast-failover' });
  const endpoints = server.addresses.map((address) => ({ address, port: server.port }));
  const association = await stack.socket().connectx(endpoints, { timeoutMs: 10_000 });
  return { wires, association, conversation: new Conversation(association) };
}
