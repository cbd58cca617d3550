import { expect, test } from 'vitest';
import { type Association, Stack } from '../../src/index.js';
import { type Network, scenario } from '../../src/simulated.js';
import { ADDRESSES, connected, newStack, SERVER, withTwoStacks } from '../support/two-stacks.js';

const MTU = 65_535;
const COUNT = 150;

/** Two stacks with the largest packets that IP allows. */
async function stacksWithLargePackets(network: Network): Promise<Stack[]> {
  const hosts = [ADDRESSES.client, ADDRESSES.server].map((addresses, index) => {
    return network.host(`${index}`, addresses, { mtu: MTU });
  });
  return network.standStill(
    Promise.all(hosts.map(({ transport, random }) => Stack.create({ transport, random, clock: network.clock }))),
  );
}

// wasm/network/packets.c: packets that do not fit into the outbox are dropped, as in an IP queue
test('no message is lost when the timers of 150 associations overflow the outbox', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 }, limitMs: 1e7 }, async (network) => {
    const [client, server] = await stacksWithLargePackets(network);
    const listener = server!.socket();
    listener.bindx(SERVER);
    listener.listen({ backlog: COUNT });
    const pairs: [Association, Association][] = [];
    for (let count = 0; count < COUNT; count++) {
      pairs.push(await Promise.all([client!.socket().connect(SERVER[0]!), listener.accept()]));
    }
    const heal = network.partition('10.0.1.2');
    const sent = pairs.map(([association], number) => association.send(new Uint8Array(100_000).fill(number)));
    await network.advance(500);
    heal();
    for (const [number, [, association]] of pairs.entries()) {
      const message = (await association.receive())!;
      expect(Buffer.compare(message.data, new Uint8Array(100_000).fill(number))).toBe(0);
    }
    await Promise.all(sent);
    expect(client!.statistics().packets.sendErrors).toBeGreaterThan(0);
  }));

// sctp_initiate_iterator() visits all associations of a socket in any state.
test('a new local address is announced on each association of a socket, even if two other peers do not answer', () =>
  withTwoStacks(
    async (stacks) => {
      const { network, serverHost } = stacks;
      const { a, serverSocket } = await connected(stacks, {}, { style: 'one-to-many' });
      const connect = async (address: string) => {
        const stack = await newStack(network, network.host(address, [address]));
        return Promise.all([stack.socket().connect(SERVER[0]!), serverSocket.accept()]);
      };
      const [silent] = await connect('10.0.1.11');
      const [, closing] = await connect('10.0.1.12');
      const [last] = await connect('10.0.1.13');
      for (const address of ['10.0.1.11', '10.0.1.12']) network.partition(address);
      const closed = closing.close().catch(() => {});
      await network.advance(100);
      serverHost.addressUp('10.0.1.99');
      serverSocket.addLocal([{ address: '10.0.1.99' }]);
      await network.advance(3000);
      for (const association of [a, last]) {
        expect(association.paths().map(({ address }) => address)).toContain('10.0.1.99');
      }
      expect(silent.paths()).toHaveLength(2);
      await network.advance(600_000); // the associations without answers end and delay no other
      await closed;
      expect(serverSocket.associations).toHaveLength(2);
      await last.send('still here');
    },
    { limitMs: 1e7 },
  ));
