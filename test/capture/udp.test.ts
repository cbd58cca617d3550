import { expect, test } from 'vitest';
import { capture, ladderOf, PcapngWriter, readCapture } from '../../src/capture.js';
import { Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { judge, withFile } from '../support/tshark.js';

test('a capture of a real association over UDP has no malformed packet for tshark, and is read back as it was', async () => {
  const parts: Uint8Array[] = [];
  const writer = new PcapngWriter({ write: (bytes) => parts.push(bytes) });
  const addresses = ['127.0.0.1', '::1'];
  const transport = udp({ addresses, port: 0 });
  const server = await Stack.create({ transport: capture(transport, writer, { name: 'server' }) });
  const client = await Stack.create({ transport: capture(udp({ addresses, port: 0 }), writer, { name: 'client' }) });
  const endpoints = addresses.map((address) => ({ address, port: 5001, encapsulationPort: transport.port }));
  const listener = server.socket();
  listener.bindx(endpoints.map(({ address, port }) => ({ address, port })));
  listener.listen();
  const [a, b] = await Promise.all([client.socket().connectx(endpoints, { timeoutMs: 30_000 }), listener.accept()]);
  const message = new Uint8Array(100_000).fill(7);
  await a.send(message, { stream: 3, ppid: 46 });
  expect((await b.receive({ timeoutMs: 30_000 }))?.data).toHaveLength(message.length);
  await b.send('thanks');
  await a.receive({ timeoutMs: 30_000 });
  await Promise.all([a.close(), b.close()]);
  await Promise.all([client.close(), server.close()]);
  const bytes = Buffer.concat(parts);
  const packets = [...readCapture(bytes)];
  await withFile(bytes, async (file) => {
    const { bad, good } = await judge(file, transport.port, ['sctp.srcport', 'frame.interface_name']);
    expect(bad).toEqual([]);
    expect(good.length).toBe(packets.length);
    expect(new Set(good.map(([, name]) => name))).toEqual(new Set(['server', 'client']));
  });
  const sent = packets.filter(({ direction }) => direction === 'outbound');
  const [first] = ladderOf(sent);
  expect(first).toContain('→ INIT →');
  for (const chunk of ['INIT ACK', 'COOKIE ECHO', 'COOKIE ACK', 'DATA sid 3', 'SACK', 'SHUTDOWN COMPLETE']) {
    expect(
      ladderOf(sent).some((line) => line.includes(chunk)),
      chunk,
    ).toBe(true);
  }
});
