import { expect, test } from 'vitest';
import type { PathEvent } from '../../src/index.js';
import { Stack } from '../../src/index.js';
import { scenario } from '../../src/simulated.js';

test('an address that the peer did not list causes no more path events', async () => {
  await scenario({ seed: 1 }, async (network) => {
    const { clock } = network;
    const create = ({ transport, random }: ReturnType<typeof network.host>) =>
      Stack.create({ transport, random, clock, preset: 'fast-failover' });
    const [client, server] = await network.standStill(
      Promise.all([create(network.host('client', ['10.0.1.1'])), create(network.host('server', ['10.0.1.2']))]),
    );
    const listener = server.socket();
    listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
    listener.listen();
    const peers = ['10.0.1.9', '10.0.1.2'].map((address) => ({ address, port: 5001 }));
    const association = await client.socket().connectx(peers);
    expect(association.setup.dropped).toEqual(['10.0.1.9']);
    const events: PathEvent[] = [];
    association.on('path', (event) => events.push(event));
    await network.advance(30_000);
    expect(events).toEqual([]);
  });
});
