import { expect, test } from 'vitest';
import { Stack } from '../src/index.js';
import { type Network, scenario } from '../src/simulated.js';

const PORT = 5001;

/** A client stack, and a server stack that accepts. */
async function connectable(network: Network, clientAddresses: string[], serverAddresses: string[]) {
  const { clock } = network;
  const [client, server] = [network.host('client', clientAddresses), network.host('server', serverAddresses)];
  const [a, b] = await network.standStill(
    Promise.all([
      Stack.create({ transport: client.transport, clock, random: client.random }),
      Stack.create({ transport: server.transport, clock, random: server.random }),
    ]),
  );
  const listener = b.socket();
  listener.bindx([{ address: '::', port: PORT }]);
  listener.listen();
  return { socket: a.socket(), listener };
}

test('two stacks on one machine reach each other by different loopback addresses', async () => {
  await scenario({ seed: 1 }, async (network) => {
    const { socket, listener } = await connectable(network, ['127.0.0.1'], ['127.0.0.2']);
    const association = await socket.connect({ address: '127.0.0.2', port: PORT });
    const peer = await listener.accept();
    await association.send('hello');
    expect((await peer.receive())?.data.length).toBe(5);
    await Promise.all([association.close(), peer.closed]);
  });
});

test('the first round-trip time is measured from the last INIT, not from a lost one', async () => {
  await scenario({ seed: 2, conditions: { latencyMs: 5 } }, async (network) => {
    const { socket } = await connectable(network, ['10.0.1.1', '10.0.2.1'], ['10.0.1.2']);
    const association = await socket.connectx([
      { address: '10.0.2.2', port: PORT }, // an unassigned address, which costs one RTO.Initial
      { address: '10.0.1.2', port: PORT },
    ]);
    expect(association.setup.elapsedMs).toBeGreaterThan(1000);
    expect(association.paths()[0]).toMatchObject({ address: '10.0.1.2', srttMs: 10 });
    await association.close();
  });
});

test('a packet has the source address of the route to its destination', async () => {
  await scenario({ seed: 3 }, async (network) => {
    const addresses = (host: number) => [`10.0.1.${host}`, `10.0.2.${host}`, `fd00::${host}`];
    const { socket } = await connectable(network, addresses(1), addresses(2));
    const seen = new Set<string>();
    network.filter((packet) => {
      seen.add(`${packet.source} > ${packet.destination}`);
      return packet;
    });
    const association = await socket.connectx(addresses(2).map((address) => ({ address, port: PORT })));
    await network.advance(60_000); // heartbeats on every path in both directions
    const paths = addresses(1).flatMap((address, path) => {
      const peer = addresses(2)[path];
      return [`${address} > ${peer}`, `${peer} > ${address}`];
    });
    expect([...seen].sort()).toEqual(paths.sort());
    await association.close();
  });
});
