import { expect, test } from 'vitest';
import { type DataChannel, type DataChannelMessageEvent, DataChannels } from '../../src/datachannel.js';
import { pattern } from '../support/two-stacks.js';
import { accepted, eventOf, recordEvents, withChannels } from './fixture.js';

test('a channel is opened by one end, and the other one sees its label, protocol and options', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('chat ✓', {
      ordered: false,
      maxRetransmits: 3,
      protocol: 'json',
      priority: 'high',
    });
    expect(channel.readyState).toBe('connecting');
    expect(channel.id).toBe(0);
    const events = recordEvents(channel);
    const other = await accepted(b);
    for (const each of [channel, other]) {
      expect(each).toMatchObject({
        label: 'chat ✓',
        protocol: 'json',
        ordered: false,
        maxRetransmits: 3,
        maxPacketLifeTime: null,
        negotiated: false,
        priority: 'high',
        readyState: 'open',
        id: 0,
        binaryType: 'arraybuffer',
      });
    }
    expect(events).toEqual(['open']);
    expect(a.channels).toEqual([channel]);
    expect(b.channels).toEqual([other]);
    const timed = b.createDataChannel('', { maxPacketLifeTime: 500 });
    expect(timed.id).toBe(1);
    expect(await accepted(a)).toMatchObject({ label: '', maxPacketLifeTime: 500, maxRetransmits: null, id: 1 });
  }));

test('texts, bytes, blobs and empty messages arrive as they were sent, in both directions', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('all');
    await channel.opened;
    const sent = ['', 'text', '\ufeffä€😀', new Uint8Array(), Uint8Array.of(1, 2, 3), new Uint8Array(300_000).fill(7)];
    for (const data of sent) channel.send(data);
    channel.send(new Blob(['from a blob']));
    channel.send('after the blob');
    const other = await accepted(b);
    for (const data of sent) {
      const message = await other.receive();
      expect(typeof message === 'string' ? message : new Uint8Array(message as ArrayBuffer)).toEqual(data);
    }
    other.binaryType = 'blob';
    expect(await ((await other.receive()) as Blob).text()).toBe('from a blob');
    expect(await other.receive()).toBe('after the blob');
    await other.send(new DataView(Uint8Array.of(9, 8, 7).buffer, 1));
    const answer = await channel.receive();
    expect(new Uint8Array(answer as ArrayBuffer)).toEqual(Uint8Array.of(8, 7));
  }));

test('the bytes of a message may be changed after send', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('');
    await channel.opened;
    const bytes = new Uint8Array(500_000);
    for (let round = 0; round < 5; round++) channel.send(bytes.fill(round));
    bytes.fill(99);
    const other = await accepted(b);
    for (let round = 0; round < 5; round++) {
      expect(new Set(new Uint8Array((await other.receive()) as ArrayBuffer))).toEqual(new Set([round]));
    }
  }));

test('listeners get messages and channels, also those that came before', () =>
  withChannels(async ({ a, b, network }) => {
    const channel = a.createDataChannel('early');
    await channel.opened;
    for (const text of ['one', 'two']) channel.send(text);
    await network.advance(1000);
    const { channel: other } = await new Promise<{ channel: DataChannel }>((resolve) => {
      b.ondatachannel = resolve;
    });
    const got: unknown[] = [];
    other.onmessage = ({ data }) => got.push(data);
    channel.send('three');
    await network.advance(1000);
    expect(got).toEqual(['one', 'two', 'three']);
    await expect(other.receive()).rejects.toThrow(/listeners/);
    other.onmessage = null;
    channel.send('four');
    await network.advance(1000);
    expect(got.length).toBe(3);
  }));

test('an iteration gets all messages, and ends when the peer closes the channel', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('loop');
    await channel.opened;
    for (let count = 0; count < 100; count++) channel.send(`${count}`);
    channel.close();
    const got: unknown[] = [];
    for await (const message of await accepted(b)) got.push(message);
    expect(got).toEqual(Array.from({ length: 100 }, (_, count) => `${count}`));
  }));

