import { describe, expect, test } from 'vitest';
import { type Conditions, DEFAULT_LATENCY_MS, Network } from '../../src/simulated.js';
import { type Listener, listen, numbered, pair, stream } from './fixture.js';

/** So many that 4 standard deviations of a share are below 2 %. */
const MANY = 10_000;

describe('each condition does what its name says', () => {
  test('latencyMs: each packet takes that long', async () => {
    const { right } = await stream({ latencyMs: 30 }, 10, 5);
    expect(right.times).toEqual(Array.from({ length: 10 }, (_, index) => index * 5 + 30));
  });

  test('latencyMs: 0 arrives at the same instant, after send has returned', async () => {
    const { network, left, right } = await pair({ latencyMs: 0 });
    left.send('10.0.0.2');
    expect(right.packets).toEqual([]);
    await network.advance(0);
    expect(right.times).toEqual([0]);
  });

  test('latencyMs: it is 1/8 ms by default', async () => {
    const { right } = await stream({}, 1, 0);
    expect(right.times).toEqual([DEFAULT_LATENCY_MS]);
  });

  test('jitterMs: the delays are spread evenly, and nothing is reordered', async () => {
    const { right } = await stream({ latencyMs: 10, jitterMs: 4 }, 2000, 10);
    const delays = right.times.map((time, index) => time - index * 10);
    expect(right.numbers).toEqual(Array.from({ length: 2000 }, (_, index) => index));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...delays)).toBeLessThan(14);
    expect(mean(delays)).toBeCloseTo(12, 0);
    expect(new Set(delays.map((delay) => Math.floor(delay * 2))).size).toBe(8);
    const dense = await stream({ latencyMs: 10, jitterMs: 4 }, 1000, 0.1);
    expect(dense.right.numbers).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  });

  test.each([0.01, 0.2, 0.5])('loss: %f of the packets are lost, one independent of another', async (loss) => {
    const { right } = await stream({ loss }, MANY, 0);
    expect(1 - right.packets.length / MANY).toBeCloseTo(loss, 1.7);
    const lost = missing(right.numbers, MANY);
    const runs = runLengths(lost);
    expect(mean(runs)).toBeCloseTo(1 / (1 - loss), 0.9);
  });

  test.each([
    ['INIT', 1],
    ['INIT ACK', 2],
    ['COOKIE ECHO', 10],
  ])('loss: a packet with %s above the MTU is lost with any of its fragments', async (_, type) => {
    const { network, left, right } = await pair({ loss: 0.2 });
    for (let number = 0; number < MANY; number++) {
      const bytes = numbered(number, 3500);
      bytes[12] = type;
      left.host.transport.send([{ source: '10.0.0.1', destination: '10.0.0.2', port: 0, trafficClass: 0, bytes }]);
    }
    await network.runUntilIdle();
    expect(right.packets.length / MANY).toBeCloseTo(0.8 ** 3, 1.7);
  });

  test('a packet above the MTU with any other chunk does not leave', async () => {
    const { network, left, right } = await pair();
    left.send('10.0.0.2', 1, 1481);
    await network.runUntilIdle();
    expect(right.packets).toEqual([]);
    expect(network.trace.entries().map(({ outcome }) => outcome)).toEqual(['too big']);
  });

  test('loss: 1 loses all, 0 none', async () => {
    expect((await stream({ loss: 1 }, 100, 0)).right.packets).toHaveLength(0);
    expect((await stream({ loss: 0 }, 100, 0)).right.packets).toHaveLength(100);
  });

  test('loss in bursts: share and mean length are those of the Gilbert–Elliott model', async () => {
    const { right } = await stream({ loss: { goodToBad: 0.02, badToGood: 0.2 } }, 5 * MANY, 0);
    const lost = missing(right.numbers, 5 * MANY);
    expect(lost.length / (5 * MANY)).toBeCloseTo(0.02 / 0.22, 1.7);
    expect(Math.abs(mean(runLengths(lost)) - 1 / 0.2)).toBeLessThan(0.4);
  });

  test('loss in bursts: the good and the bad state may have losses of their own', async () => {
    const conditions = { loss: { goodToBad: 0.1, badToGood: 0.1, lossInGood: 0.1, lossInBad: 0.5 } };
    const { right } = await stream(conditions, 5 * MANY, 0);
    expect(1 - right.packets.length / (5 * MANY)).toBeCloseTo(0.3, 1.5);
  });

  test('reorder: that share is overtaken by what is sent within reorderMs', async () => {
    const { right } = await stream({ reorder: 0.1, reorderMs: 10 }, 5000, 4);
    const { numbers } = right;
    const late = right.times.filter((time, index) => time - numbers[index]! * 4 > 1);
    expect(late.length / 5000).toBeCloseTo(0.1, 1.5);
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, index) => index));
    const overtaken = numbers.filter((number, index) => number < (numbers[index - 1] ?? 0));
    expect(overtaken.length).toBeGreaterThan(400);
  });

  test('duplicate: that share arrives twice, in bytes of its own', async () => {
    const { right } = await stream({ duplicate: 0.2 }, MANY, 0);
    expect(right.packets.length / MANY - 1).toBeCloseTo(0.2, 1.5);
    const twice = right.numbers.findIndex((number, index) => right.numbers[index + 1] === number);
    expect(right.packets[twice]!.bytes.buffer).not.toBe(right.packets[twice + 1]!.bytes.buffer);
  });

  test('mark: that share of ECN-capable packets is marked, and no others', async () => {
    const { network, left, right } = await pair({ mark: 0.2 });
    for (let count = 0; count < 4000; count++) {
      capable(left, count % 2 === 0 ? 0x28 : 0x2a);
      await network.advance(1);
    }
    const marked = right.packets.filter(({ trafficClass }) => trafficClass === 0x2b);
    expect(marked.length / 2000).toBeCloseTo(0.2, 1);
    expect(right.packets.filter(({ trafficClass }) => trafficClass === 0x28)).toHaveLength(2000);
    expect(network.trace.entries().filter(({ note }) => note === 'CE').length).toBeGreaterThan(0);
  });

  test('markBytes: a packet is marked if more than that is in the queue', async () => {
    const { network, left, right } = await pair({ rateBps: 8e6, markBytes: 2500 });
    for (let count = 0; count < 5; count++) capable(left, 2);
    await network.advance(100);
    expect(right.packets.map(({ trafficClass }) => trafficClass)).toEqual([2, 2, 2, 3, 3]);
  });

  test('corrupt: that share arrives with one bit flipped, anywhere', async () => {
    const { network, right } = await stream({ corrupt: 0.2 }, MANY, 0, 20);
    const flips = right.packets.map(({ bytes }, number) => flippedBits(bytes, number));
    expect(new Set(flips.map((bits) => bits.length))).toEqual(new Set([0, 1]));
    expect(flips.filter((bits) => bits.length === 1).length / MANY).toBeCloseTo(0.2, 1.5);
    expect(new Set(flips.flat()).size).toBe(160);
    const noted = network.trace.entries().filter(({ note }) => note === 'corrupted');
    expect(noted.length).toBe(flips.filter((bits) => bits.length === 1).length);
  });

  test('rateBps: packets leave at that rate, IP header included', async () => {
    const { right } = await stream({ rateBps: 8_000_000, queueBytes: 1e9, latencyMs: 5 }, 1000, 0, 980);
    expect(right.times[0]).toBe(6);
    expect(right.times.at(-1)).toBeCloseTo(1005, 6);
  });

  test('queueBytes: what does not fit into the queue is dropped, and the rate is kept', async () => {
    const { network, right } = await stream({ rateBps: 8_000_000, queueBytes: 10_000 }, 1000, 0.5, 980);
    expect(right.times.at(-1)! / right.packets.length).toBeCloseTo(1, 1);
    const { length } = network.trace.entries().filter(({ outcome }) => outcome === 'queue full');
    expect(length + right.packets.length).toBe(1000);
    const delays = right.times.map((time, index) => time - right.numbers[index]! * 0.5);
    expect(Math.max(...delays)).toBeLessThanOrEqual(10 + DEFAULT_LATENCY_MS);
    expect(Math.max(...delays)).toBeGreaterThan(9);
  });

  test('mtu: larger IP packets are lost, counting IPv4, IPv6 and UDP headers', async () => {
    for (const [local, remote, header, port] of [
      ['10.0.0.1', '10.0.0.2', 20, 0],
      ['fd00::1', 'fd00::2', 40, 0],
      ['10.0.0.1', '10.0.0.2', 28, 9899],
    ] as const) {
      const network = new Network({ seed: 1, conditions: { mtu: 1280 } });
      const options = port === 0 ? {} : { encapsulationPort: port };
      const left = await listen(network, network.host('left', [local], options));
      const right = await listen(network, network.host('right', [remote], options));
      left.send(remote, 1, 1280 - header, port);
      left.send(remote, 2, 1281 - header, port);
      await network.runUntilIdle();
      expect(right.numbers).toEqual([1]);
    }
  });

  test('a host sends nothing above its own MTU', async () => {
    const network = new Network({ seed: 1 });
    const left = await listen(network, network.host('left', ['10.0.0.1'], { mtu: 9000 }));
    const right = await listen(network, network.host('right', ['10.0.0.2']));
    left.send('10.0.0.2', 1, 8980);
    left.send('10.0.0.2', 2, 8981);
    right.send('10.0.0.1', 3, 1481);
    await network.runUntilIdle();
    expect([left.numbers, right.numbers]).toEqual([[], [1]]);
  });
});

