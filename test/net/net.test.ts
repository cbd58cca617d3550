import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest';
import { Stack } from '../../src/index.js';
import sctp, {
  type ConnectOptions,
  connect,
  createServer,
  type IncomingStream,
  type MessageBuffer,
  PPID,
  type Server,
  type ServerOptions,
  Socket,
  setDefaultStack,
} from '../../src/net.js';
import { udp } from '../../src/udp.js';
import { Child } from '../support/child.js';
import { freePort, native } from '../support/native.js';

const PORT = 2905;
const open: (Socket | Server | Stack | DatagramSocket)[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) {
    if (each instanceof Socket) each.destroy();
    else if (each instanceof Stack) await each.close({ timeoutMs: 1000 }).catch(() => {});
    else each.close();
  }
  await Child.endAll();
});

function opened<Each extends Socket | Server | Stack | DatagramSocket>(each: Each): Each {
  open.push(each);
  return each;
}

/** A server that listens on 127.0.0.1. */
async function listening(options: ServerOptions = {}) {
  const udpPort = await freePort();
  const server = opened(createServer(options));
  server.listen({ port: PORT, host: '127.0.0.1', udpPort });
  await once(server, 'listening');
  return { server, udpPort };
}

/** A client, and the server's socket. */
async function pair(options: ServerOptions = {}, client: Partial<ConnectOptions> = {}) {
  const { server, udpPort } = await listening(options);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const local = { host: '127.0.0.1', localAddress: '127.0.0.1', port: PORT, udpPort };
  const here = opened(connect({ ...local, ...client }));
  const [[there]] = await Promise.all([accepted, once(here, 'connect')]);
  there.on('error', () => {}); // when the test destroys the other end
  return { server, udpPort, here, there: opened(there) };
}

const message = async (socket: Socket | IncomingStream) => (await once(socket, 'data'))[0] as MessageBuffer;

/** A message with the properties that say how it is sent. */
const outgoing = (data: string, properties: object) => Object.assign(Buffer.from(data), properties);

