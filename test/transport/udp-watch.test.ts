import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { NetworkInterfaceInfo } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Interfaces } from '../../src/transport/udp/interfaces.js';
import { SocketNetwork } from '../../src/transport/udp/network.js';
import { parseOptions } from '../../src/transport/udp/options.js';
import { dgramSockets } from '../../src/transport/udp/socket.js';
import { InterfaceWatch } from '../../src/transport/udp/watch.js';
import type { UdpOptions } from '../../src/udp.js';
import { payload, RecordingHost } from './contract.js';
import { ManualClock, pause, until } from './fixture.js';

const open: SocketNetwork[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((network) => network.close()));
});

function eth0(...addresses: string[]): Interfaces {
  const infos = addresses.map((address) => ({ address, netmask: '255.0.0.0', family: 'IPv4' }) as NetworkInterfaceInfo);
  return { eth0: infos };
}

/**
 * A network on a machine whose addresses the test decides. Linux lets a program bind to any address of 127.0.0.0/8,
 * and 203.0.113.0/24 (RFC 5737) belongs to nobody.
 */
async function machine(addresses: string[], options: UdpOptions = {}) {
  const clock = new ManualClock();
  const host = new RecordingHost();
  const changed = vi.spyOn(host, 'changed');
  let interfaces = eth0(...addresses);
  const read = vi.fn(() => interfaces);
  const settings = parseOptions({ addresses: ['0.0.0.0'], port: 0, clock, ...options });
  const network = await SocketNetwork.open(settings, dgramSockets(settings), host, read);
  open.push(network);
  return {
    clock,
    host,
    network,
    changed,
    read,
    set: (...now: string[]) => {
      interfaces = eth0(...now);
    },
    /** Lets a second pass. */
    second: async () => {
      clock.advance(1000);
      await pause();
    },
  };
}

