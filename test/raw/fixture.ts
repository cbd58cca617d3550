import {
  AF_INET,
  IPPROTO_SCTP,
  SCTP_EVENT,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  type SocketHandle,
  type Usrsctp,
  usrsctp_init,
} from '../../src/raw.js';
import type { Host, Network } from '../../src/simulated.js';

export const PORT = 5001;
export const SERVER_ADDRESSES = ['10.0.1.2', '10.0.2.2'];
export const CLIENT_ADDRESSES = ['10.0.1.1', '10.0.2.1'];
export const SERVER = SERVER_ADDRESSES.map((address) => ({ address, port: PORT }));

export async function start(network: Network, host: Host): Promise<Usrsctp> {
  const { transport, random } = host;
  return network.standStill(usrsctp_init({ transport, random, clock: network.clock }));
}

/** Two hosts with two addresses each. */
export async function two(network: Network): Promise<{ client: Usrsctp; server: Usrsctp }> {
  const client = await start(network, network.host('client', CLIENT_ADDRESSES));
  const server = await start(network, network.host('server', SERVER_ADDRESSES));
  return { client, server };
}

export function open(usrsctp: Usrsctp, type: number = SOCK_STREAM, ...events: number[]): SocketHandle {
  const so = usrsctp.usrsctp_socket(AF_INET, type, IPPROTO_SCTP);
  if (so === null) throw new Error(`usrsctp_socket: ${usrsctp.errno}`);
  for (const se_type of events) {
    usrsctp.usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_EVENT, { se_type, se_on: 1 });
  }
  return so;
}

/** A listening socket of the server, of either style. */
export function listening(server: Usrsctp, type: number = SOCK_SEQPACKET, ...events: number[]): SocketHandle {
  const so = open(server, type, ...events);
  server.usrsctp_bind(so, { address: '0.0.0.0', port: PORT });
  server.usrsctp_listen(so, 1);
  return so;
}

/** A client and the server's accepted socket, with an association up. */
export async function connected(network: Network, ...events: number[]) {
  const { client, server } = await two(network);
  const listener = listening(server, SOCK_STREAM, ...events);
  const so = open(client, SOCK_STREAM, ...events);
  const id: { id?: number } = {};
  client.usrsctp_connectx(so, SERVER, id);
  await network.advance(1000);
  const accepted = server.usrsctp_accept(listener);
  if (accepted === null) throw new Error(`usrsctp_accept: ${server.errno}`);
  return { client, server, so, accepted, listener, id: id.id ?? 0 };
}
