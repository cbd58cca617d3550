import { describe, expect, test } from 'vitest';
import { type Host, Network } from '../../src/simulated.js';
import { transportContract } from '../transport/contract.js';
import { Listener, listen, numbered, pair } from './fixture.js';

for (const encapsulationPort of [undefined, 9899]) {
  transportContract(`the simulated transport${encapsulationPort ? ' with UDP encapsulation' : ''}`, async () => {
    const network = new Network({ seed: 1 });
    const options = encapsulationPort === undefined ? {} : { encapsulationPort };
    return {
      left: network.host('left', ['10.0.1.1', '2001:db8:1::1'], options).transport,
      right: network.host('right', ['10.0.1.2', '2001:db8:1::2'], options).transport,
      port: () => encapsulationPort ?? 0,
      settle: () => network.runUntilIdle(),
    };
  });
}

describe('hosts and routes', () => {
  test('a destination is reached from the subnet that contains it, the longest prefix first, else from the first', async () => {
    const network = new Network({ seed: 1 });
    const addresses = ['10.0.1.1', '10.0.2.1', '10.0.2.129/25', 'fd00:1::1', 'fd00:2::1/48'];
    const { transport } = await started(network, 'multi', addresses);
    const from = (destination: string) => transport.route?.(destination)?.source;
    expect(from('10.0.2.9')).toBe('10.0.2.1');
    expect(from('10.0.2.200')).toBe('10.0.2.129');
    expect(from('192.0.2.1')).toBe('10.0.1.1');
    expect(from('fd00:2:0:77::5')).toBe('fd00:2::1');
    expect(from('2001:db8::1')).toBe('fd00:1::1');
  });

  test('there is no route to a family that the host does not have', async () => {
    const { transport } = await started(new Network({ seed: 1 }), 'four', ['10.0.1.1']);
    expect(transport.route?.('2001:db8::1')).toBeUndefined();
  });

  test('a host can have custom routes', async () => {
    const network = new Network({ seed: 1 });
    const host = network.host('own', ['10.0.1.1', '10.0.2.1'], { route: () => ({ source: '10.0.2.1', mtu: 1280 }) });
    await host.transport.start(new Listener(network, host));
    expect(host.transport.route?.('10.0.1.5')).toEqual({ source: '10.0.2.1', mtu: 1280 });
  });

  test('an address belongs to one host only, and must be valid', () => {
    const network = new Network({ seed: 1 });
    network.host('first', ['10.0.1.1']);
    expect(() => network.host('second', ['10.0.1.1'])).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }));
    expect(() => network.host('third', ['10.0.1'])).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => network.host('fourth', ['10.0.1.2/33'])).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test('a name belongs to one host only', () => {
    const network = new Network({ seed: 1 });
    network.host('first', []);
    expect(() => network.host('first', [])).toThrow('there already is a host named first');
  });

  test('packets that arrive at one instant are one batch', async () => {
    const { network, left, right } = await pair();
    for (let number = 0; number < 5; number++) left.send('10.0.0.2', number);
    await network.runUntilIdle();
    expect(right.batches.map((batch) => batch.length)).toEqual([5]);
    expect(right.times[0]).toBe(0.125);
  });

  test('a packet’s traffic class arrives', async () => {
    const { network, left, right } = await pair();
    const packet = { source: '10.0.0.1', destination: '10.0.0.2', port: 0, trafficClass: 0b10, bytes: numbered(1) };
    left.host.transport.send([packet]);
    await network.runUntilIdle();
    expect(right.packets[0]?.trafficClass).toBe(0b10);
  });

  test('an address that goes down is removed at once, and can come back', async () => {
    const network = new Network({ seed: 1 });
    const left = await listen(network, network.host('left', ['10.0.1.1', '10.0.2.1']));
    const right = await listen(network, network.host('right', ['10.0.1.2']));
    left.send('10.0.1.2', 1);
    left.host.transport.send([]);
    right.send('10.0.1.1', 2);
    left.host.addressDown('10.0.1.1');
    right.send('10.0.1.1', 3);
    await network.runUntilIdle();
    expect([left.changes, left.numbers, right.numbers]).toEqual([1, [], [1]]);
    expect(left.host.addresses).toEqual(['10.0.2.1']);
    expect(left.host.transport.route?.('10.0.1.2')?.source).toBe('10.0.2.1');
    left.host.addressUp('10.0.1.1');
    right.send('10.0.1.1', 4);
    await network.runUntilIdle();
    expect([left.changes, left.numbers]).toEqual([2, [4]]);
    expect(() => left.host.addressDown('10.0.9.9')).toThrow(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
  });

  test('a new address can come up', async () => {
    const { network, left, right } = await pair();
    right.host.addressUp('10.0.7.1/16');
    left.send('10.0.7.1', 1);
    await network.runUntilIdle();
    expect(right.numbers).toEqual([1]);
    expect(right.host.transport.route?.('10.0.99.1')?.source).toBe('10.0.7.1');
  });

  test('a crash silences a host; after the restart there is a new transport', async () => {
    const { network, left, right } = await pair();
    const old = right.host.transport;
    left.send('10.0.0.2', 1);
    right.host.crash();
    right.send('10.0.0.1', 2);
    await network.runUntilIdle();
    expect([left.numbers, right.numbers]).toEqual([[], []]);
    expect(network.trace.entries().map(({ outcome }) => outcome)).toEqual(['host down']);
    right.host.restart();
    expect(right.host.transport).not.toBe(old);
    left.send('10.0.0.2', 3);
    await network.runUntilIdle();
    expect(network.trace.entries().at(-1)?.outcome).toBe('nobody listens');
    const reborn = await listen(network, right.host);
    left.send('10.0.0.2', 4);
    old.send([{ source: '10.0.0.2', destination: '10.0.0.1', port: 0, trafficClass: 0, bytes: numbered(5) }]);
    await network.runUntilIdle();
    expect([left.numbers, right.numbers, reborn.numbers]).toEqual([[], [], [4]]);
  });

  test('each host has randomness of its own, from the seed', () => {
    const draw = (seed: number, name: string) => {
      const bytes = new Uint8Array(16);
      new Network({ seed }).host(name, []).random(bytes);
      return bytes;
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });
});

