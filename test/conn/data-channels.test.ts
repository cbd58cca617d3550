import { expect, test } from 'vitest';
import type { Association, Stream } from '../../src/index.js';
import { pattern, textOf } from '../support/two-stacks.js';
import { bothConnect, joined } from './fixture.js';

const OPEN = 50; // the payload protocol identifiers of WebRTC (RFC 8831 §8)
const TEXT = 51;

/** Serves data channels: the first message opens a channel, each end closes it by resetting its outgoing stream. */
async function serve(association: Association, served: string[]): Promise<void> {
  for await (const { stream, ppid, data } of association) {
    expect(ppid).toBe(OPEN);
    served.push(`open ${stream} ${textOf({ data })}`);
    void echo(association.stream(stream), served);
  }
}

async function echo(channel: Stream, served: string[]): Promise<void> {
  for await (const { data } of channel) await channel.send(data, { ppid: TEXT });
  served.push(`closed ${channel.id}`);
  await channel.reset();
}

async function openAndClose(association: Association, id: number, label: string, texts: string[]): Promise<string[]> {
  const channel = association.stream(id);
  await channel.send(label, { ppid: OPEN });
  for (const text of texts) await channel.send(text, { ppid: TEXT });
  await channel.reset();
  const answers: string[] = [];
  for await (const message of channel) answers.push(textOf(message)); // until the peer has closed it, too
  return answers;
}

test.each([undefined, 25])(
  'data channels are opened, used and closed from one end, and their stream identifiers are reused (latency: %s ms)',
  (latencyMs) =>
    joined({ ...(latencyMs !== undefined && { latencyMs }) }, async (stacks) => {
      const [a, b] = await bothConnect(stacks);
      const served: string[] = [];
      const serving = serve(b, served);
      const run = () =>
        Promise.all([0, 2, 1022].map((id) => openAndClose(a, id, `channel ${id}`, [`one on ${id}`, `two on ${id}`])));
      for (let life = 0; life < 3; life++) {
        expect(await run()).toEqual([0, 2, 1022].map((id) => [`one on ${id}`, `two on ${id}`]));
      }
      expect(served.filter((line) => line.startsWith('open')).length).toBe(9);
      expect(served.filter((line) => line === 'closed 2').length).toBe(3);
      await a.close();
      await serving;
    }),
);

test('a channel is closed while another one carries a large message, over a path that loses packets', () => {
  let count = 0;
  return joined({ latencyMs: 10, passes: () => ++count % 10 !== 0 }, async (stacks) => {
    const [a, b] = await bothConnect(stacks);
    const large = a.stream(4).send(pattern(300_000));
    const small = a.stream(6);
    await small.send('last words');
    const read: string[] = [];
    const reading = (async () => {
      for await (const message of b.stream(6)) read.push(textOf(message));
    })();
    const received = b.stream(4).receive();
    await Promise.all([small.reset(), reading]);
    expect(read).toEqual(['last words']);
    expect((await received)?.data.length).toBe(300_000);
    await large;
  });
});