test.each(['the end that opened it', 'the other end', 'both ends'])(
  'a channel is closed by %s, with the events in order, and its id is used again',
  (which) =>
    withChannels(async ({ a, b }) => {
      for (let life = 0; life < 3; life++) {
        const channel = a.createDataChannel(`life ${life}`);
        const other = await accepted(b);
        expect(channel.id).toBe(0);
        const [here, there] = [recordEvents(channel), recordEvents(other)];
        const closing = [];
        if (which !== 'the other end') closing.push(channel.close());
        if (which !== 'the end that opened it') closing.push(other.close());
        expect([channel.readyState, other.readyState]).toContain('closing');
        expect(() => (which === 'the other end' ? other : channel).send('late')).toThrow(/closing/);
        await Promise.all([...closing, channel.closed, other.closed]);
        expect([channel.readyState, other.readyState]).toEqual(['closed', 'closed']);
        expect(here.at(-1)).toBe('close');
        expect(there.at(-1)).toBe('close');
        if (which === 'the end that opened it') expect(there).toEqual(['open', 'closing', 'close']);
        if (which === 'the other end') expect(here).toEqual(['closing', 'close']);
        expect(await channel.closed).toBeUndefined();
      }
      expect([a.channels, b.channels]).toEqual([[], []]);
    }),
);

test('a channel that is closed at once arrives with its messages, and then closes', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('short');
    await channel.opened;
    channel.send('only this');
    await channel.close();
    const other = await accepted(b);
    expect(await other.receive()).toBe('only this');
    expect(await other.receive()).toBeUndefined();
    expect(await other.closed).toBeUndefined();
  }));

test('negotiated channels need no message to open; both ends give the id', () =>
  withChannels(async ({ a, b }) => {
    const [here, there] = [a, b].map((each) => each.createDataChannel('agreed', { negotiated: true, id: 17 })) as [
      DataChannel,
      DataChannel,
    ];
    await Promise.all([here.opened, there.opened]);
    here.send('ping');
    expect(await there.receive()).toBe('ping');
    there.send('pong');
    expect(await here.receive()).toBe('pong');
    expect(() => a.createDataChannel('', { negotiated: true, id: 17 })).toThrow(/in use/);
    await Promise.all([here.close(), there.closed]);
  }));

test('100 channels are opened, used and closed at once from both ends', () =>
  withChannels(async ({ a, b }) => {
    for (let round = 0; round < 2; round++) {
      const serve = async (channels: typeof a) => {
        const served = [];
        for (let count = 0; count < 50; count++) {
          const channel = await accepted(channels);
          served.push(
            (async () => {
              for await (const message of channel) channel.send(message);
            })(),
          );
        }
        await Promise.all(served);
      };
      const use = async (channels: typeof a, count: number) => {
        const channel = channels.createDataChannel(`number ${count}`);
        await channel.opened;
        await channel.send(`${count}`);
        expect(await channel.receive()).toBe(`${count}`);
        await channel.close();
        return channel.id;
      };
      const serving = [serve(a), serve(b)];
      const uses = [a, b].flatMap((each) => Array.from({ length: 50 }, (_, count) => use(each, count)));
      const ids = await Promise.all(uses);
      expect(new Set(ids).size).toBe(100);
      expect(Math.max(...ids.map(Number))).toBe(99);
      await Promise.all(serving);
    }
  }));

test('streams are added at both ends when the ids of channels need more', () =>
  withChannels(
    async ({ a, b }) => {
      expect(a.association.setup.streams).toEqual({ inbound: 4, outbound: 4 });
      const channels = Array.from({ length: 20 }, (_, count) => a.createDataChannel(`${count}`));
      for (const channel of channels) {
        const other = await accepted(b);
        other.send(`to ${other.label}`);
        expect(other.id).toBe(channel.id);
      }
      for (const [count, channel] of channels.entries()) expect(await channel.receive()).toBe(`to ${count}`);
      expect(a.association.setup.streams.outbound).toBeGreaterThan(38);
      expect(b.association.setup.streams.outbound).toBeGreaterThan(38);
      await Promise.all(channels.map((channel) => channel.close()));
    },
    { socket: { streams: { outbound: 4, inbound: 100 } } },
  ));

test('a channel fails if the peer refuses the stream that it needs', () =>
  withChannels(
    async ({ a }) => {
      const channels = [0, 1, 2].map((count) => a.createDataChannel(`${count}`));
      const [first, second, third] = channels as [DataChannel, DataChannel, DataChannel];
      const events = recordEvents(third);
      await Promise.all([first.opened, second.opened]);
      await expect(third.opened).rejects.toMatchObject({ code: 'EPERM' });
      expect(events).toEqual(['error', 'close']);
      expect(await third.closed).toMatchObject({ code: 'EPERM' });
    },
    { socket: { streams: { outbound: 4, inbound: 4 } } },
  ));