describe('the conditions are independent of each other', () => {
  test('losing packets does not change which of the others are corrupted', async () => {
    const plain = await stream({ corrupt: 0.1 }, 1000, 0);
    const lossy = await stream({ corrupt: 0.1, loss: 0.5, jitterMs: 3, reorder: 0.1 }, 1000, 0);
    const corrupted = ({ network }: typeof plain) =>
      network.trace.entries().flatMap(({ number, note }) => (note ? [number] : []));
    expect(corrupted(lossy)).toEqual(corrupted(plain));
  });

  test('traffic on one link does not change what is lost on another', async () => {
    const lucky = async (extra: boolean) => {
      const { network, left, right } = await pair({ loss: 0.5 });
      const third = await listen(network, network.host('third', ['10.0.0.3']));
      for (let number = 0; number < 200; number++) {
        left.send('10.0.0.2', number);
        if (extra) third.send('10.0.0.2', 1000);
      }
      await network.runUntilIdle();
      return right.numbers.filter((number) => number < 1000);
    };
    expect(await lucky(true)).toEqual(await lucky(false));
  });
});

describe('which conditions apply', () => {
  test('each condition comes from the most specific rule: address pair, address, hosts, any', async () => {
    const network = new Network({ seed: 1, conditions: { latencyMs: 1 } });
    const left = await listen(network, network.host('left', ['10.0.1.1', '10.0.2.1']));
    const right = await listen(network, network.host('right', ['10.0.1.2', '10.0.2.2', '10.0.3.2']));
    const far = await listen(network, network.host('far', ['10.0.4.4']));
    network.link('10.0.1.1', '10.0.1.2', { latencyMs: 40 });
    network.link('10.0.2.2', '*', { latencyMs: 30 });
    network.link(left.host, right.host, { latencyMs: 20 });
    network.link(left.host, '*', { latencyMs: 10, mtu: 500 });
    const took = async (from: typeof left, destination: string, to: typeof left) => {
      const began = network.clock.now();
      from.send(destination);
      await network.runUntilIdle();
      return to.times.at(-1)! - began;
    };
    expect(await took(left, '10.0.1.2', right)).toBe(40);
    expect(await took(left, '10.0.2.2', right)).toBe(30);
    expect(await took(left, '10.0.3.2', right)).toBe(20);
    expect(await took(left, '10.0.4.4', far)).toBe(10);
    expect(await took(right, '10.0.4.4', far)).toBe(1);
    left.send('10.0.1.2', 9, 600);
    await network.runUntilIdle();
    expect(right.numbers).not.toContain(9);
  });

  test('one direction can differ from the other, and conditions can change at any time', async () => {
    const { network, left, right } = await pair({ latencyMs: 1 });
    network.oneWay(left.host, right.host, { loss: 1 });
    left.send('10.0.0.2', 1);
    right.send('10.0.0.1', 2);
    await network.runUntilIdle();
    expect([left.numbers, right.numbers]).toEqual([[2], []]);
    network.oneWay(left.host, right.host, { loss: 0, latencyMs: 7 });
    left.send('10.0.0.2', 3);
    await network.runUntilIdle();
    expect([right.numbers, right.times]).toEqual([[3], [8]]);
  });

  test.each([
    { loss: 1.1 },
    { loss: { goodToBad: -0.1, badToGood: 0 } },
    { corrupt: Number.NaN },
    { latencyMs: -1 },
    { mtu: Number.NaN },
  ])('%o is refused at once', async (conditions) => {
    const { network, left, right } = await pair();
    expect(() => network.link(left.host, right.host, conditions)).toThrow(RangeError);
    expect(() => new Network({ seed: 1, conditions })).toThrow(RangeError);
  });

  test('a condition that a later call leaves out keeps its value', async () => {
    const { network, left, right } = await pair();
    network.link(left.host, right.host, { latencyMs: 50 });
    network.link(left.host, right.host, { mtu: 500 });
    left.send('10.0.0.2', 1);
    await network.runUntilIdle();
    expect(right.times).toEqual([50]);
  });
});