describe('a socket', () => {
  test('tells its addresses and streams, exchanges messages, and ends in order', async () => {
    const { here, there, server } = await pair({ MIS: 5, OS: 7 }, { MIS: 3, OS: 9, ppid: PPID.M3UA });
    expect([here.OS, here.MIS, there.OS, there.MIS]).toEqual([5, 3, 3, 5]);
    expect(here.remoteAddress).toBe('127.0.0.1');
    expect([here.remotePort, here.remoteFamily, here.localFamily]).toEqual([PORT, 'IPv4', 'IPv4']);
    expect([there.localPort, there.localAddresses, there.remoteAddresses]).toEqual([
      PORT,
      ['127.0.0.1'],
      ['127.0.0.1'],
    ]);
    expect(there.remotePort).toBe(here.localPort);
    expect(here.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: here.localPort });
    expect([here.connecting, here.pending, here.readyState]).toEqual([false, false, 'open']);
    expect(here.status()).toMatchObject({ state: 'open', numberOfOutgoingStreams: 5, numberOfIncomingStreams: 3 });
    expect(here.peerInfoByAddress['127.0.0.1']).toMatchObject({ state: 'active', rto: expect.any(Number) });

    here.write(outgoing('first', { sid: 4 }));
    const first = await message(there);
    expect([String(first), first.ppid, first.sid, first.stream_id, first.unordered]).toEqual(['first', 3, 4, 4, false]);
    there.write(outgoing('second', { ppid: 46, stream_id: 2, unordered: true }));
    const second = await message(here);
    expect([String(second), second.ppid, second.sid, second.unordered]).toEqual(['second', 46, 2, true]);
    there.write(outgoing('third', { sctp_stream_id: 1 }));
    const third = await message(here);
    expect([String(third), third.sid, third.stream_id, third.sctp_stream_id]).toEqual(['third', 1, 1, 1]);
    expect([here.bytesWritten, here.bytesRead, there.bytesRead]).toEqual([5, 11, 5]);

    const ends = [once(there, 'end'), once(there, 'close'), once(here, 'close')];
    here.end('last');
    expect(String(await message(there))).toBe('last');
    expect((await Promise.all(ends)).at(-1)).toEqual([false]);
    expect(here.readyState).toBe('closed');
    server.close();
    await once(server, 'close');
  });

  test('writes and ends before it is connected', async () => {
    const { server, udpPort } = await listening();
    const client = opened(connect({ host: '127.0.0.1', port: PORT, udpPort }));
    expect([client.connecting, client.readyState]).toEqual([true, 'opening']);
    client.write('');
    client.write('one, ');
    client.end('two');
    const [there] = (await once(server, 'connection')) as [Socket];
    expect(await text(there)).toBe('one, two');
  });

  test('keeps the boundaries of messages, also of those that wait', async () => {
    const { here, there } = await pair();
    const sizes = [1, 70_000, 3, 1200, 1];
    for (const size of sizes) here.write(Buffer.alloc(size, 1));
    here.end();
    const received: number[] = [];
    for await (const data of there) received.push((data as Buffer).length);
    expect(received).toEqual(sizes);
  });

  test('writes no more than a peer that pauses takes, and loses nothing', async () => {
    const { here, there } = await pair();
    const part = Buffer.alloc(100_000, 7);
    let written = 0;
    while (here.write(part) || (await drained(here))) written++;
    expect(written).toBeLessThan(150); // 4 MB of send and receive buffers each, and what is between them
    here.end();
    let bytes = 0;
    for await (const data of there) bytes += (data as Buffer).length;
    expect(bytes).toBe(here.bytesWritten);
  });

  test('destroyed, it aborts the association, and the peer gets an error', async () => {
    const { here, there } = await pair();
    there.resume();
    const failed = once(there, 'error');
    const closed = once(here, 'close');
    here.destroy();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(await closed).toEqual([false]);
  });

  test('tells a peer that has gone even if nobody reads', async () => {
    const { here, there } = await pair();
    const closed = new Promise((resolve) => there.once('close', (...args) => resolve(args)));
    here.destroy(new Error('enough'));
    here.on('error', () => {});
    expect(await closed).toEqual([true]);
  });

  test('reports why it isn’t connected, and then closes', async () => {
    const { udpPort } = await listening();
    const refused = opened(connect({ host: '127.0.0.1', port: PORT + 1, udpPort }));
    const closed = once(refused, 'close').catch(() => {});
    const [error] = await once(refused, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED', port: PORT + 1 });
    await closed;
    expect(refused.destroyed).toBe(true);
    const idle = new Socket();
    idle.on('error', () => {});
    const failure = await new Promise((resolve) => idle.write('x', resolve));
    expect(failure).toMatchObject({ code: 'ENOTCONN' });
    expect(() => idle.status()).toThrow('the socket isn’t connected'.replace('’', "'"));
  });

  test('can be destroyed, and aborted by a signal, while it connects', async () => {
    const to = { host: '127.0.0.1', port: PORT, udpPort: await freePort() };
    const destroyed = opened(connect(to));
    const controller = new AbortController();
    const aborted = opened(connect({ ...to, signal: controller.signal }));
    destroyed.destroy();
    expect(await once(destroyed, 'close')).toEqual([false]);
    const failed = once(aborted, 'error');
    controller.abort();
    expect((await failed)[0]).toMatchObject({ name: 'AbortError' });
  });

  test.each([
    [{ port: 70_000 }, 'port must be 0 to 65535'],
    [{ port: 'http' }, 'port must be 0 to 65535'],
    [{ port: 0 }, 'port must be 1 to 65535'],
    [{ port: 1, localPort: -1 }, 'localPort must be 0 to 65535'],
    [{ port: 1, host: 'a', remoteAddresses: ['b'] }, 'give host or remoteAddresses, not both'],
    [{ port: 1, localAddress: 'a', localAddresses: ['b'] }, 'give localAddress or localAddresses, not both'],
    [{ port: 1, host: 5 as unknown as string }, 'host must be an address'],
  ])('throws for the arguments %j', (options, error) => {
    expect(() => new Socket().connect(options)).toThrow(error);
  });

  test('emits timeout when nothing is sent or received', async () => {
    const { here } = await pair();
    here.setTimeout(50);
    await once(here, 'timeout');
    here.setTimeout(0).setNoDelay(false).setKeepAlive(true, 5000);
    expect(here.association?.getOption('pathParameters')).toMatchObject({ heartbeatMs: 5000 });
  });

  test('reports changes of paths in the manner of node-lksctp', async () => {
    const stack = opened(await Stack.create({ transport: udp({ addresses: ['127.0.0.1', '::1'], port: 0 }) }));
    const { server, udpPort } = await listening();
    const events: unknown[] = [];
    const client = opened(connect({ host: '127.0.0.1', port: PORT, udpPort, stack }));
    client.on('notification', (event) => events.push(event));
    const [there] = (await once(server, 'connection')) as [Socket];
    opened(there).on('error', () => {});
    expectTypeOf(client.on('restart', () => {})).toEqualTypeOf<Socket>();
    const informed = Promise.all([once(client, 'peer-info-update'), once(client, 'address-change')]);
    await once(client, 'connect');
    client.association?.setPrimary('127.0.0.1');
    client.emit('peer-info-update');
    client.emit('address-change');
    await informed;
    there.association?.abort('enough');
    client.resume();
    const [error] = await once(client, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(stack.addresses).toEqual(['127.0.0.1', '::1']); // it is still open
  });
});

/** Is the socket drained soon? */
async function drained(socket: Socket): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, 500, false));
  return Promise.race([once(socket, 'drain').then(() => true), late]);
}