describe('udp() follows the addresses of the machine', () => {
  test('a new address gets a socket on the same port, within a second', async () => {
    const { network, set, second, changed, host } = await machine(['127.0.0.1']);
    set('127.0.0.1', '127.0.0.2');
    await second();
    expect(network.addresses).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(changed).toHaveBeenCalledTimes(1);
    const sent = { source: '127.0.0.2', destination: '127.0.0.1', port: network.port, trafficClass: 0 };
    network.send([{ ...sent, bytes: payload(20, 1) }]);
    await until(() => host.packets.length > 0);
    expect(host.packets).toMatchObject([{ source: '127.0.0.2', destination: '127.0.0.1', port: network.port }]);
  });

  test('a removed address is taken from the list, its packets are counted drops, and its port is free', async () => {
    const { network, set, second, changed } = await machine(['127.0.0.1', '127.0.0.2']);
    set('127.0.0.2');
    await second();
    expect(network.addresses).toEqual(['127.0.0.2']);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(network.source('127.0.0.1')).toBe('127.0.0.2');
    const sent = { source: '127.0.0.1', destination: '127.0.0.2', port: network.port, trafficClass: 0 };
    network.send([{ ...sent, bytes: payload(20, 1) }]);
    expect(network.dropped).toBe(1);
    await bound('127.0.0.1', network.port, () => undefined);
  });

  test('routes lead to the new addresses at once', async () => {
    const { network, set, second } = await machine(['127.0.0.1']);
    expect(network.source('127.0.0.2')).toBe('127.0.0.1');
    set('127.0.0.1', '127.0.0.2');
    await second();
    expect(network.source('127.0.0.2')).toBe('127.0.0.2');
  });

  test('nothing happens as long as the addresses are the same', async () => {
    const { read, changed, second, set } = await machine(['127.0.0.1']);
    set('127.0.0.1');
    for (let seconds = 0; seconds < 5; seconds++) await second();
    expect(read).toHaveBeenCalledTimes(1 + 5);
    expect(changed).not.toHaveBeenCalled();
  });

  test('without any address it stays open, on its port, until there is one', async () => {
    const { network, set, second, changed } = await machine(['127.0.0.1']);
    const { port } = network;
    set();
    await second();
    expect(network.addresses).toEqual([]);
    expect(network.source('127.0.0.1')).toBeUndefined();
    set('127.0.0.3');
    await second();
    expect(network.addresses).toEqual(['127.0.0.3']);
    expect(network.port).toBe(port);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  test('a listed address is dropped when it is gone and taken again when it is back; others are not added', async () => {
    const { network, set, second } = await machine(['127.0.0.1', '127.0.0.2'], {
      addresses: ['127.0.0.2', '127.0.0.1'],
    });
    set('127.0.0.1', '127.0.0.3');
    await second();
    expect(network.addresses).toEqual(['127.0.0.1']);
    set('127.0.0.1', '127.0.0.2', '127.0.0.3');
    await second();
    expect(network.addresses).toEqual(['127.0.0.2', '127.0.0.1']);
  });

  test('a listed address that no interface lists, such as 127.0.0.2 on Linux, is kept', async () => {
    const { network, set, second } = await machine(['127.0.0.1'], { addresses: ['127.0.0.2', '127.0.0.1'] });
    set();
    await second();
    expect(network.addresses).toEqual(['127.0.0.2']);
  });

  test('an address that can’t be bound yet is tried again every second', async () => {
    const { network, set, second, changed } = await machine(['127.0.0.1']);
    await bound('127.0.0.2', network.port, async () => {
      set('127.0.0.1', '127.0.0.2', '203.0.113.9');
      await second();
      expect(network.addresses).toEqual(['127.0.0.1']);
      expect(changed).not.toHaveBeenCalled();
    });
    await second();
    expect(network.addresses).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  test('an address of a wildcard that couldn’t be bound at the start is tried again, too', async () => {
    const { read, second } = await machine(['127.0.0.1', '203.0.113.9']);
    await second();
    await second();
    expect(read).toHaveBeenCalledTimes(3);
  });

  test('`watch: false` keeps the addresses of the start', async () => {
    const { network, set, clock } = await machine(['127.0.0.1'], { watch: false });
    set('127.0.0.2');
    expect(clock.waiting).toBe(0);
    clock.advance(10_000);
    await pause();
    expect(network.addresses).toEqual(['127.0.0.1']);
  });

  test('a packet that can’t be sent makes it look at once, but not more than ten times a second', async () => {
    const { network, set, clock, read } = await machine(['127.0.0.1', '127.0.0.2']);
    const fail = async () => {
      const sent = { source: '127.0.0.1', destination: '203.0.113.9', port: 9, trafficClass: 0 };
      network.send([{ ...sent, bytes: payload(20, 1) }]);
      await pause();
    };
    set('127.0.0.2');
    await fail();
    expect(read).toHaveBeenCalledTimes(1);
    clock.advance(100);
    await pause();
    expect(network.addresses).toEqual(['127.0.0.2']);
    expect(read).toHaveBeenCalledTimes(2);
  });

  test('closing it while a socket is being opened closes that one, too', async () => {
    const { network, set, clock } = await machine(['127.0.0.1']);
    set('127.0.0.1', '127.0.0.2');
    clock.advance(1000);
    await network.close();
    expect(clock.waiting).toBe(0);
    await bound('127.0.0.2', network.port, () => undefined);
  });
});

test('a watch goes on when the interfaces can’t be read for a while', async () => {
  const clock = new ManualClock();
  let result = () => eth0('127.0.0.1');
  const changed = vi.fn(async () => true);
  const watch = new InterfaceWatch({ clock, read: () => result(), changed }, result());
  result = () => {
    throw new Error('EMFILE');
  };
  clock.advance(1000);
  await pause(1);
  result = () => eth0('127.0.0.2');
  clock.advance(1000);
  await pause(1);
  expect(changed.mock.calls).toEqual([[eth0('127.0.0.2')]]);
  watch.close();
  watch.hurry();
  expect(clock.waiting).toBe(0);
});

/** Runs something while another program has a UDP port. Rejects if the port isn't free. */
async function bound(address: string, port: number, body: () => unknown): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind({ address, port, exclusive: true });
  await once(socket, 'listening');
  await body();
  socket.close();
  await once(socket, 'close');
}
