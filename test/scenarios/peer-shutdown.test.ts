import { describe, expect, test } from 'vitest';
import { withNetwork } from '../../src/testing.js';
import { describePacket } from '../../src/wire/describe.js';
import { codeOf, isEqual, pattern } from '../support/two-stacks.js';
import { connected, endpoints, receiveAll, rig, sendAll, upTo } from './fixture.js';

const SIZE = 1_000_000;
const SINGLE = { client: ['10.0.1.1'], server: ['10.0.1.2'] };

describe('a partly sent message is completed when the peer shuts down (RFC 9260 §9.2)', () => {
  for (const interleaving of [false, true]) {
    for (const isLate of [false, true]) {
      test(
        `with interleaving ${interleaving}, the receiver reads ${isLate ? 'late' : 'all the time'}`,
        withNetwork({ seed: 3, conditions: { latencyMs: 10, rateBps: 20e6 } }, async (network) => {
          const socket = { sendBufferBytes: 50_000, receiveBufferBytes: 30_000 };
          const two = await rig(network, { ...SINGLE, socket });
          for (const end of [two.socket, two.listener]) end.setOption('interleaving', interleaving);
          const [here, there] = await Promise.all([
            two.socket.connectx(endpoints(SINGLE.server)),
            two.listener.accept(),
          ]);
          expect(here.getOption('interleaving')).toBe(interleaving);
          const all = { ...two, here, there };
          const sending = all.here.send(pattern(SIZE));
          const waiting = codeOf(all.here.send('not begun'));
          const received = isLate ? undefined : all.there.receive();
          await network.advance(100);
          const closing = all.there.close();
          await network.advance(500);
          expect(isEqual((await (received ?? all.there.receive()))?.data, pattern(SIZE))).toBe(true);
          await Promise.all([sending, closing]);
          expect(await waiting).toBe('EPIPE');
          expect(await codeOf(all.here.send('too late'))).toBe('EPIPE');
          expect(await all.there.receive()).toBeUndefined();
          expect(await all.here.closed).toBeUndefined();
          await Promise.all([all.socket.close(), all.listener.close()]);
        }),
      );
    }
  }

  test(
    'each of several, with interleaving, although others wait and the SHUTDOWN is behind messages that are not read',
    withNetwork({ seed: 3, conditions: { latencyMs: 5 } }, async (network) => {
      const two = await rig(network, { ...SINGLE, socket: { sendBufferBytes: 4096, readAheadBytes: 2000 } });
      for (const end of [two.socket, two.listener]) end.setOption('interleaving', true);
      const [here, there] = await Promise.all([two.socket.connectx(endpoints(SINGLE.server)), two.listener.accept()]);
      await sendAll(there, 5);
      const sizes = [23_000, 16_000, 9000, 30_000, 5000, 8192, 100];
      const sending = Promise.allSettled(sizes.map((bytes, stream) => here.send(pattern(bytes, stream), { stream })));
      await network.advance(20);
      const closing = there.close();
      const received: number[] = [];
      for await (const { stream, data } of there) {
        expect(isEqual(data, pattern(sizes[stream]!, stream))).toBe(true);
        received.push(stream);
      }
      await receiveAll(here, 5);
      await closing;
      expect(await here.closed).toBeUndefined();
      const codes = (await sending).map((each) => (each.status === 'rejected' ? each.reason.code : undefined));
      expect(received.length).toBeGreaterThan(1);
      expect(codes).toContain('EPIPE');
      expect(codes).toEqual(sizes.map((_, stream) => (received.includes(stream) ? undefined : 'EPIPE')));
      await Promise.all([two.socket.close(), two.listener.close()]);
    }),
  );

  test(
    'when both ends close while they send large messages to each other',
    withNetwork({ seed: 3, conditions: { latencyMs: 10, rateBps: 20e6 } }, async (network) => {
      const all = await connected(network, { ...SINGLE, socket: { sendBufferBytes: 50_000 } });
      const received = Promise.all([all.here.receive(), all.there.receive()]);
      const sending = [all.here.send(pattern(SIZE, 1)), all.there.send(pattern(SIZE, 2))];
      await network.advance(100);
      const closing = [all.here.close(), all.there.close()];
      const [atClient, atServer] = await received;
      expect(isEqual(atServer?.data, pattern(SIZE, 1)) && isEqual(atClient?.data, pattern(SIZE, 2))).toBe(true);
      await Promise.all([...sending, ...closing]);
      await Promise.all([all.socket.close(), all.listener.close()]);
    }),
  );
});

