import { type Association, Stack } from 'usrsctp-wasm';
import { Network, RealTimeClock } from 'usrsctp-wasm/simulated';
import type { ClientNetwork } from './session.js';

const SCTP_PORT = 5001;
const CLIENT = ['10.0.1.1', '10.0.2.1'];
const SERVER = ['10.0.1.2', '10.0.2.2'];

/** A network in this worker, with a server that echoes messages: nothing leaves the page. */
export async function simulatedNetwork(): Promise<ClientNetwork> {
  const network = new Network({ seed: Date.now(), clock: new RealTimeClock() });
  const client = network.host('client', CLIENT);
  const server = network.host('server', SERVER);
  const stack = await Stack.create({ transport: server.transport, preset: 'fast-failover' });
  const listener = stack.socket();
  const endpoints = SERVER.map((address) => ({ address, port: SCTP_PORT }));
  listener.bindx(endpoints);
  listener.on('association', (association) => void echo(association));
  listener.listen();
  return {
    transport: client.transport,
    linkOf: (local) => (local === undefined ? -1 : CLIENT.indexOf(local)),
    server: endpoints,
  };
}

async function echo(association: Association): Promise<void> {
  try {
    for await (const { data, stream } of association) await association.send(data, { stream });
  } catch {
    // The association has ended, which the page shows.
  }
}
