import { expect, test } from 'vitest';
import { Network } from '../../src/simulated.js';
import { listen, numbered, pair } from './fixture.js';

test('an address that moves to another host travels under the conditions of that host', async () => {
  const { network, left, right } = await pair({ latencyMs: 1 });
  const third = await listen(network, network.host('third', ['10.0.0.3']));
  network.link(left.host, right.host, { latencyMs: 100 });
  left.send('10.0.0.2', 1);
  right.send('10.0.0.1', 1);
  await network.advance(1000);
  right.host.addressDown('10.0.0.2');
  third.host.addressUp('10.0.0.2');
  left.send('10.0.0.2', 2);
  third.host.transport.send([
    { source: '10.0.0.2', destination: '10.0.0.1', port: 0, trafficClass: 0, bytes: numbered(2) },
  ]);
  await network.runUntilIdle();
  expect([right.times, third.times, left.times]).toEqual([[100], [1001], [100, 1001]]);
});

test('a public address that a NAT takes anew has the conditions of its own', async () => {
  const network = new Network({ seed: 1, conditions: { latencyMs: 1 } });
  const inside = await listen(network, network.host('inside', ['192.168.0.2'], { encapsulationPort: 9899 }));
  const server = await listen(network, network.host('server', ['198.51.100.1'], { encapsulationPort: 9899 }));
  const nat = network.nat({ inside: inside.host, outside: ['203.0.113.1', '203.0.113.2'] });
  network.oneWay('203.0.113.2', '*', { latencyMs: 50 });
  inside.send('198.51.100.1', 1, 100, 9899);
  await network.advance(1000);
  nat.rebind();
  inside.send('198.51.100.1', 2, 100, 9899);
  await network.runUntilIdle();
  expect(server.packets.map(({ source }) => source)).toEqual(['203.0.113.1', '203.0.113.2']);
  expect(server.times).toEqual([1, 1050]);
});