describe('randomness', () => {
  const WILD: Conditions = { jitterMs: 9, loss: 0.1, reorder: 0.1, duplicate: 0.1, corrupt: 0.1, rateBps: 1e6 };

  test('one seed gives one trace, byte for byte; another seed another', async () => {
    const run = async (seed: number) => {
      const { network, left, right } = await pair(WILD, { seed });
      right.answer = ({ bytes }) => right.send('10.0.0.1', bytes[3]);
      for (let number = 0; number < 200; number++) left.send('10.0.0.2', number);
      await network.runUntilIdle();
      return { pcapng: network.pcapng(), description: network.describe(Number.POSITIVE_INFINITY) };
    };
    expect(await run(5)).toEqual(await run(5));
    expect((await run(5)).pcapng).not.toEqual((await run(6)).pcapng);
  });
});

/** Sends an IP packet of 1,000 bytes with a traffic class. */
function capable({ host }: Listener, trafficClass: number): void {
  const packet = { source: '10.0.0.1', destination: '10.0.0.2', port: 0, trafficClass, bytes: new Uint8Array(980) };
  host.transport.send([packet]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function missing(numbers: readonly number[], count: number): number[] {
  const arrived = new Set(numbers);
  return Array.from({ length: count }, (_, index) => index).filter((number) => !arrived.has(number));
}

function runLengths(lost: readonly number[]): number[] {
  const runs: number[] = [];
  for (const [index, number] of lost.entries()) {
    if (index > 0 && lost[index - 1] === number - 1) runs[runs.length - 1]!++;
    else runs.push(1);
  }
  return runs;
}

/** The positions at which a packet of the fixture differs from the one that was sent. */
function flippedBits(bytes: Uint8Array, number: number): number[] {
  const sent = numbered(number, bytes.length);
  const bits: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    if (((bytes[bit >> 3]! ^ sent[bit >> 3]!) & (1 << (bit & 7))) !== 0) bits.push(bit);
  }
  return bits;
}
