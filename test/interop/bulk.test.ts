import { afterEach, describe, expect, test } from 'vitest';
import { PcapngWriter } from '../../src/capture/pcapng.js';
import type { Association } from '../../src/index.js';
import { Child } from '../support/child.js';
import { freePort, native } from '../support/native.js';
import { judge, withFile } from '../support/tshark.js';
import { closeHosts, type Host, host, WAIT } from '../support/udp-host.js';

const TSCTP = 5001;
const ECHO = 7;
const DISCARD = 9;
/**
 * The line that a native server prints for an SCTP_SHUTDOWN_EVENT. It reads the event after all messages, because a peer
 * shuts down when all its DATA is acknowledged (RFC 9260 §9.2). Streams are independent, so the last message that was sent
 * is not always the last one read.
 */
const ALL_READ = /Notification of length 12 received/;
/** The bytes after the last packet in its block of a capture: 8 of flags and 8 of lengths. */
const END_OF_PACKET = 17;

afterEach(async () => {
  await closeHosts();
  await Child.endAll();
});

/** Starts a native server with these arguments and a stack of ours that uses its UDP port. */
async function beside(
  address: string,
  program: string,
  args: (theirs: number, ours: number) => (string | number)[],
  writer?: PcapngWriter,
): Promise<Host & { server: Child }> {
  const theirs = await freePort();
  const ours = await freePort();
  const server = await native(program, args(theirs, ours), theirs);
  const udp = { port: ours, encapsulationPort: theirs, addresses: [address] };
  return { server, ...(await host({ udp, ...(writer && { writer }) })) };
}

const pair = (theirs: number, ours: number) => [theirs, ours];

/** A message that contains its number. */
function numbered(index: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, index % 251);
  bytes.writeUInt32BE(index);
  return bytes;
}

async function receiveAll(association: Association, count: number, each: (data: Buffer, index: number) => void) {
  for (let index = 0; index < count; index++) {
    const message = await association.receive(WAIT);
    if (message === undefined) throw new Error(`the peer has closed after ${index} messages`);
    each(Buffer.from(message.data.buffer), index);
  }
}

describe('bulk from us to native servers', () => {
  test.each([
    [8000, 1000],
    [300, 32_768],
  ])('tsctp counts %i messages of %i bytes', async (count, size) => {
    const { stack, server } = await beside('127.0.0.1', 'tsctp', (theirs, ours) => ['-E', theirs, '-U', ours]);
    const association = await stack.socket().connect({ address: '127.0.0.1', port: TSCTP });
    for (let index = 0; index < count; index++) await association.send(numbered(index, size));
    await association.close(WAIT);
    const [, first, messages, , sum] = await server.printed(/^(\d+), (\d+), (\d+), (\d+), /m);
    expect([first, messages, sum].map(Number)).toEqual([size, count, size * count]);
  });

  test.each(['127.0.0.1', '::1'])(
    'discard_server on %s lists 4,000 messages in order on each stream',
    async (address) => {
      const { stack, server } = await beside(address, 'discard_server', pair);
      const association = await stack.socket().connect({ address, port: DISCARD });
      const { outbound } = association.setup.streams;
      for (let index = 0; index < 4000; index++) {
        await association.send(numbered(index, 1000), { stream: index % outbound, ppid: index });
      }
      await association.close(WAIT);
      await server.printed(ALL_READ);
      const lines = server.output.matchAll(
        /Msg of length 1000 .* on stream (\d+) with SSN (\d+) .* PPID (\d+),.*complete 1/g,
      );
      const seen = Array.from(lines, ([, stream, ssn, ppid]) => [Number(stream), Number(ssn), Number(ppid)] as const);
      expect(seen).toHaveLength(4000);
      for (let stream = 0; stream < outbound; stream++) {
        const own = seen.filter(([on]) => on === stream);
        expect(own).toEqual(own.map((_, i) => [stream, i, i * outbound + stream]));
      }
    },
  );
});

