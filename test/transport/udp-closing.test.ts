import { afterEach, describe, expect, test } from 'vitest';
import { udp } from '../../src/udp.js';
import { RecordingHost } from './contract.js';
import { closeTransports, packet, started, until } from './fixture.js';

afterEach(closeTransports);

describe('closing', () => {
  test('frees the port', async () => {
    const addresses = ['127.77.0.3'];
    const { transport } = await started({ addresses });
    const { port } = transport;
    await transport.close();
    const { transport: next } = await started({ addresses, port });
    expect(next.port).toBe(port);
  });

  test('during start makes it reject with ENETDOWN, and frees the port', async () => {
    const addresses = ['127.77.0.4'];
    const { transport: probe } = await started({ addresses });
    const { port } = probe;
    await probe.close();
    const transport = udp({ addresses, port });
    const starting = transport.start(new RecordingHost());
    const closing = transport.close();
    await expect(starting).rejects.toMatchObject({ code: 'ENETDOWN' });
    await closing;
    await started({ addresses, port });
  });

  test('sends what waits first', async () => {
    const { transport: sender } = await started();
    const { transport: receiver, host } = await started();
    sender.send(Array.from({ length: 1000 }, () => packet(sender, receiver)));
    await sender.close();
    await until(() => host.packets.length === 1000);
    expect([host.packets.length, sender.dropped]).toEqual([1000, 0]);
  });

  test('receives nothing while it sends what waits', async () => {
    const { transport: sender, host } = await started();
    const { transport: receiver } = await started();
    const answer = packet(receiver, sender);
    sender.send(Array.from({ length: 1000 }, () => packet(sender, receiver)));
    const closing = sender.close();
    receiver.send(Array.from({ length: 10 }, () => answer));
    await closing;
    expect(host.packets).toEqual([]);
  });
});
