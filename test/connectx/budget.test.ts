import { describe, expect, test } from 'vitest';
import { at, initsOf, listening, NOBODY, rejected, SERVER, STYLES, withClientAndServer } from '../support/connectx.js';

/** Unassigned addresses in the client's first network. */
function dead(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `10.0.1.${100 + index}`);
}

describe.each(STYLES)('the INIT budget, %s', (style) => {
  test.each([
    [1, 243_000],
    [2, 46_000],
    [3, 21_000],
    [5, 13_000],
  ])('budget: %d dead addresses share 9 INITs, and the attempt fails after %d ms', (count, afterMs) =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, network }) => {
      const error = await rejected(client.socket({ style }).connectx(at(dead(count))), 'ETIMEDOUT');
      expect(initsOf(network)).toHaveLength(9);
      expect(network.clock.now()).toBeCloseTo(afterMs, -3);
      expect(error.message).toContain('no answer after 9 INITs');
    }),
  );

  test('budget: it is raised to the number of addresses, so that each of 30 is tried', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, network }) => {
      const error = await rejected(client.socket({ style }).connectx(at(dead(30))), 'ETIMEDOUT');
      expect(new Set(initsOf(network))).toEqual(new Set(dead(30)));
      expect(error.attempts?.map(({ address }) => address)).toEqual(dead(30));
      expect(error.attempts?.every(({ sentAtMs }) => sentAtMs.length >= 1)).toBe(true);
    }));

  test('budget: a Max.Init.Retransmits set on the stack replaces it, whether larger or smaller', () =>
    withClientAndServer({ stack: { timers: { initRetransmits: 2 } }, limitMs: 1e6 }, async ({ client, network }) => {
      const socket = client.socket({ style });
      await rejected(socket.connectx(at(dead(1))), 'ETIMEDOUT');
      expect(initsOf(network)).toHaveLength(3);
      await rejected(socket.connectx(at(dead(4))), 'ETIMEDOUT');
      expect(initsOf(network)).toHaveLength(3 + 5);
    }));

  test('budget: the budget of one set-up does not affect the next', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, network }) => {
      const socket = client.socket({ style });
      await rejected(socket.connectx(at(dead(20))), 'ETIMEDOUT');
      const before = initsOf(network).length;
      await rejected(socket.connectx(at(dead(1))), 'ETIMEDOUT');
      expect(initsOf(network)).toHaveLength(before + 9);
    }));

  test('budget: a shorter timeoutMs ends the attempt earlier', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const error = await rejected(client.socket({ style }).connectx(at(dead(3)), { timeoutMs: 2500 }), 'ETIMEDOUT');
      expect(network.clock.now()).toBe(2500);
      expect(error.attempts).toEqual(dead(3).map((address, index) => ({ address, sentAtMs: [index * 1000] })));
      expect(error.message).toBe(
        'ETIMEDOUT: connectx: not connected within 2500 ms; tried 10.0.1.100 (1 INIT, no answer), ' +
          '10.0.1.101 (1 INIT, no answer), 10.0.1.102 (1 INIT, no answer)',
      );
      const sent = network.trace.count;
      await network.advance(60_000);
      expect(network.trace.count).toBe(sent);
    }));

  test('budget: a longer timeoutMs extends the attempt', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, server, network }) => {
      const socket = client.socket({ style });
      await rejected(socket.connectx(at(dead(3)), { timeoutMs: 300_000 }), 'ETIMEDOUT');
      expect(network.clock.now()).toBe(300_000);
      expect(initsOf(network).length).toBeGreaterThan(9);
      listening(server);
      const heal = network.partition('*');
      const late = socket.connectx(at([...dead(2), SERVER[0]!]), { timeoutMs: 300_000 });
      await network.advance(120_000);
      heal();
      const { setup } = await late;
      expect(setup.elapsedMs).toBeLessThan(300_000);
      expect(setup.tried.flatMap(({ sentAtMs }) => sentAtMs).length).toBeGreaterThan(9);
    }));

  test('budget: with timeoutMs Infinity, the attempt goes on until an address answers', () =>
    withClientAndServer({ limitMs: 1e7 }, async ({ client, network, server }) => {
      const attempt = client
        .socket({ style })
        .connectx(at([NOBODY, SERVER[0]!]), { timeoutMs: Number.POSITIVE_INFINITY });
      const heal = network.partition('*');
      await network.advance(1_000_000);
      heal();
      listening(server);
      expect((await attempt).state).toBe('open');
    }));

  test('budget: with timeoutMs 0, one INIT is sent and the attempt fails', () =>
    withClientAndServer({}, async ({ client, network }) => {
      await rejected(client.socket({ style }).connectx(at(dead(1)), { timeoutMs: 0 }), 'ETIMEDOUT');
      expect(initsOf(network)).toHaveLength(1);
    }));
});
