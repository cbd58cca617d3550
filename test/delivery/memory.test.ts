import { afterEach, describe, expect, test } from 'vitest';
import { Child } from '../support/child.js';
import { END, FragmentingPeer, type PeerOptions, UNORDERED } from '../support/fragmenting-peer.js';
import { NativeStack } from '../support/native-stack.js';

/** scripts/tests.sh builds both from the same C sources as the module. */
const BUILDS = { asan: 'the address sanitizer', invariants: 'INVARIANTS' };
const NOTHING = -11; // EAGAIN

afterEach(() => Child.endAll());

describe.each(Object.entries(BUILDS))('under %s', (build, watcher) => {
  describe.each(['one-to-one', 'one-to-many'])(`%s, ${watcher} confirms that memory is safe`, (style) => {
    test('when a peer restarts without streams that have unread messages', () =>
      withNativePeers(build, style, [{ streams: 2000 }], async (native, [peer], [socket]) => {
        for (const stream of [0, 1900, 1999]) await peer!.send(peer!.data({ stream, payload: 'unread' }));
        peer!.tsn = 5000;
        await peer!.connect({ tag: 0x3333, streams: 1 });
        await peer!.send(peer!.data({ payload: 'new' }));
        expect(await messages(native, socket!)).toEqual([0, 1900, 1999, 0]);
      }));

    test.each([0, UNORDERED])('when a peer restarts in the middle of a message, flags %i', (flags) =>
      withNativePeers(build, style, [{}], async (native, [peer], [socket]) => {
        await peer!.begin(60, { flags });
        await native.receive(socket!);
        await peer!.begin(20, { flags, stream: 1 });
        peer!.tsn = 5000;
        await peer!.connect({ tag: 0x3333, streams: 1 });
        await peer!.send(peer!.data({ payload: 'new' }));
        expect(await messages(native, socket!)).toEqual([0]);
      }),
    );

    test.each([0, UNORDERED])('when messages are abandoned and others arrive, flags %i', (flags) =>
      withNativePeers(build, style, [{}], async (native, [peer], [socket]) => {
        for (let round = 0; round < 4; round++) {
          const number = 2 * round;
          await peer!.begin(60, { flags, number });
          if (round % 2 === 0) await native.receive(socket!);
          const lost = peer!.tsn++;
          await peer!.begin(2, { flags, number: number + 1 });
          await peer!.send(peer!.forward(lost, flags === 0 ? [{ stream: 0, number }] : []));
          await peer!.send(peer!.data({ flags: flags | END, number: number + 1 }));
          await native.run('time 100');
          expect(await messages(native, socket!)).toEqual([0]);
        }
      }),
    );
  });

  test("when a peer abandons a message that has the same number as another peer's message", () =>
    withNativePeers(build, 'one-to-many', [{}, { port: 4001, tag: 0x2222 }], async (native, [x, y], [socket]) => {
      await y!.begin(60);
      await native.receive(socket!);
      await x!.send(x!.forward(x!.tsn++, [{ stream: 0, number: 0 }]));
      await y!.send(y!.data({ flags: END }), y!.data({ stream: 1 }));
      await x!.send(x!.data({ number: 1, stream: 2 }), x!.data({ stream: 2 }));
      await native.run('time 1000');
      expect([...x!.aborts(), ...y!.aborts()]).toEqual([]);
      expect(await messages(native, socket!)).toEqual([0, 1, 2, 2]);
    }));
});

/** The streams of the messages that can be received, without partial deliveries and notifications. */
async function messages(native: NativeStack, socket: number): Promise<number[]> {
  const streams: number[] = [];
  for (;;) {
    const { bytes, stream, isMessage } = await native.receive(socket);
    if (bytes <= 0) {
      expect(bytes).toBe(NOTHING);
      return streams;
    }
    if (isMessage) streams.push(stream);
  }
}

/** Runs `body` with a listening native stack and connected peers; fails if a sanitizer reports anything. */
async function withNativePeers(
  build: string,
  style: string,
  options: readonly PeerOptions[],
  body: (native: NativeStack, peers: FragmentingPeer[], sockets: number[]) => Promise<void>,
): Promise<void> {
  const native = new NativeStack(build);
  const listener = await native.run(`socket ${style}`);
  await native.run(`prepare ${listener} 10 2048 1`);
  await native.run(`bind ${listener} 5001`);
  await native.run(`listen ${listener}`);
  const peers: FragmentingPeer[] = [];
  const sockets: number[] = [];
  for (const [index, each] of options.entries()) {
    const peer = new FragmentingPeer(native.channel(`10.0.0.${2 + index}`), each);
    await peer.connect();
    peers.push(peer);
    sockets.push(style === 'one-to-one' ? await native.run(`accept ${listener}`) : listener);
  }
  await body(native, peers, sockets);
  for (const socket of new Set([...sockets, listener])) await native.run(`close ${socket}`);
  await native.run('time 100000');
  expect(await native.end(), native.output.slice(-3000)).toBe(0);
}