for (const [bytes, count] of [
  [1000, 1000],
  [10_000, 100],
  [100_000, 20],
  [300_000, 5],
] as const) {
  for (const isAwaited of [false, true]) {
    test(
      `close() against a peer that sends ${count} × ${bytes} bytes${isAwaited ? ' one by one' : ''} loses nothing`,
      withNetwork({ seed: 1, conditions: { latencyMs: 20 } }, async (network) => {
        const all = await connected(network, SINGLE);
        const outcomes: Promise<string | undefined>[] = [];
        const sending = (async () => {
          for (const number of upTo(count)) {
            const sent = all.there.send(pattern(bytes, number));
            outcomes.push(
              sent.then(
                () => undefined,
                (error) => error.code,
              ),
            );
            if (isAwaited) await sent.catch(() => {});
          }
        })();
        let received = 0;
        const receiving = (async () => {
          for await (const { data } of all.here) expect(isEqual(data, pattern(bytes, received++))).toBe(true);
        })();
        await network.advance(100);
        await all.here.close();
        await Promise.all([sending, receiving]);
        expect(await all.there.closed).toBeUndefined();
        const codes = await Promise.all(outcomes);
        expect(codes.filter((code) => code === undefined)).toHaveLength(received);
        expect(codes.every((code) => code === undefined || code === 'EPIPE')).toBe(true);
        await Promise.all([all.socket.close(), all.listener.close()]);
      }),
    );
  }
}

test(
  'after SHUTDOWN, duplicate DATA is answered with SHUTDOWN and SACK (RFC 9260 §9.2)',
  withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
    const all = await connected(network, SINGLE);
    await sendAll(all.there, 2);
    await receiveAll(all.here, 2);
    const heal = network.filter((_, from) => (from === all.hosts.client ? 'drop' : undefined));
    network.clock.schedule(900, heal);
    await all.here.close();
    const answers = network.trace.entries().filter(({ from, outcome }) => from === 'client' && outcome !== 'filtered');
    const shutdowns = answers.map(({ bytes }) => describePacket(bytes)).filter((each) => each.includes('SHUTDOWN '));
    expect(shutdowns.some((each) => each.includes('SACK'))).toBe(true);
    expect(await all.there.closed).toBeUndefined();
    await Promise.all([all.socket.close(), all.listener.close()]);
  }),
);

test(
  'SHUTDOWN is sent although the peer does not answer a request to reset stream 0',
  withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
    const all = await connected(network, SINGLE);
    network.filter(({ bytes }, from) =>
      from === all.hosts.server && describePacket(bytes).startsWith('RE-CONFIG') ? 'drop' : undefined,
    );
    all.here.resetStreams({ outgoing: [0] }).catch(() => {});
    await network.advance(100);
    await all.here.close({ timeoutMs: 1000 });
    expect(await all.there.closed).toBeUndefined();
    await Promise.all([all.socket.close(), all.listener.close()]);
  }),
);

test(
  'a pending shutdown is performed when the peer restarts (RFC 9260 §5.2.4)',
  withNetwork({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
    const all = await connected(network, SINGLE);
    const local = all.socket.localEndpoints;
    const heal = network.filter(() => 'drop');
    await all.here.send(pattern(100));
    const closing = all.here.close();
    await network.advance(100);
    all.hosts.server.crash();
    all.listener.abort();
    all.hosts.server.restart();
    heal();
    const reborn = await network.stack(all.hosts.server);
    const again = reborn.socket();
    again.bindx(endpoints(SINGLE.server));
    const began = network.clock.now();
    const fresh = await again.connectx(local);
    await closing;
    expect(await fresh.closed).toBeUndefined();
    expect(network.clock.now() - began).toBeLessThan(5000);
    await Promise.all([all.socket.close(), again.close()]);
  }),
);
