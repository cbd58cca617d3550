// Our public API as a world: in memory, on the simulated network or on the shortest way there is, and over UDP. A cold
// start is without the transports that it doesn't use: they are imported where they are.
import { Stack } from 'usrsctp-wasm';
import { between, directly } from './between.mjs';
import { simulated } from './simulated.mjs';

const VARIANTS = { small: { mtu: 1500 }, asleep: { busyPollUs: 0 } };

/** Two stacks on the simulated network, without impairments. */
export async function memory() {
  const { Network } = await import('usrsctp-wasm/simulated');
  const { clock, hosts, run } = simulated(Network);
  const stacks = await Promise.all(hosts.map(({ transport }) => Stack.create({ transport, clock })));
  return { ...between(...stacks, hosts[1].addresses[0]), run };
}

export const direct = () => directly(Stack);

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
