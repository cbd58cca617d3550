import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Stack } from '../../src/index.js';
import { scenario } from '../../src/simulated.js';
import {
  at,
  CLIENT,
  exchange,
  initsOf,
  listening,
  NOBODY,
  only,
  rejected,
  SERVER,
  STYLES,
  withClientAndServer,
} from '../support/connectx.js';

/** The module with its memory limited to a number of 64 KiB pages. */
async function moduleOfAtMost(pages: number): Promise<WebAssembly.Module> {
  const bytes = new Uint8Array(readFileSync('build/wasm/usrsctp.wasm'));
  const maximum = [0x80, 0x80, 0x01]; // 16384 pages as LEB128; these bytes occur once, in the memory section
  const place = bytes.findIndex(
    (_, index) => bytes[index] === 5 && maximum.every((byte, at) => bytes[index + 5 + at] === byte),
  );
  bytes.set([(pages & 0x7f) | 0x80, 0x80, 0x00], place + 5);
  return WebAssembly.compile(bytes);
}

describe.each(STYLES)('Solaris sctp_connectx, continued, %s', (style) => {
  test('S15: a socket can connect again after a detached set-up fails', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, server, network }) => {
      const socket = client.socket({ style });
      const controller = new AbortController();
      const options = { signal: controller.signal, onAbort: 'detach' } as const;
      const attempt = rejected(socket.connectx(at([NOBODY]), options), 'EINTR');
      controller.abort();
      await attempt;
      await network.advance(300_000);
      expect(socket.associations).toEqual([]);
      listening(server);
      await socket.connectx(at(SERVER));
    }));

  test('S15: a detached set-up keeps its deadline', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, network }) => {
      const socket = client.socket({ style });
      const controller = new AbortController();
      const options = { signal: controller.signal, onAbort: 'detach', timeoutMs: 5000 } as const;
      const attempt = rejected(socket.connectx(at([NOBODY]), options), 'EINTR');
      await network.advance(1000);
      controller.abort();
      await attempt;
      const ended = only(socket).closed;
      expect(await ended).toMatchObject({ code: 'ETIMEDOUT' });
      expect(network.clock.now()).toBe(5000);
      expect(socket.associations).toEqual([]);
    }));

  test.each([
    ['port 0', { address: SERVER[0]!, port: 0 }],
    ['port 65536', { address: SERVER[0]!, port: 65_536 }],
    ['a port that is no number', { address: SERVER[0]!, port: '5001' as unknown as number }],
    ['multicast', { address: '224.0.0.1', port: 1 }],
    ['IPv6 multicast', { address: 'ff02::1', port: 1 }],
    ['0.0.0.0', { address: '0.0.0.0', port: 1 }],
    ['::', { address: '::', port: 1 }],
    ['::ffff:0.0.0.0', { address: '::ffff:0.0.0.0', port: 1 }],
  ])('S16: %s is EINVAL, at any place in the list', (_, peer) =>
    withClientAndServer({}, async ({ client, network }) => {
      await rejected(client.socket({ style }).connectx([peer]), 'EINVAL');
      await rejected(client.socket({ style }).connectx([...at(SERVER), peer]), 'EINVAL');
      expect(network.trace.count).toBe(0);
    }),
  );

  test('S16: invalid options are EINVAL', () =>
    withClientAndServer({}, async ({ client }) => {
      const socket = client.socket({ style });
      const wrong = [{ timeoutMs: -1 }, { onAbort: 'never' }, { wait: 1 }, { requireMultipath: 'yes' }, { local: 'x' }];
      for (const options of [...wrong, { local: [] }, { interface: 0 }] as object[]) {
        await rejected(socket.connectx(at(SERVER), options), 'EINVAL');
      }
    }));

  test('S17: once the heap cannot grow, every call fails with ENOBUFS', () =>
    scenario({ seed: 1 }, async (network) => {
      const { transport } = network.host('small', ['10.0.1.1']);
      const wasm = await network.standStill(moduleOfAtMost(72));
      const stack = await network.standStill(Stack.create({ transport, clock: network.clock, wasm }));
      const list = at(Array.from({ length: 127 }, (_, index) => `10.1.0.${index}`));
      const connect = async () => {
        for (;;) await stack.socket({ style }).connectx(list, { wait: false });
      };
      expect((await rejected(connect(), 'ENOBUFS')).message).toContain('out of memory');
      expect(() => stack.socket({ style })).toThrowError(expect.objectContaining({ code: 'ENOBUFS' }));
    }));

  test('S18: with wait: false, the connecting association is returned at once; ready settles with the result', () =>
    withClientAndServer({}, async ({ client, server, network }) => {
      const listener = listening(server);
      const socket = client.socket({ style });
      const association = await socket.connectx(at(SERVER), { wait: false });
      expect(network.clock.now()).toBe(0);
      expect(association.state).toBe('connecting');
      expect(() => association.setup).toThrowError(expect.objectContaining({ code: 'EINPROGRESS' }));
      await rejected(association.send('early'), 'ENOTCONN');
      expect(await association.ready).toBe(association);
      await exchange(association, only(listener));
      expect(await only(listener).ready).toBe(only(listener));
    }));

  test('S18: ready may be ignored: its failure is no unhandled rejection', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const association = await client.socket({ style }).connectx(at(SERVER, 9), { wait: false });
      expect(await association.closed).toMatchObject({ code: 'ECONNREFUSED' });
      await network.advance(1000);
      await rejected(association.ready, 'ECONNREFUSED');
      expect(() => association.setup).toThrowError(expect.objectContaining({ code: 'ECONNREFUSED' }));
    }));

  test('S18: a connecting association can be aborted by its own abort() and by its socket', () =>
    withClientAndServer({}, async ({ client, network }) => {
      const socket = client.socket({ style });
      const association = await socket.connectx(at([NOBODY]), { wait: false });
      await network.advance(100);
      association.abort();
      await rejected(association.ready, 'ECONNRESET');
      expect(socket.associations).toEqual([]);
      const next = await socket.connectx(at([NOBODY]), { wait: false });
      await socket.close();
      await rejected(next.ready, 'EBADF');
    }));

  test('S19: ETIMEDOUT when no address answers; the error lists the INITs sent', () =>
    withClientAndServer({ limitMs: 1e6 }, async ({ client, network }) => {
      const socket = client.socket({ style });
      const error = await rejected(socket.connectx(at([NOBODY])), 'ETIMEDOUT');
      expect(error.attempts).toEqual([{ address: NOBODY, sentAtMs: expect.any(Array) }]);
      expect(error.attempts?.[0]?.sentAtMs).toHaveLength(9);
      expect(error).toMatchObject({ syscall: 'connectx', address: NOBODY, port: 5001 });
      expect(error.message).toContain('9 INITs');
      expect(initsOf(network)).toHaveLength(9);
    }));

  test('S20: a listening one-to-many socket connects; a listening one-to-one socket is EOPNOTSUPP', () =>
    withClientAndServer({}, async ({ client, server }) => {
      listening(server);
      const socket = client.socket({ style });
      socket.bindx(at(CLIENT, 6));
      socket.listen();
      if (style === 'one-to-one') {
        await rejected(socket.connectx(at(SERVER)), 'EOPNOTSUPP');
      } else {
        await socket.connectx(at(SERVER));
      }
    }));
});