test('send resolves when the stack has taken the message, and bufferedAmount and its event follow', () =>
  withChannels(
    async ({ a, b }) => {
      const channel = a.createDataChannel('bulk');
      await channel.opened;
      const other = await accepted(b);
      const reading = (async () => {
        let bytes = 0;
        for await (const message of other) bytes += (message as ArrayBuffer).byteLength;
        return bytes;
      })();
      channel.bufferedAmountLowThreshold = 100_000;
      const low = eventOf(channel, 'bufferedamountlow');
      const sent = Array.from({ length: 50 }, () => channel.send(new Uint8Array(50_000)));
      expect(channel.bufferedAmount).toBe(2_500_000);
      await low;
      expect(channel.bufferedAmount).toBeLessThanOrEqual(100_000);
      await Promise.all(sent);
      expect(channel.bufferedAmount).toBe(0);
      channel.close();
      expect(await reading).toBe(2_500_000);
    },
    { conditions: { latencyMs: 20 } },
  ));

test('a sender that awaits send waits for a receiver that does not receive, and no message is lost', () =>
  withChannels(
    async ({ a, b, network }) => {
      const channel = a.createDataChannel('slow');
      await channel.opened;
      const other = await accepted(b);
      let sent = 0;
      const sending = (async () => {
        for (; sent < 100; sent++) await channel.send(pattern(100_000, sent));
        await channel.close();
      })();
      await network.advance(60_000);
      expect(sent).toBeLessThan(60);
      let received = 0;
      for await (const message of other) {
        expect(Buffer.compare(new Uint8Array(message as ArrayBuffer), pattern(100_000, received++))).toBe(0);
      }
      expect(received).toBe(100);
      await sending;
    },
    { conditions: { latencyMs: 5 } },
  ));

test.each([
  ['closes at once if its messages have been read ahead', 10, 5000],
  ['closes when its messages are received, if they are more', 10, 50_000],
])('an unread channel that the peer closes %s', (_, messages, bytes) =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('unread');
    await channel.opened;
    const other = await accepted(b);
    for (let count = 0; count < messages; count++) channel.send(new Uint8Array(bytes));
    const closing = channel.close();
    if (messages * bytes < 65_536) await Promise.all([closing, other.closed]);
    let received = 0;
    for await (const _ of other) received++;
    expect(received).toBe(messages);
    await Promise.all([closing, other.closed]);
  }),
);

test('an unread channel that this end closes is closed, and its messages are dropped', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('unwanted');
    await channel.opened;
    const other = await accepted(b);
    for (let count = 0; count < 20; count++) channel.send(new Uint8Array(50_000));
    await Promise.all([other.close(), channel.closed]);
    expect([a.channels, b.channels]).toEqual([[], []]);
  }));

test('a message that is too large for the peer is a TypeError, and too many waiting bytes are an OperationError', () =>
  withChannels(
    async ({ a }) => {
      const channel = a.createDataChannel('');
      await channel.opened;
      expect(() => channel.send(new Uint8Array(10_000_001))).toThrow(TypeError);
      expect(() => channel.send({} as never)).toThrow(TypeError);
      const error = (() => {
        for (let count = 0; count < 10; count++) {
          try {
            channel.send(new Uint8Array(10_000_000));
          } catch (thrown) {
            return thrown;
          }
        }
        return undefined;
      })();
      expect(error).toMatchObject({ name: 'OperationError' });
      expect(channel.readyState).toBe('open');
    },
    { channels: { maxMessageSize: 10_000_000 } },
  ));

test.each([
  ['of the socket', 100_000],
  ['by default', 16 << 20],
])('messages behind a Blob that is still read count, too: no more wait than %s', (_, sendQueueBytes) =>
  withChannels(
    async ({ a }) => {
      const channel = a.createDataChannel('');
      const other = a.createDataChannel('');
      await Promise.all([channel.opened, other.opened]);
      channel.send(new Blob(['a blob']));
      const fill = () => {
        for (let count = 0; count < 100; count++) channel.send(new Uint8Array(sendQueueBytes / 20));
      };
      expect(fill).toThrow(expect.objectContaining({ name: 'OperationError' }));
      expect(channel.bufferedAmount).toBeGreaterThan(0.9 * sendQueueBytes);
      expect(channel.bufferedAmount).toBeLessThanOrEqual(sendQueueBytes);
      expect(() => other.send(new Uint8Array(sendQueueBytes / 10))).toThrow(/await/);
      expect([channel.readyState, other.readyState]).toEqual(['open', 'open']);
    },
    { socket: { sendQueueBytes } },
  ),
);

