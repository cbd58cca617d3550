// Our public API: in memory, on the simulated network or on a direct transport, and over UDP. A transport is imported
// only where it is used.
import { Stack } from 'usrsctp-wasm';
import { simulated } from './simulated.mjs';
import { connecting, directStacks } from './stacks.mjs';

const VARIANTS = { small: { mtu: 1500 }, asleep: { busyPollUs: 0 }, batches: { mtu: 1500 } };

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
 * has no busy polling. `ours.batches` is small, and sends and receives many packets in one system call; `ours.ip` does
 * that without UDP.
 */
export async function server(port, variant) {
  return connecting(
    undefined,
    await Stack.create({ transport: await transportOf(variant, '127.0.0.1', port) }),
    '127.0.0.1',
  );
}

export async function client(port, variant) {
  const address = variant === 'ip' ? '127.0.0.2' : '127.0.0.1';
  const transport = await transportOf(variant, address, port + 1, port);
  return connecting(await Stack.create({ transport }), undefined, '127.0.0.1');
}

async function transportOf(variant, address, port, encapsulationPort = 9899) {
  const addresses = [address];
  if (variant === 'ip') {
    const { ip } = await import('usrsctp-wasm/native');
    return ip({ addresses, mtu: 1500 });
  }
  const entry = variant?.startsWith('batches') ? 'native' : 'udp';
  const { udp } = await import(`usrsctp-wasm/${entry}`);
  return udp({ addresses, port, encapsulationPort, ...VARIANTS[variant] });
}
