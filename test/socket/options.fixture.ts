import * as C from '../../src/generated/constants.js';
import { Stack, type StackOptions } from '../../src/index.js';
import type { Network } from '../../src/simulated.js';
import type { Socket } from '../../src/socket/socket.js';

/** A client and a server with two addresses each. */
export async function stacks(network: Network, more: Partial<StackOptions> = {}) {
  const create = (name: string, addresses: string[]) => {
    const { transport, random } = network.host(name, addresses);
    return Stack.create({ transport, random, clock: network.clock, ...more });
  };
  const client = create('client', ['10.0.1.1', '10.0.2.1']);
  const server = create('server', ['10.0.1.2', '10.0.2.2']);
  const [clientStack, serverStack] = await network.standStill(Promise.all([client, server]));
  return { clientStack, serverStack };
}

const FEATURES = { dynamicAddresses: true, authentication: true, reconfiguration: true, streamReset: 7 } as const;

/** Enables all extensions on a socket. */
export function configured(socket: Socket): Socket {
  socket.setOption('authentication', true);
  for (const chunk of [C.SCTP_ASCONF, C.SCTP_ASCONF_ACK]) socket.setOption('authenticatedChunk', chunk);
  for (const [name, value] of Object.entries(FEATURES)) socket.setOption(name as 'ecn', value as boolean);
  return socket;
}

/** An association with all extensions, and a new socket. */
export async function connected(network: Network) {
  const { clientStack, serverStack } = await stacks(network, { sysctls: { sctp_cmt_on_off: 1 } });
  const listener = configured(serverStack.socket({ style: 'one-to-many' }));
  const peers = ['10.0.1.2', '10.0.2.2'].map((address) => ({ address, port: 5001 }));
  listener.bindx(peers);
  const accepted = listener.listen()[Symbol.asyncIterator]();
  const client = configured(clientStack.socket({ style: 'one-to-many' }));
  const association = await client.connectx(peers);
  const { value: server } = await accepted.next();
  return { client, association, server, listener, fresh: clientStack.socket(), path: '10.0.2.2' };
}