test.each<[string, (channels: DataChannels, use: (channel: DataChannel) => void) => void]>([
  [
    'a handler that is set before',
    (channels, use) => {
      channels.ondatachannel = ({ channel }) => use(channel);
    },
  ],
  [
    'a listener that is added later',
    (channels, use) => {
      channels.association.clock.schedule(50, () =>
        channels.addEventListener('datachannel', ({ channel }) => use(channel)),
      );
    },
  ],
  ['accept()', (channels, use) => void accepted(channels).then(use)],
  [
    'an iteration',
    (channels, use) => {
      (async () => {
        for await (const channel of channels) use(channel);
      })().catch(() => undefined); // the association is aborted in the end
    },
  ],
])('the event open of a channel of the peer comes once, after the program has got the channel by %s', (_, take) =>
  withChannels(async ({ a, b, network }) => {
    const events: string[] = [];
    take(b, (channel) => {
      events.push(`${channel.label} ${channel.readyState}`);
      channel.send('at once');
      channel.onopen = () => events.push('open');
      channel.onmessage = ({ data }) => events.push(String(data));
    });
    const channel = a.createDataChannel('new');
    await channel.opened;
    channel.send('hello');
    await network.advance(100);
    expect(events.toSorted()).toEqual(['hello', 'new open', 'open']);
    expect(events[0]).toBe('new open');
    expect(await channel.receive()).toBe('at once');
    await a.close();
  }),
);

test('an association has its data channels once; anything else than an association is a TypeError', () =>
  withChannels(async ({ a, b, client }) => {
    expect(() => new DataChannels(a.association, { role: 'client' })).toThrow(
      new TypeError('DataChannels: the association has its data channels already'),
    );
    for (const wrong of [undefined, {}, client, Promise.resolve(a.association)]) {
      expect(() => new DataChannels(wrong as never, { role: 'client' })).toThrow(/^DataChannels: give an association/);
    }
    const channel = a.createDataChannel('one');
    expect((await accepted(b)).id).toBe(channel.id);
  }));

test('a handler that is null is no listener: messages and channels wait for receive and accept', () =>
  withChannels(async ({ a, b }) => {
    b.ondatachannel = null;
    const channel = a.createDataChannel('unhandled');
    await channel.opened;
    const other = await accepted(b);
    other.onmessage = null;
    channel.send('kept');
    expect(await other.receive()).toBe('kept');
    const calls: string[] = [];
    other.onclosing = () => calls.push('removed');
    other.onclosing = null;
    other.onclose = () => calls.push('replaced');
    other.addEventListener('close', () => calls.push('listener'));
    other.onclose = () => calls.push('handler');
    await channel.close();
    await other.closed;
    expect(calls).toEqual(['handler', 'listener']);
  }));

test('a negotiated channel that the peer has not created is closed, and its id is used again', () =>
  withChannels(async ({ a, b }) => {
    for (let life = 0; life < 3; life++) {
      const channel = a.createDataChannel('alone', { negotiated: true, id: 7 });
      await channel.opened;
      await channel.close();
    }
    const init = { negotiated: true, id: 7 };
    const [here, there] = [a.createDataChannel('', init), b.createDataChannel('', init)];
    await Promise.all([here.opened, there.opened]);
    here.send('both');
    expect(await there.receive()).toBe('both');
  }));

test('the shutdown of the association delivers all messages, closes the channels, and ends the iterations', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('last');
    await channel.opened;
    const [here, there] = [recordEvents(channel), [] as unknown[]];
    channel.send(new Blob(['a blob']));
    for (let count = 0; count < 10; count++) channel.send(`${count}`);
    const closing = a.close();
    for await (const other of b) for await (const message of other) there.push(message);
    await closing;
    expect(there.slice(1)).toEqual(Array.from({ length: 10 }, (_, count) => `${count}`));
    expect(await channel.closed).toBeUndefined();
    expect(here.filter((name) => name !== 'bufferedamountlow')).toEqual(['close']);
    expect(() => a.createDataChannel('')).toThrow(/association is closed/);
  }));

test('an association that is aborted ends its channels with an error', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('');
    const other = await accepted(b);
    const events = recordEvents(other);
    const receiving = other.receive();
    a.association.abort('enough');
    await expect(receiving).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(events).toEqual(['open', 'error', 'close']);
    expect(await channel.closed).toMatchObject({ code: 'ECONNRESET' });
    expect(() => channel.send('')).toThrow(/closed/);
  }));

test('a channel that is closed before it is open never reaches the peer', () =>
  withChannels(async ({ a, b, network }) => {
    const channel = a.createDataChannel('never');
    await channel.close();
    await expect(channel.opened).rejects.toMatchObject({ name: 'InvalidStateError' });
    await network.advance(1000);
    expect(b.channels).toEqual([]);
    expect(a.createDataChannel('next').id).toBe(0);
  }));