describe('partitions, holds and filters', () => {
  test('a partition cuts both directions and packets in flight; after it packets pass again', async () => {
    const { network, left, right } = await pair();
    left.send('10.0.0.2', 1);
    network.partition(left.host, right.host);
    left.send('10.0.0.2', 2);
    right.send('10.0.0.1', 3);
    await network.advance(10);
    network.heal();
    left.send('10.0.0.2', 4);
    right.send('10.0.0.1', 5);
    await network.runUntilIdle();
    expect([left.numbers, right.numbers]).toEqual([[5], [4]]);
    expect(
      network.trace
        .entries()
        .map(({ outcome }) => outcome)
        .slice(0, 3),
    ).toEqual(new Array(3).fill('partitioned'));
  });

  test('a partition of one address does not affect others, and can be ended separately', async () => {
    const network = new Network({ seed: 1 });
    const left = await listen(network, network.host('left', ['10.0.1.1', '10.0.2.1']));
    const right = await listen(network, network.host('right', ['10.0.1.2', '10.0.2.2']));
    const heal = network.partition('10.0.1.2');
    network.partition('10.0.2.2', '10.0.9.9');
    left.send('10.0.1.2', 1);
    left.send('10.0.2.2', 2);
    await network.runUntilIdle();
    expect(right.numbers).toEqual([2]);
    heal();
    left.send('10.0.1.2', 3);
    await network.runUntilIdle();
    expect(right.numbers).toEqual([2, 3]);
  });

  test('groups of hosts are cut off from each other, not within a group', async () => {
    const network = new Network({ seed: 1 });
    const names = ['a', 'b', 'c'];
    const [a, b, c] = await Promise.all(
      names.map((name, index) => listen(network, network.host(name, [`10.0.0.${index + 1}`]))),
    );
    network.partition([a!.host, b!.host], c!.host);
    a!.send('10.0.0.2', 1);
    a!.send('10.0.0.3', 2);
    await network.runUntilIdle();
    expect([b!.numbers, c!.numbers]).toEqual([[1], []]);
  });

  test('held packets are sent in order when they are released', async () => {
    const { network, left, right } = await pair({ latencyMs: 10 });
    left.send('10.0.0.2', 1);
    network.hold(left.host, right.host);
    left.send('10.0.0.2', 2);
    left.send('10.0.0.2', 3);
    await network.advance(1000);
    expect(right.numbers).toEqual([1]);
    network.release();
    await network.runUntilIdle();
    expect(right.numbers).toEqual([1, 2, 3]);
    expect(right.times).toEqual([10, 1010, 1010]);
  });

  test('one of several holds can be ended', async () => {
    const { network, left, right } = await pair();
    const release = network.hold('10.0.0.2');
    network.hold('10.0.0.1', '10.0.0.9');
    left.send('10.0.0.2', 1);
    release();
    await network.runUntilIdle();
    expect(right.numbers).toEqual([1]);
  });

  test('a filter sees each packet, and drops or changes it', async () => {
    const { network, left, right } = await pair();
    const seen: string[] = [];
    const remove = network.filter((packet, from, to) => {
      seen.push(`${from.name} > ${to?.name}`);
      const number = packet.bytes[3]!;
      if (number === 2) return 'drop';
      return number === 3 ? { ...packet, bytes: numbered(33) } : undefined;
    });
    for (const number of [1, 2, 3]) left.send('10.0.0.2', number);
    remove();
    left.send('10.0.0.2', 2);
    await network.runUntilIdle();
    expect(right.numbers).toEqual([1, 33, 2]);
    expect(seen).toEqual(['left > right', 'left > right', 'left > right']);
  });

  test('an error of a filter fails the test, not the sender', async () => {
    const { network, left } = await pair();
    network.filter(() => {
      throw new RangeError('unexpected packet');
    });
    expect(() => left.send('10.0.0.2')).not.toThrow();
    await expect(network.advance(1)).rejects.toThrow(RangeError);
  });
});