describe('bulk from native clients to us', () => {
  test.each([
    [6000, 1400],
    [200, 40_000],
  ])('tsctp sends %i messages of %i bytes', async (count, size) => {
    const { stack, transport } = await host({ udp: { addresses: ['127.0.0.1'] } });
    const socket = stack.socket();
    socket.bindx([{ address: '127.0.0.1', port: TSCTP }]);
    socket.listen();
    const ports = ['-E', await freePort(), '-U', transport.port];
    const client = await native('tsctp', [...ports, '-n', count, '-l', size, '127.0.0.1']);
    const association = await socket.accept(WAIT);
    const expected = Buffer.alloc(size, 'b');
    await receiveAll(association, count, (data) => {
      if (!data.equals(expected)) throw new Error(`a message of ${data.length} bytes, not what tsctp sends`);
    });
    expect(await association.receive(WAIT)).toBeUndefined();
    expect(await association.closed).toBeUndefined();
    await client.printed(new RegExp(`Sending of ${count} messages of length ${size} took`));
  });

  test.each(['127.0.0.1', '::1'])(
    'each of the lines that a client on %s sends, 2 MB in all, arrives once and in order',
    async (address) => {
      const { stack, transport } = await host({ udp: { addresses: [address] } });
      const socket = stack.socket();
      socket.bindx([{ address, port: TSCTP }]);
      socket.listen();
      const client = await native('client', [address, TSCTP, 0, await freePort(), transport.port]);
      const association = await socket.accept(WAIT);
      for (let first = 0; first < 26_000; first += 400) {
        // The client drops what it can't queue (512 messages), so it gets more only after the last one has arrived.
        const lines = Array.from({ length: 400 }, (_, i) => `${first + i} `.padEnd(76, String(i % 10)).concat('\n'));
        client.write(lines.join(''));
        await receiveAll(association, lines.length, (data, i) => {
          if (data.toString() !== lines[i]) throw new Error(`line ${first + i} is '${data}'`);
        });
      }
      client.end();
      expect(await association.closed).toBeUndefined();
    },
  );

  test('tsctp aborts when it closes with unread data: ECONNRESET, with the cause in its ABORT', async () => {
    const { stack, transport } = await host({ udp: { addresses: ['127.0.0.1'] } });
    const socket = stack.socket();
    socket.bindx([{ address: '127.0.0.1', port: TSCTP }]);
    socket.listen();
    const ports = ['-E', await freePort(), '-U', transport.port];
    await native('tsctp', [...ports, '-n', 2000, '-l', 1000, '127.0.0.1']);
    const association = await socket.accept(WAIT);
    const acknowledged = new Promise<void>((resolve) => association.on('senderDry', resolve));
    await association.send('tsctp never reads');
    await acknowledged; // until then all buffers fill up, so that tsctp closes with much data to send
    const messages = receiveAll(association, Number.POSITIVE_INFINITY, () => {});
    await expect(messages).rejects.toMatchObject({
      code: 'ECONNRESET',
      abort: [{ code: 12, name: 'User-Initiated Abort' }],
    });
  });
});

describe.each(['127.0.0.1', '::1'])('messages in both directions on %s', (address) => {
  test('4 MB come back from a native echo_server; tshark accepts every packet, and rejects a corrupted one', async () => {
    const writer = new PcapngWriter();
    const { stack, transport } = await beside(address, 'echo_server', pair, writer);
    const association = await stack.socket().connect({ address, port: ECHO });
    const [count, size] = [1000, 4000];
    const send = async () => {
      for (let index = 0; index < count; index++) await association.send(numbered(index, size));
    };
    const receive = receiveAll(association, count, (data, index) => {
      if (!data.equals(numbered(index, size))) throw new Error(`message ${index} isn't what was sent`);
    });
    await Promise.all([send(), receive]);
    await association.close(WAIT);
    expect(writer.skipped).toBe(0);
    const capture = writer.bytes();
    const { good, bad } = await withFile(capture, (file) => judge(file, transport.port, ['udp.srcport']));
    expect(bad).toEqual([]);
    expect(good.length).toBeGreaterThan((2 * count * size) / 1500);
    expect(new Set(good.flat())).toEqual(new Set([`${transport.port}`, `${transport.encapsulationPort}`]));
    capture[capture.length - END_OF_PACKET] = 0xff;
    expect(await withFile(capture, (file) => judge(file, transport.port))).toMatchObject({ bad: [expect.any(String)] });
  });
});
