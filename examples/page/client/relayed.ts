import { relay } from 'usrsctp-wasm/relay';
import type { ClientNetwork } from './session.js';

/** The configuration that the site gives to the page. */
interface Setup {
  readonly relays: readonly string[];
  readonly server: { readonly addresses: readonly string[]; readonly port: number; readonly udpPort: number };
}

/** The relays and the server of the site. Each relay has a link. */
export async function relayedNetwork(): Promise<ClientNetwork> {
  const { relays, server }: Setup = await (await fetch('/setup')).json();
  const ticket = async () => (await fetch('/ticket')).text();
  const transport = relay({ relays: relays.map((url) => ({ url, ticket })), encapsulationPort: server.udpPort });
  return {
    transport,
    linkOf: (local) =>
      transport.relays.findIndex(({ addresses }) => addresses.some(({ address }) => address === local)),
    server: server.addresses.map((address) => ({ address, port: server.port })),
  };
}
