import { expect, test } from 'vitest';
import { systemCalls } from '../../../src/transport/native/ffi.js';
import { RawSockets } from '../../../src/transport/native/raw-sockets.js';
import { SocketNetwork } from '../../../src/transport/udp/network.js';
import { parseOptions } from '../../../src/transport/udp/options.js';
import { RecordingHost } from '../contract.js';
import { ManualClock, pause, until } from '../fixture.js';

const PORT = 5001;

/** Interfaces as Node lists them. Linux lets a program bind to any address of 127.0.0.0/8. */
const eth0 = (...addresses: string[]) => ({
  eth0: addresses.map((address) => ({ address, netmask: '255.255.255.0' })),
});

/** An SCTP packet for a port, with a DATA chunk. */
function packet(port: number) {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint16(2, port);
  return { source: '127.77.7.1', destination: '127.77.7.1', port: 0, trafficClass: 0, bytes };
}

test('ports stay known while the machine has no address, and new ones are added afterwards', async () => {
  const clock = new ManualClock();
  const host = new RecordingHost();
  let interfaces = eth0('127.77.7.1');
  const settings = parseOptions({ addresses: ['0.0.0.0'], port: 0, clock });
  const sockets = new RawSockets(await systemCalls(), settings, host, false);
  const network = await SocketNetwork.open(settings, sockets, host, () => interfaces);
  const arrive = async (port: number) => {
    const before = host.packets.length;
    network.send([packet(port)]);
    await until(() => host.packets.length > before, 1000);
    return host.packets.length - before;
  };
  const change = async (...addresses: string[]) => {
    interfaces = eth0(...addresses);
    await until(() => {
      clock.advance(1000);
      return network.addresses.length === addresses.length;
    });
  };
  sockets.portBound(PORT);
  expect(await arrive(PORT)).toBe(1);
  await change();
  await change('127.77.7.1');
  sockets.portBound(PORT + 1);
  expect([await arrive(PORT), await arrive(PORT + 1)]).toEqual([1, 1]);
  network.send([packet(PORT + 2)]);
  await pause();
  expect(host.packets.length).toBe(3);
  await network.close();
  expect(clock.waiting).toBe(0);
});