describe('unreachable destinations', () => {
  test.each([
    ['an address that nobody has', 'EHOSTUNREACH', '10.0.0.9', () => {}],
    ['a host that is down', 'EHOSTUNREACH', '10.0.0.2', (host: Host) => host.crash()],
    ['a host on which nobody listens', 'ECONNREFUSED', '10.0.0.2', (host: Host) => host.restart()],
  ] as const)('%s is reported to the sender, if the network reports', async (_, code, destination, spoil) => {
    for (const unreachable of ['report', 'silent'] as const) {
      const { network, left, right } = await pair({}, { unreachable });
      spoil(right.host);
      left.send(destination);
      expect(left.refusals).toEqual([]);
      await network.runUntilIdle();
      expect(left.refusals).toEqual(unreachable === 'report' ? [{ destination, code }] : []);
    }
  });

  test('UDP needs the right port, and does not mix with plain SCTP', async () => {
    const network = new Network({ seed: 1, unreachable: 'report' });
    const udp = await listen(network, network.host('udp', ['10.0.0.1'], { encapsulationPort: 9899 }));
    const other = await listen(network, network.host('other', ['10.0.0.2'], { encapsulationPort: 1234 }));
    const plain = await listen(network, network.host('plain', ['10.0.0.3']));
    udp.send('10.0.0.2', 1, 100, 9899);
    udp.send('10.0.0.3', 2, 100, 9899);
    udp.send('10.0.0.2', 3, 100, 0);
    udp.send('10.0.0.2', 4, 100, 1234);
    await network.runUntilIdle();
    expect([other.numbers, plain.numbers]).toEqual([[4], []]);
    expect(other.packets[0]?.port).toBe(9899);
    expect(network.trace.entries().map(({ outcome }) => outcome)).toEqual([
      'nobody listens',
      'wrong encapsulation',
      'wrong encapsulation',
      'delivered',
    ]);
  });
});

async function started(network: Network, name: string, addresses: string[]): Promise<Host> {
  return (await listen(network, network.host(name, addresses))).host;
}
