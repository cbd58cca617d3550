import { afterEach, describe, expect, test } from 'vitest';
import { type Association, type Endpoint, Stack } from '../src/index.js';
import { udp } from '../src/udp.js';
import { Child } from './support/child.js';
import { freePort, native } from './support/native.js';
import { closeLater, closeRelays, metric, startRelay, type TestRelay, through, until } from './support/relays.js';
import { all, isEqual, pattern } from './support/world.js';

const PORT = 5001;

afterEach(async () => {
  await closeRelays();
  await Child.endAll();
});

/** A server of ours on real UDP. */
async function serve(addresses: readonly string[]) {
  const transport = udp({ addresses, port: 0 });
  const stack = closeLater(await Stack.create({ transport, preset: 'fast-failover' }));
  const listener = stack.socket({ style: 'one-to-many' });
  const endpoints = addresses.map((address): Endpoint => ({ address, port: PORT }));
  listener.bindx(endpoints);
  listener.listen();
  return { stack, listener, endpoints, udpPort: transport.port };
}

async function client(relays: readonly (TestRelay | string)[], encapsulationPort: number) {
  const transport = await through(relays, { encapsulationPort });
  const stack = closeLater(await Stack.create({ transport, preset: 'fast-failover' }));
  return { transport, stack };
}

/** Sends messages of 20 kB, and receives as many: `rounds` are told after each one that has arrived. */
async function exchange(a: Association, b: Association, count: number, progress: (arrived: number) => void = () => {}) {
  const messages = Array.from({ length: count }, (_, index) => pattern(20_000, index + 1));
  const send = async (association: Association) => {
    for (const [index, message] of messages.entries()) await association.send(message, { stream: index % 4 });
  };
  const receive = async (association: Association) => {
    const nexts = [0, 1, 2, 3];
    for (let arrived = 1; arrived <= count; arrived++) {
      const message = await association.receive({ timeoutMs: 20_000 });
      const stream = message?.stream ?? 0;
      const index = nexts[stream] ?? 0;
      nexts[stream] = index + 4;
      if (!isEqual(message?.data, messages[index]!)) throw new Error(`message ${index} is not what was sent`);
      progress(arrived);
    }
  };
  await Promise.all([send(a), send(b), receive(a), receive(b)]);
}

describe('an association through relays', () => {
  test('carries messages both ways over one relay', async () => {
    const relay = await startRelay();
    const server = await serve(['127.0.0.1']);
    const { stack } = await client([relay], server.udpPort);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 5000 });
    const accepted = await server.listener.accept();
    expect(accepted.paths().map(({ address }) => address)).toEqual(['127.0.0.11']);
    await exchange(association, accepted, 5);
    await association.close();
    expect(await all(accepted)).toEqual([]);
    const text = relay.server.metrics();
    expect(metric(text, 'usrsctp_relay_datagrams_total{direction="out"}')).toBeGreaterThan(70);
  });

  test('lives on when one of two relays dies, and nothing of 1.2 MB each way is lost', async () => {
    const relays = [await startRelay('127.0.1.11'), await startRelay('127.0.2.11')];
    const server = await serve(['127.0.1.1', '127.0.2.1']);
    const { stack, transport } = await client(relays, server.udpPort);
    expect(transport.addresses).toEqual(['127.0.1.11', '127.0.2.11']);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 5000 });
    const accepted = await server.listener.accept();
    expect(
      accepted
        .paths()
        .map(({ address }) => address)
        .sort(),
    ).toEqual(['127.0.1.11', '127.0.2.11']);
    expect(transport.route('127.0.1.1')?.source).not.toBe(transport.route('127.0.2.1')?.source);

    let crash: Promise<void> | undefined;
    await exchange(association, accepted, 60, (arrived) => {
      if (arrived === 20) crash ??= relays[0]?.crash();
    });
    await crash;
    expect(transport.addresses).toEqual(['127.0.2.11']);
    expect(transport.relays.map(({ state }) => state)).toEqual([expect.not.stringMatching('up'), 'up']);
    await association.close();
  });
});
