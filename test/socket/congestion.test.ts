import { describe, expect, test } from 'vitest';
import type { Packet } from '../../src/index.js';
import type { OptionValue } from '../../src/options/table.js';
import { decodePacket } from '../../src/wire/decode.js';
import {
  all,
  connected,
  isEqual,
  pattern,
  type TwoStacks,
  type TwoStacksOptions,
  withTwoStacks,
} from '../support/two-stacks.js';

type CongestionControl = OptionValue<'congestionControl'>;
type Multipath = OptionValue<'multipath'>;

const hasData = ({ bytes }: Pick<Packet, 'bytes'>) => decodePacket(bytes).chunks.some(({ type }) => type === 'DATA');

/** A round trip of 100 ms, and one path. */
const LONG: TwoStacksOptions = {
  host: { mtu: 1500 },
  addresses: { client: ['10.0.1.1'], server: ['10.0.1.2'] },
  conditions: { latencyMs: 50 },
};
/** The times at which one packet and then a second one are lost, in ms. */
const LOSSES = [950, 5000] as const;

/** The congestion window and its threshold every 20 ms of a bulk transfer in which two packets are lost. */
function windows(control: CongestionControl) {
  return withTwoStacks(async (stacks) => {
    const listener = stacks.server.socket({ receiveBufferBytes: 4_000_000 });
    listener.bindx([{ address: '10.0.1.2', port: 5001 }]);
    listener.listen();
    const socket = stacks.client.socket({ sendBufferBytes: 4_000_000 });
    socket.setOption('congestionControl', control);
    const a = await socket.connect({ address: '10.0.1.2', port: 5001 });
    const received = all(await listener.accept()).catch(() => []);
    expect(a.getOption('congestionControl')).toBe(control);
    loseTwo(stacks);
    const path = () => a.statistics().paths[0]!;
    const samples: { cwnd: number; threshold: number }[] = [];
    for (let count = 0; count < 300; count++) {
      while (a.bufferedBytes === 0) void a.send(pattern(50_000)).catch(() => undefined);
      await stacks.network.advance(20);
      samples.push({ cwnd: path().cwndBytes, threshold: path().slowStartThresholdBytes });
    }
    expect(stacks.client.statistics().retransmissions.fast).toBe(2);
    a.abort();
    await received;
    return samples;
  }, LONG);
}

function loseTwo({ network }: TwoStacks): void {
  let lost = 0;
  network.filter((packet) => {
    const due = LOSSES[lost] ?? Number.POSITIVE_INFINITY;
    if (packet.source !== '10.0.1.1' || network.clock.now() < due || !hasData(packet)) return undefined;
    lost++;
    return 'drop';
  });
}

test('each congestion control can be chosen, and changes the congestion window in its own way', async () => {
  const [rfc2581, hstcp, htcp, rtcc] = [
    await windows('rfc2581'),
    await windows('hstcp'),
    await windows('htcp'),
    await windows('rtcc'),
  ];
  const course = (samples: typeof rfc2581) => samples.map(({ cwnd }) => cwnd).join();
  expect(new Set([rfc2581, hstcp, htcp, rtcc].map(course)).size).toBe(4);
  // RFC 9260 §7.2.2: one packet more each round trip; §7.2.3: half after a loss.
  const packet = 1500;
  const [at2000, at4800] = [rfc2581[100]!, rfc2581[240]!];
  expect((at4800.cwnd - at2000.cwnd) / 28 / packet).toBeCloseTo(1, 1);
  const kept = (samples: typeof rfc2581) => samples[265]!.threshold / samples[240]!.cwnd;
  expect(kept(rfc2581)).toBeCloseTo(0.5, 1);
  // RFC 3649 §5: a large window is reduced by less than half.
  expect(kept(hstcp)).toBeGreaterThan(0.55);
  // H-TCP should grow faster the longer ago the last loss is; usrsctp's htcp_alpha_update() always ends at ALPHA_BASE.
  expect(Math.abs(htcp[240]!.cwnd - at4800.cwnd)).toBeLessThan(2 * packet);
  // RTCC, which uses round-trip times, keeps a smaller window.
  expect(rtcc[240]!.cwnd).toBeLessThan(at4800.cwnd / 2);
});

describe('concurrent multipath transfer', () => {
  /** The number of packets with data on each path. */
  const transfer = (multipath: Multipath) =>
    withTwoStacks(
      async (stacks) => {
        const { a, b } = await connected(stacks, { sendBufferBytes: 1_000_000 });
        a.setOption('multipath', multipath);
        expect(a.getOption('multipath')).toBe(multipath);
        const counts = { '10.0.1.2': 0, '10.0.2.2': 0 };
        stacks.network.filter((packet) => {
          if (hasData(packet)) counts[packet.destination as keyof typeof counts]++;
          return undefined;
        });
        const received = all(b);
        const sent = Array.from({ length: 40 }, (_, index) => pattern(25_000, index));
        for (const [index, message] of sent.entries()) await a.send(message, { stream: index % 3 });
        await a.close();
        const messages = await received;
        for (const stream of [0, 1, 2]) {
          const arrived = messages.filter((each) => each.stream === stream);
          const expected = sent.filter((_, index) => index % 3 === stream);
          expect(arrived.map(({ data }, index) => isEqual(data, expected[index]!))).toEqual(expected.map(() => true));
        }
        return counts;
      },
      { conditions: { latencyMs: 20, rateBps: 4e6 }, host: { mtu: 1500 }, stack: { sysctls: { sctp_cmt_on_off: 1 } } },
    );

  test('off: all data takes the primary path', async () => {
    expect((await transfer('off'))['10.0.2.2']).toBe(0);
  });

  test.each(['base', 'rpv1', 'rpv2', 'mptcp'] as const)('%s: data takes both paths at once', async (multipath) => {
    const [first, second] = Object.values(await transfer(multipath)) as [number, number];
    expect(Math.min(first, second) / (first + second)).toBeGreaterThan(0.3);
  });
});
