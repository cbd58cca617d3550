import { connected, pattern, withTwoStacks } from '../support/two-stacks.js';

/** The packets of an association with many kinds of chunks. */
export function packetsOfTalk(): Promise<Uint8Array[]> {
  return withTwoStacks(async (stacks) => {
    const { a, b } = await connected(stacks);
    const packets: Uint8Array[] = [];
    const stop = stacks.network.filter((packet) => {
      packets.push(packet.bytes.slice());
      return packets.length % 7 === 3 ? undefined : packet; // loses some, so that there are gaps
    });
    await a.send(pattern(5000), { stream: 1 });
    await b.send('abandoned', { stream: 2, reliability: { retransmits: 0 } });
    await stacks.network.advance(40_000); // heartbeats
    await a.resetStreams({ outgoing: [1] }).catch(() => undefined);
    stop();
    const setUp = stacks.network.trace.entries().map(({ bytes }) => bytes);
    a.abort('enough');
    await b.closed;
    return [...setUp.slice(0, 8), ...packets.slice(0, 40)];
  });
}
