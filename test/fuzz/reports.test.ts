import { expect, test } from 'vitest';
import { familyOf } from '../../src/address.js';
import { Stack } from '../../src/index.js';
import { type Network, SeededRandom, scenario } from '../../src/simulated.js';
import { ErrorQueue } from '../../src/transport/native/error-queue.js';
import type { NativeAddress, SystemCalls } from '../../src/transport/native/ffi.js';
import {
  AF_INET,
  AF_INET6,
  cmsghdr,
  IP_RECVERR,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVERR,
  iovec,
  msghdr,
  SO_EE_ORIGIN_ICMP,
  SO_EE_ORIGIN_ICMP6,
  sock_extended_err,
} from '../../src/transport/native/linux.js';
import { SOCKADDR_BYTES, sockaddrOf } from '../../src/transport/native/sockaddr.js';
import type { TransportHost } from '../../src/transport/transport.js';
import { pattern } from '../support/two-stacks.js';
import { FUZZ_LIMIT_MS, fuzz, repeat } from './mutation.js';

/** Where the reader’s buffer begins, and what recvmsg() returns when the queue is empty. */
const BUFFER = 0x10000n as NativeAddress;
const EAGAIN = -11;
const MOST_CONTROL_BYTES = 256;
const MOST_QUOTED_BYTES = 64;

/** The input of the fuzzer: bytes of control data and of the quoted packet, the address, the control data, the quoted packet. */
function errorOf(family: number, level: number, type: number, origin: number, errno: number, mtu: number): Uint8Array {
  const address = sockaddrOf(family === AF_INET ? '10.0.1.2' : 'fd00::2', 9899);
  const size = cmsghdr.size + sock_extended_err.size;
  const control = new Uint8Array(24 + ((size + 7) & ~7));
  const view = new DataView(control.buffer);
  for (const [at, bytes, itsLevel, itsType] of [
    [0, 17, IPPROTO_IP, IP_TOS],
    [24, size, level, type],
  ] as const) {
    view.setUint32(at + cmsghdr.cmsg_len, bytes, true);
    view.setUint32(at + cmsghdr.cmsg_level, itsLevel, true);
    view.setUint32(at + cmsghdr.cmsg_type, itsType, true);
  }
  view.setUint32(24 + cmsghdr.size + sock_extended_err.ee_errno, errno, true);
  view.setUint8(24 + cmsghdr.size + sock_extended_err.ee_origin, origin);
  view.setUint32(24 + cmsghdr.size + sock_extended_err.ee_info, mtu, true);
  const input = new Uint8Array(2 + SOCKADDR_BYTES + control.length + 12);
  input.set([control.length, 12]);
  input.set(address, 2);
  input.set(control, 2 + SOCKADDR_BYTES);
  return input;
}

/** A kernel that has one message in the error queue of each socket. */
class KernelWithError {
  input: Uint8Array = new Uint8Array();
  #isRead = false;
  #buffer = new ArrayBuffer(0);

