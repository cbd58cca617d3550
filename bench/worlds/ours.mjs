// Our public API as a world: in memory, on the simulated network or on the shortest way there is, and over UDP. A cold
// start is without the transports that it doesn't use: they are imported where they are.
import { Stack } from 'usrsctp-wasm';
import { simulated } from './simulated.mjs';
import { wire } from './wire.mjs';

const PORT = 5001;
const VARIANTS = { small: { mtu: 1500 }, asleep: { busyPollUs: 0 } };

/** Two stacks on the simulated network, without impairments. */
export async function memory() {
  const { Network } = await import('usrsctp-wasm/simulated');
  const { clock, hosts, run } = simulated(Network);
  const stacks = await Promise.all(hosts.map(({ transport }) => Stack.create({ transport, clock })));
  return { ...between(...stacks, hosts[1].addresses[0]), run };
}

/** Two stacks on a transport that hands packets over in the next turn of the event loop. */
export async function direct() {
  const transports = wire('10.0.0.1', '10.0.0.2');
  const stacks = await Promise.all(transports.map((transport) => Stack.create({ transport })));
  return between(...stacks, '10.0.0.2');
}

/** `ours.small`: with packets of 1,500 bytes, as native usrsctp's are, in place of what loopback takes; `ours.asleep`: see rows.mjs. */
export async function server(port, variant) {
  const { udp } = await import('usrsctp-wasm/udp');
  const transport = udp({ addresses: ['127.0.0.1'], port, ...VARIANTS[variant] });
  return between(undefined, await Stack.create({ transport }), '127.0.0.1');
}

export async function client(port, variant) {
  const { udp } = await import('usrsctp-wasm/udp');
  const transport = udp({ addresses: ['127.0.0.1'], port: port + 1, encapsulationPort: port, ...VARIANTS[variant] });
  return between(await Stack.create({ transport }), undefined, '127.0.0.1');
}

/** What connects from one stack to another; each may be in another process. */
export function between(client, server, address) {
  const listener = server?.socket();
  listener?.bindx([{ address, port: PORT }]);
  listener?.listen();
  return {
    connect: async () => endOf(await client.socket().connect({ address, port: PORT })),
    accept: async () => endOf(await listener.accept()),
    wasmBytes: () => client.memoryInUse + server.memoryInUse,
  };
}

function endOf(association) {
  return {
    send: (data) => association.send(data),
    async receive(handler) {
      for await (const { data } of association) handler(data);
    },
    close: () => association.close(),
  };
}
