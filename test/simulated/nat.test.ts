import { describe, expect, test } from 'vitest';
import { type NatOptions, Network } from '../../src/simulated.js';
import { init, sctp } from '../support/packets.js';
import { type Listener, listen } from './fixture.js';

const UDP = { encapsulationPort: 9899 };

/** A phone and a tablet behind a NAT, and two servers outside. */
async function home(options: Partial<NatOptions> = {}, host: { encapsulationPort?: number } = UDP) {
  const network = new Network({ seed: 1 });
  const add = (name: string, address: string) => listen(network, network.host(name, [address], host));
  const phone = await add('phone', '192.168.0.2');
  const tablet = await add('tablet', '192.168.0.3');
  const server = await add('server', '198.51.100.1');
  const other = await add('other', '198.51.100.2');
  const inside = ['192.168.0.2', tablet.host];
  const nat = network.nat({ inside, outside: ['203.0.113.1', '203.0.113.2'], ...options });
  return { network, phone, tablet, server, other, nat };
}

/** Sends a packet, and returns its source on arrival. */
async function arrival({ network }: { network: Network }, from: Listener, to: Listener, number = 1) {
  const before = to.packets.length;
  from.send(to.host.addresses[0]!, number, 100, 9899);
  await network.runUntilIdle();
  const packet = to.packets[before];
  return packet && `${packet.source}:${packet.port}`;
}

/** Answers the source of the last packet. */
async function answer({ network }: { network: Network }, from: Listener, number = 2) {
  const { source, port } = from.packets.at(-1)!;
  from.send(source, number, 100, port);
  await network.runUntilIdle();
}

describe('UDP through a NAT', () => {
  test('hosts inside share a public address, each with a port of its own, and answers reach them', async () => {
    const all = await home();
    expect(await arrival(all, all.phone, all.server)).toBe('203.0.113.1:40000');
    await answer(all, all.server, 7);
    expect(await arrival(all, all.tablet, all.server)).toBe('203.0.113.1:40001');
    await answer(all, all.server, 8);
    expect([all.phone.numbers, all.tablet.numbers]).toEqual([[7], [8]]);
    expect(all.phone.packets[0]).toMatchObject({ source: '198.51.100.1', destination: '192.168.0.2', port: 9899 });
  });

  test('a host that nothing was sent to cannot send in, nor to a private address', async () => {
    const all = await home();
    await arrival(all, all.phone, all.server);
    all.other.send('203.0.113.1', 3, 100, 40_000);
    all.server.send('203.0.113.1', 4, 100, 40_001);
    all.server.send('192.168.0.2', 5, 100, 9899);
    await all.network.runUntilIdle();
    expect(all.phone.numbers).toEqual([]);
    expect(
      all.network.trace
        .entries()
        .slice(1)
        .map(({ outcome }) => outcome),
    ).toEqual(new Array(3).fill('no NAT mapping'));
  });

  test('inside, hosts talk without translation', async () => {
    const all = await home();
    expect(await arrival(all, all.phone, all.tablet)).toBe('192.168.0.2:9899');
  });

  test('the same port serves all destinations, unless the mapping depends on them', async () => {
    const all = await home();
    expect(await arrival(all, all.phone, all.server)).toBe(await arrival(all, all.phone, all.other));
    const symmetric = await home({ mapping: 'address-dependent' });
    const first = await arrival(symmetric, symmetric.phone, symmetric.server);
    expect(await arrival(symmetric, symmetric.phone, symmetric.other)).not.toBe(first);
    expect(await arrival(symmetric, symmetric.phone, symmetric.server)).toBe(first);
  });

  test.each([
    ['endpoint-independent', [3]],
    ['address-dependent', []],
    ['address-and-port-dependent', []],
  ] as const)('filtering that is %s lets strangers in, or not', async (filtering, numbers) => {
    const all = await home({ filtering });
    await arrival(all, all.phone, all.server);
    all.other.send('203.0.113.1', 3, 100, 40_000);
    await all.network.runUntilIdle();
    expect(all.phone.numbers).toEqual(numbers);
  });

  test('after a rebinding the old port is closed, and a packet from inside gets a new one', async () => {
    const all = await home();
    expect(await arrival(all, all.phone, all.server)).toBe('203.0.113.1:40000');
    all.nat.rebind();
    await answer(all, all.server, 5);
    expect(all.phone.numbers).toEqual([]);
    expect(await arrival(all, all.phone, all.server)).toBe('203.0.113.2:40001');
    await answer(all, all.server, 6);
    expect(all.phone.numbers).toEqual([6]);
  });

  test('a mapping lives for lifetimeMs after the last packet out', async () => {
    const all = await home({ lifetimeMs: 30_000 });
    await arrival(all, all.phone, all.server);
    await all.network.advance(29_000);
    await arrival(all, all.phone, all.server);
    await all.network.advance(29_000);
    await answer(all, all.server, 5);
    await all.network.advance(5000);
    await answer(all, all.server, 6);
    expect(all.phone.numbers).toEqual([5]);
    expect(await arrival(all, all.phone, all.server)).toBe('203.0.113.1:40001');
    expect(all.nat.mappings).toBe(1);
  });

  test('a host reaches another inside through the public address', async () => {
    const all = await home({ filtering: 'endpoint-independent' });
    await arrival(all, all.tablet, all.server);
    all.phone.send('203.0.113.1', 9, 100, 40_000);
    await all.network.runUntilIdle();
    expect(all.tablet.packets[0]).toMatchObject({ source: '203.0.113.1', port: 40_001 });
  });
});