  readonly system = {
    addressOf: (buffer: ArrayBufferLike) => {
      this.#buffer = buffer as ArrayBuffer;
      return BUFFER;
    },
    recvmsg: () => (this.#isRead ? EAGAIN : this.#write()),
  } as unknown as SystemCalls;

  queue(input: Uint8Array): void {
    this.input = input;
    this.#isRead = false;
  }

  /** Writes what the input says, within the lengths that the reader allows. Returns the bytes of the quoted packet. */
  #write(): number {
    this.#isRead = true;
    const view = new DataView(this.#buffer);
    const bytes = new Uint8Array(this.#buffer);
    const pointer = (at: number) => Number(view.getBigUint64(at, true) - BUFFER);
    const [controlBytes = 0, quotedBytes = 0] = this.input;
    const piece = pointer(msghdr.msg_iov);
    const rest = this.input.subarray(2 + SOCKADDR_BYTES);
    bytes.set(this.input.subarray(2, 2 + SOCKADDR_BYTES), pointer(msghdr.msg_name));
    bytes.set(rest.subarray(0, Math.min(controlBytes, MOST_CONTROL_BYTES)), pointer(msghdr.msg_control));
    bytes.set(rest.subarray(controlBytes).subarray(0, MOST_QUOTED_BYTES), pointer(piece + iovec.iov_base));
    view.setUint32(msghdr.msg_controllen, controlBytes, true);
    return Math.min(quotedBytes, MOST_QUOTED_BYTES);
  }
}

test(
  'the reader of a socket’s error queue reads any control data to its end, and reports what the kernel says or nothing',
  () => {
    const kernel = new KernelWithError();
    const queue = new ErrorQueue(kernel.system, 3);
    const inputs = [
      errorOf(AF_INET, IPPROTO_IP, IP_RECVERR, SO_EE_ORIGIN_ICMP, 90, 1400),
      errorOf(AF_INET6, IPPROTO_IPV6, IPV6_RECVERR, SO_EE_ORIGIN_ICMP6, 113, 0),
      errorOf(AF_INET, IPPROTO_IP, IP_RECVERR, 1, 90, 1400),
    ];
    const endless = inputs[0]!.slice();
    endless.fill(0xff, 2 + SOCKADDR_BYTES, 2 + SOCKADDR_BYTES + 4); // the length of the first part
    inputs.push(endless);
    const executions = fuzz('error queue', inputs, (input) => {
      kernel.queue(input);
      const error = queue.next();
      expect(queue.next()).toBeUndefined();
      if (error === undefined) return 'nothing';
      const { destination, errno, mtu, quoted } = error;
      expect(quoted.length).toBeLessThanOrEqual(MOST_QUOTED_BYTES);
      expect(mtu).toBe(Math.trunc(mtu));
      return `${familyOf(destination)} ${errno.replace(/\d+/, '')} ${mtu > 0} ${quoted.length >= 12}`;
    });
    kernel.queue(inputs[0]!);
    expect(queue.next()).toMatchObject({ destination: '10.0.1.2', errno: 'EMSGSIZE', mtu: 1400 });
    expect(executions).toBeGreaterThan(inputs.length);
  },
  FUZZ_LIMIT_MS,
);

const [SOURCE, DESTINATION, PORT] = ['10.0.1.1', '10.0.1.2', 5001];
const SIZES = [0, 1, 31, 32, 33, 60, 68, 576, 1279, 1280, 1281, 1300, 1400, 1499, 1500, 1501, 9000, 65_535];
const ODD_SIZES = [65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, -1, 1400.5, Number.NaN];
const HEADERS = 32;

/** Two hosts whose path begins with 1,280 bytes and is probed up to 1,500. */
async function associated(network: Network, started: (host: TransportHost) => void) {
  const stackOf = async (source: string, seen: (host: TransportHost) => void) => {
    const route = () => ({ source, mtu: 1280, probeMtu: 1500 });
    const { transport, random } = network.host(source, [source], { mtu: 65_535, route });
    const start = transport.start.bind(transport);
    transport.start = (host) => {
      seen(host);
      return start(host);
    };
    return Stack.create({ transport, random, clock: network.clock });
  };
  const [client, server] = await network.standStill(
    Promise.all([stackOf(SOURCE, started), stackOf(DESTINATION, () => {})]),
  );
  const listener = server.socket();
  listener.bindx([{ address: DESTINATION, port: PORT }]);
  listener.listen();
  const [a, b] = await Promise.all([client.socket().connect({ address: DESTINATION, port: PORT }), listener.accept()]);
  return { client, server, a, b };
}

test(
  'whatever routers report about the size of packets, messages arrive whole, and the path keeps a size that it may have',
  async () => {
    const executions = await repeat('too big', (seed) =>
      scenario({ seed, conditions: { latencyMs: 10 }, limitMs: 1e9 }, async (network) => {
        const random = new SeededRandom(seed);
        const one = <T>(values: readonly T[]) => values[random.below(values.length)]!;
        let host: TransportHost | undefined;
        let last = new Uint8Array(64);
        let most = 0;
        const { client, server, a, b } = await associated(network, (started) => {
          host = started;
        });
        const largest = 1280 + random.below(221);
        network.filter((packet, from) => {
          if (from.addresses.includes(SOURCE)) last = packet.bytes.slice(0, 64);
          most = Math.max(most, packet.bytes.length);
          return packet.bytes.length + 20 <= largest || packet.mayBeFragmented ? packet : 'drop';
        });
        for (let round = 0; round < 20; round++) {
          const message = pattern(1 + random.below(20_000), round + 1);
          const received = b.receive({ timeoutMs: 600_000 });
          await a.send(message);
          for (let reports = random.below(20); reports > 0; reports--) {
            const bytes = last.slice(0, one([64, 64, 64, 12, 11, 0]));
            if (random.below(2) === 0 && bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 + random.below(255);
            host?.packetTooBig?.({
              source: one([SOURCE, SOURCE, SOURCE, DESTINATION, '::1', '']),
              destination: one([DESTINATION, DESTINATION, DESTINATION, SOURCE, 'fd00::2', '10.9.9.9']),
              mtu: one(random.below(4) === 0 ? ODD_SIZES : SIZES),
              bytes,
            });
            if (random.below(4) === 0) await network.advance(random.below(3000));
          }
          expect((await received)?.data).toEqual(message);
          const [path] = a.paths();
          expect(path?.mtu).toBeGreaterThanOrEqual(1280 - HEADERS);
          expect(path?.mtu).toBeLessThanOrEqual(1500 - HEADERS);
        }
        expect(most).toBeLessThanOrEqual(1480);
        await Promise.all([client.close({ timeoutMs: 1000 }), server.close({ timeoutMs: 1000 })]);
      }),
    );
    expect(executions).toBeGreaterThan(0);
  },
  FUZZ_LIMIT_MS,
);
