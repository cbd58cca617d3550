import { afterEach, describe, expect, test } from 'vitest';
import { type Association, type Conn, conn, type Endpoint, type Peer, Stack } from '../../src/index.js';
import { udp } from '../../src/udp.js';
import { client, closeLater, closeRelays, startRelay } from '../support/relays.js';

/** More than a UDP socket sends in one turn of the event loop. */
const MANY = 100;

afterEach(closeRelays);

/** Two stacks, and the associations from one to the other. */
interface Joined {
  readonly client: Stack;
  readonly server: Stack;
  readonly near: readonly Association[];
  readonly far: readonly Association[];
}

/** Connects many times to a server, which accepts. */
async function connectMany(client: Stack, server: Stack, where: Peer, local = (_: number): Endpoint[] => []) {
  const listener = server.socket();
  listener.bindx([{ address: where.address, port: where.port }]);
  listener.listen({ backlog: MANY });
  const near: Association[] = [];
  const far: Association[] = [];
  for (let index = 0; index < MANY; index++) {
    const own = local(index);
    const options = { timeoutMs: 40_000, ...(own.length > 0 && { local: own }) };
    const [one, other] = await Promise.all([client.socket().connectx([where], options), listener.accept()]);
    near.push(one);
    far.push(other as Association);
  }
  return { client, server, near, far };
}

const over: Record<string, () => Promise<Joined>> = {
  'udp()': async () => {
    const transport = udp({ addresses: ['127.0.0.1'], port: 0 });
    const server = closeLater(await Stack.create({ transport }));
    const near = await Stack.create({ transport: udp({ addresses: ['127.0.0.1'], port: 0 }) });
    return connectMany(near, server, { address: '127.0.0.1', port: 5001, encapsulationPort: transport.port });
  },
  'relay()': async () => {
    const relay = await startRelay();
    const transport = udp({ addresses: ['127.0.0.1'], port: 0 });
    const server = closeLater(await Stack.create({ transport }));
    const { stack } = await client([relay], transport.port);
    return connectMany(stack, server, { address: '127.0.0.1', port: 5001 });
  },
  'conn()': async () => {
    const ends: { near?: Conn; far?: Conn } = {};
    ends.near = conn({ onConnOutput: (packet) => ends.far?.connInput(packet) });
    ends.far = conn({ onConnOutput: (packet) => ends.near?.connInput(packet) });
    const server = closeLater(await Stack.create({ transport: ends.far }));
    const near = await Stack.create({ transport: ends.near });
    const where = { address: 'conn', port: 5001 };
    return connectMany(near, server, where, (index) => [{ address: 'conn', port: 6000 + index }]);
  },
};

describe.each(Object.keys(over))('a stack over %s that is closed', (name) => {
  test('right behind many abort() has told every peer, and holds no memory', async () => {
    const { client, near, far } = await over[name]!();
    for (const association of near) association.abort('over');
    await client.close({ timeoutMs: 20_000 });
    expect(client.memoryInUse).toBe(0);
    const ends = await Promise.all(far.map(({ closed }) => closed));
    expect(ends.map((error) => error?.code)).toEqual(new Array(MANY).fill('ECONNRESET'));
  });

  test('right behind many close() has ended each association in order, and holds no memory', async () => {
    const { client, server, near, far } = await over[name]!();
    for (const association of far) void association.receive().then(() => association.close());
    await Promise.all(near.map((association) => association.close()));
    await client.close({ timeoutMs: 20_000 });
    expect(client.memoryInUse).toBe(0);
    const ends = await Promise.all(far.map(({ closed }) => closed));
    expect(ends).toEqual(new Array(MANY).fill(undefined));
    await server.close();
    expect(server.memoryInUse).toBe(0);
  });
});
