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
    expect(transport.route('127.0.1.1')?.source).toBe('127.0.2.11');
    expect(transport.relays.map(({ state }) => state)).toEqual([expect.not.stringMatching('up'), 'up']);
    await association.close();
  });

  test('lives on through its only relay when the connection is cut, with the same address', async () => {
    const relay = await startRelay();
    const server = await serve(['127.0.0.1']);
    const { stack, transport } = await client([relay], server.udpPort);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 5000 });
    const accepted = await server.listener.accept();
    const [before] = transport.relays;
    await exchange(association, accepted, 60, (arrived) => {
      if (arrived === 20) relay.cut();
    });
    expect(transport.relays[0]?.addresses).toEqual(before?.addresses);
    expect(metric(relay.server.metrics(), 'usrsctp_relay_sessions_total{kind="resumed"}')).toBe(1);
    expect(relay.server.clients).toBe(1);
    await association.close();
  });

  test('takes up its path again when a relay that was lost is back', async () => {
    const first = await startRelay('127.0.1.11');
    const second = await startRelay('127.0.2.11');
    const server = await serve(['127.0.1.1', '127.0.2.1']);
    const { stack, transport } = await client([first, second], server.udpPort);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 5000 });
    const accepted = await server.listener.accept();
    await exchange(association, accepted, 2);
    await first.crash();
    await until(() => transport.route('127.0.1.1')?.source === '127.0.2.11', 'the other route');
    await exchange(association, accepted, 2);
    const again = await startRelay('127.0.1.11', {}, Number(new URL(first.url).port));
    await until(() => transport.relays.every(({ state }) => state === 'up'), 'both relays', 15_000);
    const isBack = () => accepted.paths().some(({ address, state }) => address === '127.0.1.11' && state === 'active');
    await until(isBack, "the server's path through the relay that is back", 15_000);
    await second.crash();
    await exchange(association, accepted, 10);
    expect(metric(again.server.metrics(), 'usrsctp_relay_datagrams_total{direction="out"}')).toBeGreaterThan(100);
    await association.close();
  });

  test('reaches a native server through a relay, message by message', async () => {
    const [theirs, ours] = [await freePort(), await freePort()];
    await native('echo_server', [theirs, ours], theirs);
    const relay = await startRelay('127.0.0.11', { ports: [ours, ours] }); // where echo_server expects its peers
    const { stack } = await client([relay], theirs);
    const association = await stack.socket().connectx([{ address: '127.0.0.1', port: 7 }], { timeoutMs: 5000 });
    for (const size of [1, 1000, 1452, 10_000]) {
      const sent = pattern(size, size);
      await association.send(sent, { ppid: size });
      const echo = await association.receive({ timeoutMs: 5000 });
      expect(isEqual(echo?.data, sent)).toBe(true);
      expect(echo?.ppid).toBe(size);
    }
    await association.close();
  });

  test('has IPv4 and IPv6 through one relay', async () => {
    const server = await serve(['127.0.0.1', '::1']);
    const { stack, transport } = await client([await startRelay(['127.0.0.11', '::1'])], server.udpPort);
    expect(transport.addresses).toEqual(['127.0.0.11', '::1']);
    const [four, six] = transport.relays[0]?.addresses ?? [];
    expect(four?.port).toBe(six?.port);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 5000 });
    const accepted = await server.listener.accept();
    await exchange(association, accepted, 3);
    expect(association.setup.confirmed).toEqual(['127.0.0.1', '::1']);
    await association.close();
  });
});