describe('streams', () => {
  test('createStream returns a writable for each stream that the association has', async () => {
    const { here, there } = await pair({ MIS: 4 });
    const stream = here.createStream(3, PPID.DIAMETER);
    expect(here.createStream(3)).toBe(stream);
    expect(() => here.createStream(4)).toThrow('a stream is 0 to 3, not 4');
    expect(() => here.createStream(-1)).toThrow(RangeError);
    stream.write('hello');
    const received = await message(there);
    expect([String(received), received.sid, received.ppid]).toEqual(['hello', 3, 46]);
    expect([stream.stream_id, stream.bytesWritten]).toEqual([3, 5]);
  });

  test('the event stream gives a readable for each stream, and the socket needn’t be read', async () => {
    const { here, there } = await pair();
    const texts: Record<number, Promise<string>> = {};
    there.on('stream', (stream, id) => {
      texts[id] = text(stream);
    });
    for (let number = 0; number < 100; number++) here.createStream(number % 3).write(`${number} `);
    here.end();
    await once(there, 'end');
    expect(Object.keys(texts)).toEqual(['0', '1', '2']);
    const numbers = (await Promise.all(Object.values(texts))).join('').trim().split(' ').map(Number);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  test('a stream that nobody reads holds the others up, and loses nothing', async () => {
    const { here, there } = await pair();
    const streams: IncomingStream[] = [];
    there.on('stream', (stream) => streams.push(stream));
    for (let number = 0; number < 100; number++) here.write(`${number} `);
    await expect.poll(() => streams[0]?.readableLength).toBe(16);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(there.bytesRead).toBeLessThan(60);
    here.end();
    expect((await text(streams[0]!)).trim().split(' ')).toHaveLength(100);
  });
});

describe('a server', () => {
  test('has net’s states: address, listening, close', async () => {
    const server = opened(createServer());
    expect([server.listening, server.address()]).toEqual([false, null]);
    expect(() => server.getLocalAddresses()).toThrow('listen');
    const notRunning = new Promise((resolve) => server.close(resolve));
    expect(await notRunning).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });

    server.listen({ port: 0, udpPort: await freePort(), localAddresses: ['127.0.0.1', '::1'] });
    expect(() => server.listen({ port: 1 })).toThrow('listens already');
    await once(server, 'listening');
    const { port } = server.address()!;
    expect(port).toBeGreaterThan(0);
    expect(server.localPort).toBe(port);
    expect(
      server
        .getLocalAddresses()
        .map(({ address, family }) => [address, family])
        .sort(),
    ).toEqual([
      ['127.0.0.1', 'IPv4'],
      ['::1', 'IPv6'],
    ]);
    expect(await new Promise((resolve) => server.close(resolve))).toBeUndefined();
    expect(server.address()).toBeNull();
  });

  test('listens again after it was closed, at the same ports', async () => {
    const { server, udpPort } = await listening();
    for (let round = 0; round < 2; round++) {
      server.close();
      await once(server, 'close');
      server.listen({ port: PORT, host: '127.0.0.1', udpPort });
      await once(server, 'listening');
    }
    server.close().listen({ port: PORT, host: '127.0.0.1', udpPort });
    await once(server, 'listening');
  });

  test('emits error if a port is taken', async () => {
    const { udpPort } = await listening();
    const sctpPort = opened(createServer());
    sctpPort.listen({ port: PORT, host: '127.0.0.1', udpPort });
    expect((await once(sctpPort, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE' });
    const taken = opened(createSocket('udp4')).bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const other = opened(createServer({ stack: Stack.create({ transport: udp({ addresses: ['127.0.0.1'], port }) }) }));
    other.listen({ port: PORT });
    expect((await once(other, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE' });
  });

  test('takes its arguments as net does', async () => {
    const udpPort = await freePort();
    const server = opened(createServer({ udpPort }, () => {}));
    server.listen('3000', 'localhost', 5, () => {});
    await once(server, 'listening');
    expect(server.address()).toMatchObject({ port: 3000 });
    server.close();
    await once(server, 'close');
    server.listen(3001, undefined, null);
    await once(server, 'listening');
    expect(server.address()).toMatchObject({ address: '::', port: 3001 });
    expect(() => createServer(null).listen(1, 2, 3)).toThrow('a host, a backlog and a callback');
    expect(() => createServer().listen({ port: 1, host: '::1', localAddresses: ['::1'] })).toThrow('not both');
  });

  test('refuses peers beyond maxConnections, and counts its sockets', async () => {
    const { server, udpPort, here } = await pair();
    server.maxConnections = 1;
    const dropped = once(server, 'drop');
    const other = opened(connect({ host: '127.0.0.1', port: PORT, udpPort }));
    other.on('error', () => {});
    other.resume();
    expect((await dropped)[0]).toMatchObject({ remoteAddress: expect.any(String) });
    const count = () => new Promise<number>((resolve) => server.getConnections((_, sockets) => resolve(sockets)));
    expect(await count()).toBe(1);
    here.destroy();
    await expect.poll(count).toBe(0);
  });

  test('answers a native client of usrsctp', async () => {
    const { server, udpPort } = await listening();
    server.on('connection', (socket) => socket.on('data', (data) => socket.write(`you said ${data}`)));
    const client = await native('client', ['127.0.0.1', PORT, 0, await freePort(), udpPort]);
    await client.printed(/SCTP_COMM_UP/);
    client.write('hello\n');
    await client.printed(/you said hello\n/);
    client.end();
    expect(await client.exit()).toBe(0);
  });
});

describe('networks', () => {
  test('a passive socket waits for the peer', async () => {
    const udpPort = await freePort();
    const stack = opened(await Stack.create({ transport: udp({ addresses: ['127.0.0.1'], port: udpPort }) }));
    const peer = { host: '127.0.0.1', localAddress: '127.0.0.1' };
    const passive = opened(connect({ ...peer, passive: true, port: 5000, localPort: 5001, stack }));
    const stranger = opened(connect({ ...peer, port: 5001, localPort: 4999, udpPort }));
    stranger.on('error', () => {});
    await once(stranger, 'close').catch(() => {});
    const active = opened(connect({ ...peer, port: 5001, localPort: 5000, udpPort }));
    await Promise.all([once(passive, 'connect'), once(active, 'connect')]);
    active.write('hello');
    expect(String(await message(passive))).toBe('hello');
    expect(() => connect({ port: 5000, passive: true, stack }).on('error', () => {})).not.toThrow();
  });

  test('udpTransport carries the packets, as in node-sctp', async () => {
    const sockets = await Promise.all(
      [0, 1].map(async () => {
        const socket = opened(createSocket('udp4')).bind(0, '127.0.0.1');
        await once(socket, 'listening');
        return socket;
      }),
    );
    const [one, other] = sockets as [DatagramSocket, DatagramSocket];
    const peerOf = (socket: DatagramSocket) => ({ host: '127.0.0.1', port: (socket.address() as AddressInfo).port });
    const passive = opened(
      connect({ passive: true, localPort: 5000, port: 5000, udpTransport: one, udpPeer: peerOf(other) }),
    );
    const active = opened(connect({ localPort: 5000, port: 5000, udpTransport: other, udpPeer: peerOf(one) }));
    await Promise.all([once(passive, 'connect'), once(active, 'connect')]);
    passive.write('over datagrams');
    expect(String(await message(active))).toBe('over datagrams');
    active.end();
    passive.resume();
    await once(passive, 'end');
  });

  test('setDefaultStack makes sockets and servers use one stack', async () => {
    const port = await freePort();
    const transport = udp({ addresses: ['127.0.0.1'], port, encapsulationPort: port });
    const stack = opened(await Stack.create({ transport }));
    setDefaultStack(stack);
    try {
      const server = opened(sctp.createServer().listen(PORT));
      await once(server, 'listening');
      const client = opened(sctp.connect(PORT, '127.0.0.1'));
      const [there] = (await once(server, 'connection')) as [Socket];
      client.write('within one stack');
      expect(String(await message(there))).toBe('within one stack');
      expect(stack.sockets.length).toBeGreaterThan(1);
    } finally {
      setDefaultStack();
    }
  });
});

test('PPID has names by number, and the names of node-sctp', () => {
  expect([PPID.DIAMETER, PPID.BER, PPID.SCTP, PPID[46], PPID[3], PPID[99]]).toEqual([
    46,
    48,
    0,
    'DIAMETER',
    'M3UA',
    undefined,
  ]);
  expect(sctp.protocol).toBe(PPID);
});

test('the events have types', () => {
  const socket = new Socket();
  socket.on('data', (data) => expectTypeOf(data).toEqualTypeOf<MessageBuffer>());
  socket.once('stream', (stream, id) => {
    expectTypeOf(stream).toEqualTypeOf<IncomingStream>();
    expectTypeOf(id).toEqualTypeOf<number>();
  });
  createServer().on('connection', (accepted) => expectTypeOf(accepted).toEqualTypeOf<Socket>());
  socket.on('anything', (first: string) => expectTypeOf(first).toEqualTypeOf<string>());
});
