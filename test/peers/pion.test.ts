import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type Association, conn, Stack } from '../../src/index.js';
import { Child } from '../support/child.js';
import { isEqual, pattern } from '../support/two-stacks.js';
import { WAIT } from '../support/udp-host.js';

const PROGRAM = `${import.meta.dirname}/../../build/pion/pion`;
/** WebRTC's port for SCTP over DTLS (RFC 8832 §5), the only one that pion supports. */
const END = { address: 'conn', port: 5000 };

let stack: Stack;
let socket: UdpSocket;

afterEach(async () => {
  await stack.close({ timeoutMs: 1000 }).catch(() => {});
  await Child.endAll();
  socket.close();
});

describe.each(['server', 'client'] as const)('pion as %s over conn()', (role) => {
  test('returns messages of all sizes on several streams, ordered and unordered', async () => {
    const { association } = await withPion(role);
    for (const [n, bytes] of [1, 1200, 20_000, 65_535].entries()) {
      const options = { stream: 2 * n, ppid: 53, unordered: n % 2 === 1 };
      const data = pattern(bytes, n);
      await association.send(data, options);
      const message = await association.receive(WAIT);
      expect(message).toMatchObject({ stream: 2 * n, ppid: 53 });
      expect(isEqual(message?.data, data)).toBe(true);
    }
  });

  test('answers a stream reset by resetting its own stream', async () => {
    const { association, pion } = await withPion(role);
    const stream = association.stream(6);
    await stream.send('over', { ppid: 51 });
    expect(Buffer.from((await stream.receive(WAIT))?.data ?? []).toString()).toBe('over');
    await stream.reset();
    await pion.printed(/stream 6 ended: EOF/);
  });

  test('is shut down by our close', async () => {
    const { association, pion } = await withPion(role);
    await association.send('good bye', { ppid: 51 });
    await association.receive(WAIT);
    await association.close(WAIT);
    await pion.printed(/^ended:/m);
  });

  test('shuts the association down with a SHUTDOWN that acknowledges one of its own TSNs', async () => {
    const { association, pion, received } = await withPion(role);
    await association.send('good bye', { ppid: 51 });
    const last = (await association.receive(WAIT))!.tsn;
    pion.end();
    await association.closed; // with an error if we have not sent that TSN yet
    const shutdown = received.find((packet) => packet[12] === 7)!; // the chunk type
    expect(shutdown.readUInt32BE(16)).toBe(last);
  });
});

/** An association with pion over a UDP flow; pion's first message is already read. */
async function withPion(
  role: 'server' | 'client',
): Promise<{ association: Association; pion: Child; received: Buffer[] }> {
  if (!existsSync(PROGRAM)) throw new Error('build/pion/pion is missing: npm run test:peers makes it');
  socket = await bound();
  const other = await bound();
  const [here, there] = [socket.address().port, other.address().port];
  other.close();
  const path = conn({ onConnOutput: (packet) => socket.send(packet, there, '127.0.0.1') });
  const received: Buffer[] = [];
  socket.on('message', (packet) => {
    received.push(Buffer.from(packet));
    path.connInput(packet);
  });
  stack = await Stack.create({ transport: path });
  const listener = stack.socket({ streams: { outbound: 1024, inbound: 1024 } });
  if (role === 'client') {
    listener.bindx([END]);
    listener.listen();
  }
  const pion = new Child(PROGRAM, [role, String(there), String(here)]);
  await pion.printed(/^ready/m);
  const association = await (role === 'server'
    ? listener.connect(END, { local: [END], ...WAIT })
    : listener.accept(WAIT));
  if (role === 'client') expect(await association.receive(WAIT)).toMatchObject({ stream: 1, ppid: 51 });
  return { association, pion, received };
}

function bound(): Promise<UdpSocket> {
  const udp = createSocket('udp4');
  return new Promise((resolve) => udp.bind(0, '127.0.0.1', () => resolve(udp)));
}
