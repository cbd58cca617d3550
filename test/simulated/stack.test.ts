import { expect, test } from 'vitest';
import type { Association } from '../../src/association/association.js';
import { Stack } from '../../src/index.js';
import { type Network, scenario } from '../../src/simulated.js';
import { cpuMs } from '../support/cpu.js';

const PORT = 5001;
const SERVER = ['10.0.1.2', '10.0.2.2'].map((address) => ({ address, port: PORT }));

/** Two stacks with two paths, connected. */
async function connected(network: Network): Promise<[Association, Association]> {
  const client = network.host('client', ['10.0.1.1', '10.0.2.1']);
  const server = network.host('server', ['10.0.1.2', '10.0.2.2']);
  const { clock } = network;
  const create = ({ transport, random }: typeof client) => Stack.create({ transport, clock, random });
  const [clientStack, serverStack] = await network.standStill(Promise.all([create(client), create(server)]));
  const listener = serverStack.socket({ style: 'one-to-many' });
  listener.bindx(SERVER);
  const accepted = listener.listen()[Symbol.asyncIterator]();
  const association = await clientStack.socket({ style: 'one-to-one' }).connectx(SERVER);
  return [association, (await accepted.next()).value];
}

test('two stacks over a bad network leave the same trace, byte for byte, for the same seed', async () => {
  const conditions = { latencyMs: 5, jitterMs: 3, loss: 0.02, duplicate: 0.05, reorder: 0.02, corrupt: 0.02 };
  const run = (seed: number) =>
    scenario({ seed, conditions, traceLength: 1e5 }, async (network) => {
      const [client, server] = await connected(network);
      for (let count = 0; count < 20; count++) await client.send(new Uint8Array(10_000).fill(count), { stream: 0 });
      let count = 0;
      for await (const { data } of server) {
        expect(data[0]).toBe(count++);
        if (count === 20) break;
      }
      return network.pcapng();
    });
  const first = await run(1);
  expect(first.length).toBeGreaterThan(200_000);
  expect(Buffer.compare(first, await run(1))).toBe(0);
  expect(Buffer.compare(first, await run(2))).not.toBe(0);
});

test('code that a filter wakes runs at the instant of its packet, even if the stacks wake no code', async () => {
  await scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    let count = 0;
    const answered = new Promise<number>((resolve) => {
      network.filter(() => {
        if (++count === 2) resolve(network.clock.now()); // INIT ACK, which wakes no program
        return undefined;
      });
    });
    const started = network.clock.now();
    const seen = answered.then((sentMs) => [sentMs - started, network.clock.now() - started]);
    await connected(network);
    expect(await seen).toEqual([10, 10]);
  });
});

test('a day of heartbeats between two stacks takes seconds', async () => {
  await scenario({ seed: 1, limitMs: 1e9 }, async (network) => {
    await connected(network);
    const began = cpuMs();
    await network.advance(86_400_000);
    expect(network.trace.count).toBeGreaterThan(10_000);
    expect(cpuMs() - began).toBeLessThan(10_000);
  });
});
