import { afterEach, describe, expect, test } from 'vitest';
import { type Association, Stack } from '../../../src/index.js';
import { type IpOptions, ip, udp } from '../../../src/native.js';
import type { Transport } from '../../../src/transport/transport.js';

const stacks: Stack[] = [];

afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.close()));
});

async function stackOf(transport: Transport): Promise<Stack> {
  const stack = await Stack.create({ transport });
  stacks.push(stack);
  return stack;
}

const overIp = (address: string, options: IpOptions = {}) => stackOf(ip({ addresses: [address], ...options }));

/** Starts a server that answers each message with the same. */
function echo(stack: Stack, port: number): void {
  const listener = stack.socket();
  listener.bindx([{ address: '0.0.0.0', port }]);
  listener.listen();
  void (async () => {
    for (;;) void answer(await listener.accept());
  })().catch(() => undefined); // the stack is closed
}

async function answer(association: Association): Promise<void> {
  for await (const { data } of association) await association.send(data);
}

/** Sends messages, and expects them back. */
async function converse(stack: Stack, address: string, port: number): Promise<void> {
  const association = await stack.socket().connect({ address, port }, { timeoutMs: 10_000 });
  for (const size of [1, 1000, 100_000]) {
    const sent = new Uint8Array(size).fill(size);
    await association.send(sent);
    expect(Buffer.compare((await association.receive())!.data, sent)).toBe(0);
  }
  await association.close();
}

describe('stacks with raw sockets', () => {
  test('two stacks talk to each other without UDP', async () => {
    echo(await overIp('127.0.0.1'), 5001);
    await converse(await overIp('127.0.0.2'), '127.0.0.1', 5001);
  });

  test('four stacks on one address do not abort each other’s associations', async () => {
    echo(await overIp('127.0.0.1'), 5001);
    echo(await overIp('127.0.0.1'), 5002);
    const [one, other] = [await overIp('127.0.0.2'), await overIp('127.0.0.2')];
    await Promise.all([converse(one, '127.0.0.1', 5001), converse(other, '127.0.0.1', 5002)]);
    await Promise.all([converse(other, '127.0.0.1', 5001), converse(one, '127.0.0.1', 5002)]);
  });

  test('nobody answers for a port that no stack uses', async () => {
    await overIp('127.0.0.1');
    const connecting = (await overIp('127.0.0.2'))
      .socket()
      .connect({ address: '127.0.0.1', port: 5003 }, { timeoutMs: 300 });
    await expect(connecting).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  test('a stack that answers strangers refuses connections to all ports that it does not use', async () => {
    await overIp('127.0.0.1', { answerOutOfTheBlue: true });
    const connecting = (await overIp('127.0.0.2'))
      .socket()
      .connect({ address: '127.0.0.1', port: 5003 }, { timeoutMs: 10_000 });
    await expect(connecting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('two stacks talk to each other over UDP in batches', async () => {
  const server = udp({ addresses: ['127.0.0.1'], port: 0 });
  echo(await stackOf(server), 5001);
  const client = udp({ addresses: ['127.0.0.1'], port: 0, encapsulationPort: server.port });
  await converse(await stackOf(client), '127.0.0.1', 5001);
});
