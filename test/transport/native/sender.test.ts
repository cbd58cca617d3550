import { constants } from 'node:os';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/packet.js';
import { errnoName } from '../../../src/transport/native/errno.js';
import type { NativeAddress, SystemCalls } from '../../../src/transport/native/ffi.js';
import { OutgoingMessages } from '../../../src/transport/native/outgoing.js';
import { BatchSender } from '../../../src/transport/native/sender.js';
import { ManualClock } from '../fixture.js';

const { EAGAIN, EINTR, EIO, EINVAL, EMSGSIZE, ECONNREFUSED, ENETUNREACH } = constants.errno;

let number = 0;
const packet = (bytes: number, more: Partial<Packet> = {}): Packet => ({
  source: '127.0.0.1',
  destination: '127.0.0.2',
  port: 9899,
  trafficClass: 0,
  bytes: new Uint8Array(bytes).fill(number++),
  ...more,
});

/** A kernel whose answers the test decides, and a sender on top. `sent` has the sizes of the messages' packets. */
class Kernel {
  readonly sent: number[][] = [];
  readonly failures: string[] = [];
  readonly watched: boolean[] = [];
  readonly fragmentable: boolean[] = [];
  readonly clock = new ManualClock();
  readonly sender: BatchSender;
  /** The answers to the next calls: how many messages are taken, or a negative errno. Afterwards all are taken. */
  answers: number[] = [];
  icmpErrors = 0;
  #taken = 0;

  constructor(hasSegmentation = true) {
    const system = {
      addressOf: () => 0x7f00_0000_0000n as NativeAddress,
      sendmmsg: (_fd: number, _messages: NativeAddress, count: number) => {
        const answer = Math.min(this.answers.shift() ?? count, count);
        for (let i = 0; i < answer; i++) this.#take(messages.counts[messages.counts.length - count + i]!);
        return answer;
      },
    } as unknown as SystemCalls;
    const messages = new OutgoingMessages(system, { isIpv4: true, defaultPort: 9899, scope: 0 });
    this.sender = new BatchSender({
      fd: 3,
      messages,
      clock: this.clock,
      hasSegmentation,
      errnoName,
      setFragmentable: (isFragmentable) => this.fragmentable.push(isFragmentable),
      watch: (isWriteAsked) => this.watched.push(isWriteAsked),
      readErrors: () => this.icmpErrors-- > 0,
      failed: (_, errno) => this.failures.push(errno),
    });
  }

  /** What has been sent as joined packets: how many each message had. */
  get joined(): number[] {
    return this.sent.map(({ length }) => length);
  }

  #take(count: number): void {
    this.sent.push(Array.from({ length: count }, () => this.#taken++));
  }
}

beforeEach(() => {
  number = 0;
});

describe('packets become one message', () => {
  const joined = (...packets: Packet[]) => {
    const kernel = new Kernel();
    kernel.sender.send(packets);
    return kernel.joined;
  };

  test('if they have one size, but for the last', () => {
    expect(joined(packet(1400), packet(1400), packet(900), packet(900), packet(1400))).toEqual([3, 1, 1]);
  });

  test('up to 64 of them, and up to 65,000 bytes', () => {
    expect(joined(...Array.from({ length: 130 }, () => packet(100)))).toEqual([64, 64, 2]);
    expect(joined(...Array.from({ length: 50 }, () => packet(1480)))).toEqual([43, 7]);
  });

  test('with one destination, one port and one traffic class', () => {
    const others = [{ destination: '127.0.0.3' }, { port: 1 }, { trafficClass: 2 }];
    for (const other of others) expect(joined(packet(100), packet(100, other))).toEqual([1, 1]);
  });

  test('but not if IP may fragment one', () => {
    const kernel = new Kernel();
    kernel.sender.send([packet(100), packet(100, { mayBeFragmented: true }), packet(100), packet(100)]);
    expect(kernel.joined).toEqual([1, 1, 2]);
    expect(kernel.fragmentable).toEqual([true, false]);
  });

  test('and not without the kernel’s help', () => {
    const kernel = new Kernel(false);
    kernel.sender.send([packet(100), packet(100)]);
    expect(kernel.joined).toEqual([1, 1]);
  });
});

describe('nothing is lost', () => {
  test.each([
    [EIO, false],
    [EINVAL, false],
    [EMSGSIZE, true],
  ])('if the kernel refuses joined packets with error %i', (errno, joinsAgain) => {
    const kernel = new Kernel();
    kernel.answers = [-errno];
    kernel.sender.send([packet(100), packet(100), packet(100)]);
    expect(kernel.joined).toEqual([1, 1, 1]);
    kernel.sender.send([packet(100), packet(100)]);
    expect(kernel.joined.slice(3)).toEqual(joinsAgain ? [2] : [1, 1]);
    expect([kernel.sender.dropped, kernel.failures]).toEqual([0, []]);
  });

  test('if a call is interrupted, or takes a part of the messages', () => {
    const kernel = new Kernel(false);
    kernel.answers = [-EINTR, 1, 2, -EINTR];
    kernel.sender.send(Array.from({ length: 5 }, () => packet(100)));
    expect(kernel.sent.flat()).toEqual([0, 1, 2, 3, 4]);
    expect(kernel.sender.dropped).toBe(0);
  });

  test('if the send buffer is full: the others wait, in order', async () => {
    const kernel = new Kernel(false);
    kernel.answers = [2, -EAGAIN];
    kernel.sender.send(Array.from({ length: 4 }, () => packet(100)));
    kernel.sender.send([packet(100)]);
    expect(kernel.sent.flat()).toEqual([0, 1]);
    expect(kernel.watched).toEqual([true]);
    kernel.answers = [1, -EAGAIN];
    kernel.sender.writable();
    kernel.sender.writable();
    expect(kernel.sent.flat()).toEqual([0, 1, 2, 3, 4]);
    expect(kernel.watched).toEqual([true, false]);
    await kernel.sender.finish();
    expect(kernel.sender.dropped).toBe(0);
  });

  test('if an ICMP error of another packet is reported at this occasion', () => {
    const kernel = new Kernel(false);
    kernel.answers = [-ECONNREFUSED];
    kernel.icmpErrors = 1;
    kernel.sender.send([packet(100), packet(100)]);
    expect(kernel.sent.flat()).toEqual([0, 1]);
    expect(kernel.failures).toEqual([]);
  });
});

test('a packet that the kernel refuses is counted and reported, and the next ones follow', () => {
  const kernel = new Kernel(false);
  kernel.answers = [1, -ENETUNREACH];
  kernel.sender.send([packet(100), packet(100), packet(100)]);
  expect(kernel.joined.length).toBe(2);
  expect(kernel.failures).toEqual(['ENETUNREACH']);
  expect(kernel.sender.dropped).toBe(1);
});

test('at most 4,096 packets wait, and a kernel that accepts nothing delays the end by a second', async () => {
  const kernel = new Kernel(false);
  kernel.answers = [-EAGAIN];
  kernel.sender.send(Array.from({ length: 5000 }, () => packet(16)));
  expect(kernel.sender.dropped).toBe(5000 - 4096);
  const finishing = kernel.sender.finish();
  kernel.clock.advance(1000);
  await finishing;
  expect(kernel.sender.dropped).toBe(5000);
});
