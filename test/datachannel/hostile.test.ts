import { expect, test } from 'vitest';
import { encodeAck, encodeOpen } from '../../src/datachannel/dcep.js';
import { DataChannels, dataChannelSocket, type RefusedEvent } from '../../src/datachannel.js';
import type { Association } from '../../src/index.js';
import { SeededRandom } from '../../src/simulated.js';
import { SERVER, type TwoStacks, withTwoStacks } from '../support/two-stacks.js';
import { accepted, recordEvents } from './fixture.js';

const [DCEP, TEXT, BINARY] = [50, 51, 53];

interface Attack extends TwoStacks {
  /** What the peer sends without regard to the protocol. It is the client: its ids are even. */
  readonly peer: Association;
  readonly channels: DataChannels;
  /** What was refused: the stream, and the message. */
  readonly refused: [number, string][];
  /** Waits until the victim has read everything. */
  settle(): Promise<void>;
}

function withPeer(body: (attack: Attack) => Promise<void>, maxChannels?: number): Promise<void> {
  return withTwoStacks(async (stacks) => {
    const listener = dataChannelSocket(stacks.server);
    listener.bindx(SERVER);
    listener.listen();
    const [peer, association] = await Promise.all([
      dataChannelSocket(stacks.client, { streams: { outbound: 2048 } }).connectx(SERVER),
      listener.accept(),
    ]);
    const channels = new DataChannels(association, {
      role: 'server',
      ...(maxChannels !== undefined && { maxChannels }),
    });
    const refused: [number, string][] = [];
    channels.addEventListener('refused', ({ id, error }: RefusedEvent) => refused.push([id, error.message]));
    await body({ ...stacks, peer, channels, refused, settle: () => stacks.network.advance(2000) });
    expect(peer.state).toBe('open'); // whatever it did, the association and other channels go on
    const good = stacks.network.advance(0).then(() => channels.createDataChannel('still alive'));
    await (await good).opened;
    peer.abort();
    await Promise.allSettled([stacks.client.close(), stacks.server.close()]);
  });
}

const open = (label = 'x', protocol = '') => encodeOpen({ ordered: true, priority: 256, label, protocol });

const MALFORMED: [string, number, Uint8Array, RegExp][] = [
  ['a DATA_CHANNEL_OPEN that is too short', 0, Uint8Array.of(3, 0, 0), /only 3 bytes/],
  ['a message type that does not exist', 0, Uint8Array.of(9), /no message type 9/],
  ['a label that is longer than the message', 0, open('label').slice(0, 14), /lengths/],
  ['the ids of this end', 1, open(), /the same role/],
  ['a DATA_CHANNEL_ACK for a channel that was never opened', 4, encodeAck(), /never opened/],
];

test.each(MALFORMED)('%s: the stream is closed, and the event tells why', (_, stream, bytes, why) =>
  withPeer(async ({ peer, channels, refused, settle }) => {
    const resets: unknown[] = [];
    peer.on('streamReset', ({ direction, streams }) => resets.push([direction, streams]));
    await peer.send(bytes, { stream, ppid: DCEP });
    await settle();
    expect(refused).toEqual([[stream, expect.stringMatching(why)]]);
    expect(resets).toEqual([['incoming', [stream]]]);
    expect(channels.channels).toEqual([]);
    // When the peer has reset its direction, too, the stream can be used. (Of those that are the peer's.)
    if (stream % 2 === 1) return;
    await peer.resetStreams({ outgoing: [stream] });
    await peer.send(open('good'), { stream, ppid: DCEP });
    expect(await accepted(channels)).toMatchObject({ label: 'good', id: stream });
  }),
);

test('data on a channel that was never opened closes the stream, and more of it is dropped', () =>
  withPeer(async ({ peer, channels, refused, settle }) => {
    for (let count = 0; count < 5; count++) await peer.send(new Uint8Array(1000), { stream: 8, ppid: BINARY });
    await settle();
    expect(refused).toEqual([[8, expect.stringMatching(/never opened/)]]);
    await peer.send(open(), { stream: 8, ppid: DCEP }); // without a reset of its own
    await settle();
    expect(channels.channels).toEqual([]);
  }));

test.each<[string, Uint8Array, number, RegExp]>([
  ['is opened again', open('again'), DCEP, /opened again/],
  ['gets an unknown message of the protocol', Uint8Array.of(77), DCEP, /no message type 77/],
  ['gets an unknown payload protocol identifier', Uint8Array.of(1), 46, /identifier 46/],
])('a channel that %s is closed with an error', (_, bytes, ppid, why) =>
  withPeer(async ({ peer, channels, settle }) => {
    await peer.send(open('used'), { stream: 2, ppid: DCEP });
    const channel = await accepted(channels);
    const events = recordEvents(channel);
    await peer.send(bytes, { stream: 2, ppid });
    await settle();
    expect(events).toEqual(['open', 'error', 'close']);
    expect(await channel.closed).toMatchObject({ code: 'EPROTO', message: expect.stringMatching(why) });
    await peer.resetStreams({ outgoing: [2] });
    await peer.send(open('next'), { stream: 2, ppid: DCEP });
    expect(await accepted(channels)).toMatchObject({ label: 'next', id: 2 });
  }),
);

