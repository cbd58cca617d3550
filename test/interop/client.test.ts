import { randomBytes, randomInt } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { Association, Message, Timers } from '../../src/index.js';
import { Child } from '../support/child.js';
import { freePort, native } from '../support/native.js';
import { closeHosts, host, WAIT } from '../support/udp-host.js';

const ECHO = 7;
const EKR = 5001;
/** The read size of the native servers, and so the largest message that they send back. */
const ECHO_BYTES = 10_240;

afterEach(async () => {
  await closeHosts();
  await Child.endAll();
});

/** Starts a native server and a stack of ours that uses its UDP port. */
async function beside(program: string, address: string, timers: Partial<Timers> = {}) {
  const theirs = await freePort();
  const ours = await freePort();
  const places = program.startsWith('ekr') ? [address, theirs, address, ours] : [theirs, ours];
  const server = await native(program, places, theirs);
  const { stack } = await host({ udp: { port: ours, encapsulationPort: theirs, addresses: [address] }, timers });
  return { server, stack };
}

async function connected(program: string, address: string, timers?: Partial<Timers>) {
  const { server, stack } = await beside(program, address, timers);
  return { server, association: await stack.socket().connectx([{ address, port: ECHO }]) };
}

async function received(association: Association, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) {
    const message = await association.receive(WAIT);
    if (message === undefined) throw new Error(`the peer has closed after ${messages.length} messages`);
    messages.push(message);
  }
  return messages;
}

/** The server's output without its remarks, once it has `size` bytes. */
function contentOf(output: string, size: number): string | undefined {
  const content = output.replaceAll(/(Msg|Notification) of length \d+ received.*\n/g, '');
  return content.length >= size ? content : undefined;
}

function letters(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => 0x61 + randomInt(26)));
}

describe.each(['127.0.0.1', '::1'])('our client with native servers on %s', (address) => {
  test('messages of 1 byte to 10 kB come back unchanged, with stream and ppid', async () => {
    const { association } = await connected('echo_server', address);
    const { outbound } = association.setup.streams;
    const sizes = [1, 2, 3, 4, 5, 100, 1000, 1400, 1452, 1453, 2900, 5000, 9999, ECHO_BYTES];
    const sent = sizes.map((size, i) => ({ data: randomBytes(size), stream: i % outbound, ppid: 0xfffffff0 + i }));
    for (const { data, ...options } of sent) await association.send(data, options);
    const back = await received(association, sent.length);
    for (const { data, stream, ppid } of sent) {
      const echo = back.find((message) => message.ppid === ppid);
      expect(echo).toMatchObject({ stream, unordered: false });
      expect(data.equals(echo!.data)).toBe(true);
    }
    await association.close(WAIT);
    expect(await association.closed).toBeUndefined();
  });

  test.each([10_241, 65_536, 200_000])(
    'a message of %i bytes arrives complete, and its end comes back',
    async (size) => {
      const { association, server } = await connected('echo_server_upcall', address);
      const data = letters(size);
      await association.send(data, { stream: 3, ppid: 46 });
      const [echo] = await received(association, 1);
      expect(echo).toMatchObject({ stream: 3, ppid: 46 });
      expect(echo!.data.length).toBeLessThanOrEqual(ECHO_BYTES);
      expect(data.subarray(-echo!.data.length).equals(echo!.data)).toBe(true);
      const printed = await server.until(({ length }) => length > size && contentOf(server.output, size), 'all came');
      expect(printed === data.toString('latin1')).toBe(true);
      await association.close(WAIT);
    },
  );

  test('unordered messages come back unordered', async () => {
    const { association } = await connected('echo_server', address);
    const sent = Array.from({ length: 20 }, (_, i) => `${i}`);
    for (const text of sent) await association.send(text, { unordered: true });
    const back = await received(association, sent.length);
    expect(back.every(({ unordered }) => unordered)).toBe(true);
    expect(back.map(({ data }) => Buffer.from(data).toString()).sort()).toEqual(sent.sort());
  });

  test('the set-up result has the addresses, streams and features of the native peer', async () => {
    const { association } = await connected('echo_server', address);
    const { setup } = association;
    expect(setup).toMatchObject({ confirmed: [address], dropped: [], streams: { outbound: 10 } });
    expect(setup.tried).toMatchObject([{ address }]);
    expect(setup.features).toEqual(
      expect.arrayContaining(['partial reliability', 'authentication', 'dynamic addresses', 'reconfiguration']),
    );
    expect(association.paths().find((path) => path.address === address)).toMatchObject({ state: 'active' });
  });

  test('one socket can have successive associations with the same server', async () => {
    const { stack } = await beside('echo_server', address);
    const socket = stack.socket();
    for (const text of ['first', 'second', 'third']) {
      const association = await socket.connect({ address, port: ECHO });
      await association.send(text);
      const [echo] = await received(association, 1);
      expect(Buffer.from(echo!.data).toString()).toBe(text);
      await association.close(WAIT);
    }
  });

  test('if a native server ignores INITs to another port, the set-up fails with ETIMEDOUT and the time of each INIT', async () => {
    const { stack } = await beside('echo_server', address);
    const attempt = stack.socket().connectx([{ address, port: 8 }], { timeoutMs: 1200 });
    const error = await attempt.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'connectx', address, port: 8 });
    const [first, second] = error.attempts[0].sentAtMs;
    expect(second - first).toBeGreaterThanOrEqual(400); // it is 500 ms, unless the first one was late
  });

  test('after a native server is killed, the association is lost with ETIMEDOUT', async () => {
    const { association, server } = await connected('echo_server', address, { associationRetransmits: 4 });
    const lost: string[] = [];
    association.on('path', ({ change, address }) => change === 'unreachable' && lost.push(address));
    await association.send('are you there?');
    await received(association, 1);
    await server.kill();
    await association.send('and now?');
    const error = await association.closed;
    expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    expect(lost).toContain(address);
    await expect(association.send('hello?')).rejects.toBe(error);
    await expect(association.receive()).rejects.toBe(error);
    await expect(association.close()).resolves.toBeUndefined();
  });
});

describe('our client with a native server that has no IP layer (AF_CONN over UDP)', () => {
  test('connects, delivers messages and closes', async () => {
    const { stack, server } = await beside('ekr_server', '127.0.0.1');
    const association = await stack.socket().connectx([{ address: '127.0.0.1', port: EKR }]);
    expect(association.paths().map(({ address }) => address)).toEqual(['127.0.0.1']);
    await association.send(letters(5000), { stream: 2, ppid: 99 });
    await server.printed(/Msg of length 5000 received via .* on stream 2 .*PPID 99/);
    await association.close(WAIT);
  });

  test('gets ECONNREFUSED from the ABORT of a port where no socket listens', async () => {
    const { stack } = await beside('ekr_server', '127.0.0.1');
    const attempt = stack.socket().connectx([{ address: '127.0.0.1', port: EKR + 1 }]);
    const error = await attempt.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connectx', address: '127.0.0.1', port: EKR + 1 });
    expect(error.abort).toEqual([]); // usrsctp names no cause
    expect(error.attempts[0].sentAtMs).toHaveLength(1);
  });
});