describe('plain SCTP through a NAT', () => {
  const send = (from: Listener, to: string, bytes: Uint8Array) => {
    const source = from.host.addresses[0]!;
    from.host.transport.send([{ source, destination: to, port: 0, trafficClass: 0, bytes }]);
  };

  test('the address is translated and the ports are kept; answers arrive', async () => {
    const { network, phone, server } = await home({}, {});
    send(phone, '198.51.100.1', sctp(init()));
    await network.runUntilIdle();
    expect(server.packets).toMatchObject([{ source: '203.0.113.1', destination: '198.51.100.1', port: 0 }]);
    expect(server.packets[0]!.bytes).toEqual(sctp(init()));
    const back = sctp(init());
    back.set([...back.subarray(2, 4), ...back.subarray(0, 2)]);
    send(server, '203.0.113.1', back);
    await network.runUntilIdle();
    expect(phone.packets).toMatchObject([{ source: '198.51.100.1', destination: '192.168.0.2' }]);
  });

  test('a second host with the same SCTP port gets another public address, and a third none', async () => {
    const { network, phone, tablet, server } = await home(
      { inside: ['192.168.0.2', '192.168.0.3', '192.168.0.4'] },
      {},
    );
    const third = await listen(network, network.host('third', ['192.168.0.4']));
    for (const host of [phone, tablet, third]) send(host, '198.51.100.1', sctp(init()));
    await network.runUntilIdle();
    expect(server.packets.map(({ source }) => source)).toEqual(['203.0.113.1', '203.0.113.2']);
    expect(network.trace.entries().at(-1)?.outcome).toBe('no NAT mapping');
  });

  test('an expired mapping does not affect the host that has its public address now', async () => {
    const { network, phone, tablet, server } = await home({ lifetimeMs: 30_000, outside: '203.0.113.1' }, {});
    const back = sctp(init());
    back.set([...back.subarray(2, 4), ...back.subarray(0, 2)]);
    send(phone, '198.51.100.1', sctp(init()));
    await network.advance(31_000);
    send(tablet, '198.51.100.1', sctp(init()));
    send(phone, '198.51.100.1', sctp(init()));
    expect(network.trace.entries().at(-1)?.outcome).toBe('no NAT mapping');
    send(server, '203.0.113.1', back);
    await network.runUntilIdle();
    expect([phone.packets.length, tablet.packets.length]).toEqual([0, 1]);
  });

  test('a NAT without a public address of the family lets nothing out', async () => {
    const { network, phone } = await home({ outside: '2001:db8::1' }, {});
    send(phone, '198.51.100.1', sctp(init()));
    expect(network.trace.entries().at(-1)?.outcome).toBe('no NAT mapping');
  });
});
