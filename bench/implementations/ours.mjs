// Our public API: in memory, on the simulated network or on a direct transport, and over UDP. A transport is imported
// only where it is used.
import { Stack } from 'usrsctp-wasm';
import { simulated } from './simulated.mjs';
import { connecting, directStacks } from './stacks.mjs';

const VARIANTS = { small: { mtu: 1500 }, asleep: { busyPollUs: 0 } };

/** Two stacks on the simulated network, without impairments. */
export async function memory() {
  const { Network } = await import('usrsctp-wasm/simulated');
  const { clock, hosts, run } = simulated(Network);
  const stacks = await Promise.all(hosts.map(({ transport }) => Stack.create({ transport, clock })));
  return { ...connecting(...stacks, hosts[1].addresses[0]), run };
}

export const direct = () => directStacks(Stack);

/**
 * `ours.small` has packets of 1,500 bytes, as native usrsctp does, and not as large as loopback allows. `ours.asleep`
 * has no busy polling.
 */
export async function server(port, variant) {
  const { udp } = await import('usrsctp-wasm/udp');
  const transport = udp({ addresses: ['127.0.0.1'], port, ...VARIANTS[variant] });
  return connecting(undefined, await Stack.create({ transport }), '127.0.0.1');
}

export async function client(port, variant) {
  const { udp } = await import('usrsctp-wasm/udp');
  const transport = udp({ addresses: ['127.0.0.1'], port: port + 1, encapsulationPort: port, ...VARIANTS[variant] });
  return connecting(await Stack.create({ transport }), undefined, '127.0.0.1');
}