test('acknowledgements that nobody waits for are ignored', () =>
  withPeer(async ({ peer, channels, settle }) => {
    await peer.send(open('used'), { stream: 2, ppid: DCEP });
    for (let count = 0; count < 3; count++) await peer.send(encodeAck(), { stream: 2, ppid: DCEP });
    await settle();
    expect(channels.channels.map(({ readyState }) => readyState)).toEqual(['open']);
  }));

test('text that is not UTF-8 arrives with replacement characters, as in browsers', () =>
  withPeer(async ({ peer, channels }) => {
    await peer.send(open(), { stream: 0, ppid: DCEP });
    await peer.send(Uint8Array.of(0x61, 0xff), { stream: 0, ppid: TEXT });
    expect(await (await accepted(channels)).receive()).toBe('a\ufffd');
  }));

test('a flood of channels is refused beyond maxChannels, and those that are closed make room', () =>
  withPeer(async ({ peer, channels, refused, settle }) => {
    for (let stream = 0; stream < 200; stream += 2) await peer.send(open(`${stream}`), { stream, ppid: DCEP });
    await settle();
    expect(channels.channels.length).toBe(10);
    expect(refused.length).toBe(90);
    expect(refused[0]).toEqual([20, expect.stringMatching(/maxChannels, 10/)]);
    await peer.resetStreams({ outgoing: Array.from({ length: 100 }, (_, index) => 2 * index) });
    await settle();
    expect(channels.channels.length).toBe(0);
    await peer.send(open('room'), { stream: 40, ppid: DCEP });
    await settle();
    expect(channels.channels.map(({ label }) => label)).toEqual(['room']);
  }, 10));

test('labels of more than 1 MB together are refused', () =>
  withPeer(async ({ peer, channels, refused, settle }) => {
    const [label, protocol] = ['l'.repeat(65_535), 'p'.repeat(65_535)];
    for (let stream = 0; stream < 40; stream += 2) await peer.send(open(label, protocol), { stream, ppid: DCEP });
    await settle();
    expect(channels.channels.length).toBe(8);
    expect(refused.length).toBe(12);
    expect(refused[0]?.[1]).toMatch(/more than 1048576 bytes/);
  }));

test('a peer that resets all streams, or the association, closes the channels', () =>
  withPeer(async ({ peer, channels, settle }) => {
    for (const stream of [0, 2, 4]) await peer.send(open(), { stream, ppid: DCEP });
    const opened = [await accepted(channels), await accepted(channels), await accepted(channels)];
    await peer.resetStreams({ outgoing: 'all' });
    await settle();
    expect(opened.map(({ readyState }) => readyState)).toEqual(['closed', 'closed', 'closed']);
    await peer.send(open(), { stream: 6, ppid: DCEP });
    const channel = await accepted(channels);
    await peer.resetAssociation();
    await settle();
    expect(channel.readyState).toBe('closed');
  }));

test('a peer that opens channels and never takes the answers is bounded by the send queue', () =>
  withPeer(async ({ peer, channels, settle, server }) => {
    for (let stream = 0; stream < 2048; stream += 2) await peer.send(open(), { stream, ppid: DCEP });
    await settle();
    expect(channels.channels.length).toBe(1024);
    expect(server.memoryInUse).toBeLessThan(4e6);
  }));

test.each(Array.from({ length: 8 }, (_, seed) => seed))(
  'random messages of the protocol on random streams never throw, and the association goes on (seed %i)',
  (seed) =>
    withPeer(async ({ peer, channels, settle }) => {
      const random = new SeededRandom(seed);
      const pick = (count: number) => Math.floor(random.next() * count);
      const kinds = [
        () => open('x'.repeat(pick(20))),
        () => open().slice(0, 1 + pick(12)),
        () => encodeAck(),
        () => Uint8Array.of(...Array.from({ length: 1 + pick(20) }, () => pick(256))),
      ];
      for await (const round of Array.from({ length: 150 }, (_, index) => index)) {
        const stream = pick(8);
        const ppid = [DCEP, DCEP, DCEP, TEXT, BINARY, 56, 57, 52, 0][pick(9)] ?? 0;
        if (pick(10) === 0) await peer.resetStreams({ outgoing: [stream] });
        else await peer.send(kinds[pick(kinds.length)]?.() ?? encodeAck(), { stream, ppid, unordered: pick(2) === 0 });
        if (round % 10 === 0) await settle();
        if (round % 7 === 0) for (const channel of channels.channels) if (pick(3) === 0) void channel.close();
      }
      await settle();
      expect(channels.channels.length).toBeLessThanOrEqual(8);
    }),
);