test('receive gives up by time and by signal without losing a message', () =>
  withChannels(async ({ a, b }) => {
    const channel = a.createDataChannel('');
    await channel.opened;
    const other = await accepted(b);
    await expect(other.receive({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const stop = new AbortController();
    const receiving = other.receive({ signal: stop.signal });
    stop.abort(new Error('stop'));
    await expect(receiving).rejects.toThrow('stop');
    await expect(b.accept({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    channel.send('not lost');
    expect(await other.receive()).toBe('not lost');
  }));

test.each<[string, unknown, object, string]>([
  ['both limits', '', { maxRetransmits: 1, maxPacketLifeTime: 1 }, 'not both'],
  ['a negative limit', '', { maxRetransmits: -1 }, 'maxRetransmits'],
  ['a limit beyond 16 bits', '', { maxPacketLifeTime: 65_536 }, 'maxPacketLifeTime'],
  ['negotiated without an id', '', { negotiated: true }, 'id'],
  ['the id 65,535', '', { negotiated: true, id: 65_535 }, 'id'],
  ['an unknown option', '', { reliable: true }, 'reliable'],
  ['an unknown priority', '', { priority: 'urgent' }, 'priority'],
  ['no label', undefined, {}, 'give a label'],
  ['a label that is too long', 'x'.repeat(65_536), {}, 'label'],
  ['a protocol that is too long', '', { protocol: 'ä'.repeat(32_768) }, 'protocol'],
])('createDataChannel throws TypeError for %s', (_, label, init, what) =>
  withChannels(async ({ a }) => {
    expect(() => a.createDataChannel(label as string, init)).toThrow(TypeError);
    expect(() => a.createDataChannel(label as string, init)).toThrow(what);
  }),
);

test('an error that a listener throws is the program’s, and the next listeners and messages are not affected', () =>
  withChannels(async ({ a, b }) => {
    const errors: unknown[] = [];
    const record = (error: unknown) => errors.push(error);
    const before = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', record);
    const channel = a.createDataChannel('');
    await channel.opened;
    const other = await accepted(b);
    const got: unknown[] = [];
    other.addEventListener('message', () => {
      throw new Error('of a listener');
    });
    const second = new Promise<void>((resolve) =>
      other.addEventListener('message', ({ data }: DataChannelMessageEvent) => {
        if (got.push(data) === 2) resolve();
      }),
    );
    for (const text of ['one', 'two']) channel.send(text);
    await second;
    await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
    expect(got).toEqual(['one', 'two']);
    expect(errors).toEqual([new Error('of a listener'), new Error('of a listener')]);
  }));

test('with I-DATA at both ends, a message of 200 KB does not hold up those of other channels', () =>
  withChannels(
    async ({ a, b, network }) => {
      expect(a.association.setup.features).toContain('interleaving');
      const [large, small] = [a.createDataChannel('large'), a.createDataChannel('small')];
      await Promise.all([large.opened, small.opened]);
      const [first, second] = [await accepted(b), await accepted(b)];
      large.send(pattern(200_000));
      small.send('small');
      const begun = network.clock.now();
      const receiving = first.receive();
      await second.receive();
      expect(network.clock.now() - begun).toBeLessThan(100); // at 1 MB/s the large one takes 200 ms
      expect(Buffer.compare(new Uint8Array((await receiving) as ArrayBuffer), pattern(200_000))).toBe(0);
      expect(network.clock.now() - begun).toBeGreaterThan(200);
    },
    { conditions: { latencyMs: 10, rateBps: 8e6 } },
  ));

test('messages of two channels that are larger than the receive window arrive at the same time', () =>
  withChannels(
    async ({ a, b }) => {
      const lengths = [1_500_000, 900_000];
      const channels = lengths.map((length) => a.createDataChannel(`${length}`));
      await Promise.all(channels.map(({ opened }) => opened));
      const accepting = [await accepted(b), await accepted(b)];
      for (const [index, channel] of channels.entries()) channel.send(pattern(lengths[index]!, index));
      for (const [index, channel] of accepting.entries()) {
        const data = new Uint8Array((await channel.receive()) as ArrayBuffer);
        expect(Buffer.compare(data, pattern(lengths[index]!, index))).toBe(0);
      }
    },
    { conditions: { latencyMs: 10, rateBps: 8e6 }, socket: { sendBufferBytes: 4_000_000 } },
  ));
