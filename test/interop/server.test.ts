import { afterEach, describe, expect, test } from 'vitest';
import type { Association, Socket, SocketOptions } from '../../src/index.js';
import { Child } from '../support/child.js';
import { freePort, native } from '../support/native.js';
import { closeHosts, host, WAIT } from '../support/udp-host.js';

const PORT = 5001;

afterEach(async () => {
  await closeHosts();
  await Child.endAll();
});

interface Server {
  readonly socket: Socket;
  /** Starts a native `client` that connects to the server. */
  client(port?: number): Promise<Child>;
}

/** A listening socket of ours on one address, or on all addresses of the machine. */
async function server(address: string, options: SocketOptions = {}, addresses = [address]): Promise<Server> {
  const { stack, transport } = await host({ udp: { addresses } });
  const socket = stack.socket(options);
  socket.bindx([{ address: '::', port: PORT }]);
  socket.listen();
  return {
    socket,
    client: async (port = PORT) => native('client', [address, port, 0, await freePort(), transport.port]),
  };
}

async function receiveText(association: Association): Promise<string> {
  const message = await association.receive(WAIT);
  return Buffer.from(message?.data ?? []).toString('latin1');
}

describe.each(['127.0.0.1', '::1'])('our server with native clients on %s', (address) => {
  test('the client’s input arrives, our answers are printed, and the end of input shuts both ends down', async () => {
    const { socket, client } = await server(address);
    const typing = await client();
    const association = await socket.accept(WAIT);
    for (const line of ['hello\n', 'what is the time?\n', `${'x'.repeat(78)}\n`]) {
      typing.write(line);
      expect(await receiveText(association)).toBe(line);
      await association.send(`you said ${line}`);
      await typing.printed(new RegExp(`you said ${line.replace('?', '\\?')}`));
    }
    typing.end();
    expect(await association.receive(WAIT)).toBeUndefined();
    expect(await association.closed).toBeUndefined();
    expect(await typing.exit()).toBe(0);
    // Another thread may print in between.
    expect(typing.output).toMatch(/SCTP_COMM_UP.*, streams \(in\/out\) = \(10\/10\)/s);
    expect(typing.output).toContain('SCTP_SHUTDOWN_COMP');
  });

  test.each([1, 1500, 65_536, 200_000])('an answer of %i bytes is printed completely', async (size) => {
    const { socket, client } = await server(address);
    const typing = await client();
    const association = await socket.accept(WAIT);
    await typing.printed(/SCTP_COMM_UP.*\n/);
    const answer = Array.from({ length: size }, (_, i) => String.fromCharCode(0xc0 + (i % 61))).join('');
    await association.send(Buffer.from(answer, 'latin1'));
    await association.close(WAIT);
    await typing.printed(/SCTP_SHUTDOWN_COMP/);
    expect(typing.output.replaceAll(/[\0-\x7f]/g, '') === answer).toBe(true);
  });

  test('our close shuts the native client down', async () => {
    const { socket, client } = await server(address);
    const typing = await client();
    const association = await socket.accept(WAIT);
    await association.send('good bye\n');
    await association.close(WAIT);
    await typing.printed(/good bye\n.*SCTP_SHUTDOWN_COMP/s);
  });

  test('the reason of our abort reaches the native client', async () => {
    const { socket, client } = await server(address);
    const typing = await client();
    const association = await socket.accept(WAIT);
    // It has connected, and printed its addresses: from now on a single thread prints.
    typing.write('hello\n');
    expect(await receiveText(association)).toBe('hello\n');
    association.abort('enough');
    const [, bytes] = await typing.printed(/SCTP_COMM_LOST.*ABORT =((?: 0x\w\w)+)\.?\n/);
    const abort = Buffer.from(bytes!.replaceAll(/ 0x/g, ''), 'hex');
    expect(abort[0]).toBe(6); // the chunk type of ABORT
    expect(abort.readUInt16BE(4)).toBe(12); // User-Initiated Abort
    expect(abort.subarray(8, 8 + 6).toString()).toBe('enough');
  });

  test('a native client is refused if no socket listens', async () => {
    const { client } = await server(address);
    const refused = await client(PORT + 1);
    await refused.printed(/usrsctp_connect: Connection refused/);
    await refused.printed(/SCTP_CANT_STR_ASSOC.*ABORT = 0x06/);
  });

  test('heartbeats alone detect that a native client was killed', async () => {
    const { stack, transport } = await host({
      udp: { addresses: [address] },
      timers: { heartbeatMs: 200, associationRetransmits: 3 },
    });
    const socket = stack.socket();
    socket.bindx([{ address, port: PORT }]);
    socket.listen();
    const typing = await native('client', [address, PORT, 0, await freePort(), transport.port]);
    const association = await socket.accept(WAIT);
    await typing.kill();
    expect(await association.closed).toMatchObject({ code: 'ETIMEDOUT' });
  });

  test.each(['one-to-one', 'one-to-many'] as const)('a %s socket serves five native clients at once', async (style) => {
    const { socket, client } = await server(address, { style });
    const clients = await Promise.all(Array.from({ length: 5 }, () => client()));
    const associations = await Promise.all(clients.map(() => socket.accept(WAIT)));
    for (const [i, typing] of clients.entries()) typing.write(`I am ${i}\n`);
    const texts = await Promise.all(associations.map(receiveText));
    expect([...texts].sort()).toEqual(clients.map((_, i) => `I am ${i}\n`));
    await Promise.all(associations.map((association, i) => association.send(`welcome, ${texts[i]}`)));
    await Promise.all(clients.map((typing, i) => typing.printed(new RegExp(`welcome, I am ${i}\n`))));
    for (const typing of clients) typing.end();
    expect(await Promise.all(associations.map(({ closed }) => closed))).toEqual(clients.map(() => undefined));
  });
});

test('every address that a native client lists becomes a confirmed path', async () => {
  const { socket, client } = await server('127.0.0.1', {}, ['0.0.0.0', '::']);
  const typing = await client();
  const association = await socket.accept(WAIT);
  const addresses = association.paths().map(({ address }) => address);
  expect(addresses).toEqual(expect.arrayContaining(['127.0.0.1', '::1']));
  const confirmed = new Set(association.paths().flatMap(({ state, address }) => (state === 'active' ? [address] : [])));
  await new Promise<void>((resolve) => {
    const look = () => confirmed.size === addresses.length && resolve();
    association.on('path', ({ address, change }) => {
      if (change === 'confirmed') confirmed.add(address);
      look();
    });
    look();
  });
  expect(association.paths().map(({ state }) => state)).toEqual(addresses.map(() => 'active'));
  expect(typing.output).not.toContain('UNREACHABLE');
});
