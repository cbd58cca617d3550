import { afterEach, describe, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { exchange } from '../support/exchange.js';
import { freePort, native } from '../support/native.js';
import { client, closeRelays, metric, serve, startRelay, until } from '../support/relays.js';
import { all, isEqual, pattern } from '../support/two-stacks.js';

afterEach(async () => {
  await closeRelays();
  await Child.endAll();
});

describe('an association through relays', () => {
  test('carries messages both ways over one relay', async () => {
    const relay = await startRelay();
    const server = await serve(['127.0.0.1']);
    const { stack } = await client([relay], server.udpPort);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
    const accepted = await server.listener.accept();
    expect(accepted.paths().map(({ address }) => address)).toEqual(['127.0.0.11']);
    await exchange(association, accepted, 5);
    await association.close();
    expect(await all(accepted)).toEqual([]);
    const text = await relay.server.metrics();
    expect(metric(text, 'usrsctp_relay_datagrams_total{direction="out"}')).toBeGreaterThan(70);
  });

  test('survives the crash of one of two relays, and loses nothing of 1.2 MB in each direction', async () => {
    const relays = [await startRelay('127.0.1.11'), await startRelay('127.0.2.11')];
    const server = await serve(['127.0.1.1', '127.0.2.1']);
    const { stack, transport } = await client(relays, server.udpPort);
    expect(transport.addresses).toEqual(['127.0.1.11', '127.0.2.11']);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
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

  test('survives a lost connection to its only relay, and keeps its address', async () => {
    const relay = await startRelay();
    const server = await serve(['127.0.0.1']);
    const { stack, transport } = await client([relay], server.udpPort);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
    const accepted = await server.listener.accept();
    const [before] = transport.relays;
    let isCut = false;
    await exchange(association, accepted, 60, (arrived) => {
      if (isCut || arrived < 20) return; // it is told for both ends
      isCut = true;
      relay.cut();
    });
    expect(transport.relays[0]?.addresses).toEqual(before?.addresses);
    expect(metric(await relay.server.metrics(), 'usrsctp_relay_sessions_total{kind="resumed"}')).toBe(1);
    expect(relay.server.clients).toBe(1);
    await association.close();
  });

  test('uses a path again when its relay is back', async () => {
    const first = await startRelay('127.0.1.11');
    const second = await startRelay('127.0.2.11');
    const server = await serve(['127.0.1.1', '127.0.2.1']);
    const { stack, transport } = await client([first, second], server.udpPort);
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
    const accepted = await server.listener.accept();
    await exchange(association, accepted, 2);
    await first.crash();
    await until(() => transport.route('127.0.1.1')?.source === '127.0.2.11', 'the other route');
    await exchange(association, accepted, 2);
    const again = await startRelay('127.0.1.11', {}, Number(new URL(first.url).port));
    await until(() => transport.relays.every(({ state }) => state === 'up'), 'both relays');
    const isBack = () => accepted.paths().some(({ address, state }) => address === '127.0.1.11' && state === 'active');
    await until(isBack, "the server's path through the relay that is back");
    await second.crash();
    await exchange(association, accepted, 10);
    expect(metric(await again.server.metrics(), 'usrsctp_relay_datagrams_total{direction="out"}')).toBeGreaterThan(100);
    await association.close();
  });

  test('reaches a native server through a relay, message by message', async () => {
    const [theirs, ours] = [await freePort(), await freePort()];
    await native('echo_server', [theirs, ours], theirs);
    const relay = await startRelay('127.0.0.1', { ports: [ours, ours] }); // where echo_server looks for its peers
    const { stack } = await client([relay], theirs);
    const association = await stack.socket().connectx([{ address: '127.0.0.1', port: 7 }], { timeoutMs: 40_000 });
    for (const size of [1, 1000, 1452, 10_000]) {
      const sent = pattern(size, size);
      await association.send(sent, { ppid: size });
      const echo = await association.receive({ timeoutMs: 40_000 });
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
    const association = await stack.socket().connectx(server.endpoints, { timeoutMs: 40_000 });
    const accepted = await server.listener.accept();
    await exchange(association, accepted, 3);
    expect(association.setup.confirmed).toEqual(['127.0.0.1', '::1']);
    await association.close();
  });
});
