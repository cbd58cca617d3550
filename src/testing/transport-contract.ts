import { addressBytes, familyOf, formatAddress } from '../address.js';
import { SeededRandom } from '../simulated/seeded-random.js';
import { sealPacket } from '../wire/crc32c.js';
import { check, checkBytes, checkEqual } from './check.js';
import { payload } from './recording-host.js';
import { ContractBench, type TransportPair } from './transport-bench.js';

export type { TransportPair } from './transport-bench.js';

/** One requirement of the contract, with a function that checks it. */
export interface ContractCase {
  /** The requirement as a sentence. */
  readonly name: string;
  /** Checks it. Rejects if the transport doesn't meet it. */
  run(): Promise<void>;
}

/**
 * The requirements on any `Transport`, one test case each, for any test runner.
 *
 * ```ts
 * for (const { name, run } of transportContract(makePair)) test(name, run);
 * ```
 */
export function transportContract(makePair: () => Promise<TransportPair>): readonly ContractCase[] {
  return Object.entries(CASES).map(([name, requirement]) => ({
    name,
    run: async () => {
      const bench = new ContractBench(await makePair());
      try {
        await requirement(bench);
      } finally {
        await bench.close();
      }
    },
  }));
}

const SOME_ADDRESSES = ['127.0.0.1', '::1', '192.0.2.254', '2001:db8::9'];

const CASES: Readonly<Record<string, (bench: ContractBench) => Promise<void>>> = {
  'its addresses are canonical and listed once': async (bench) => {
    await bench.start();
    const { addresses } = bench.left;
    check(addresses.length > 0, 'a started transport has no addresses');
    checkEqual([...new Set(addresses)], addresses, 'addresses without duplicates');
    for (const address of addresses) {
      checkEqual(formatAddress(addressBytes(address) ?? new Uint8Array(16)), address, 'the canonical form');
    }
  },

  'its MTU is large enough for SCTP, and no larger than an IP packet': async (bench) => {
    await bench.start();
    const { mtu } = bench.left;
    check(mtu >= 512 && mtu <= 65_535, `the MTU is ${mtu}: it must be from 512 to 65535 bytes`);
  },

  'a packet arrives whole, and says where it came from and where it went': async (bench) => {
    await bench.start();
    const { source, destination, ...sent } = bench.packet(payload(100, 7));
    bench.left.send([{ source, destination, ...sent }]);
    await bench.checkArrived([payload(100, 7)], 'one packet');
    const arrived = bench.toRight.packets[0];
    const reported = [arrived?.source, arrived?.destination, arrived?.port];
    checkEqual(reported, [source, destination, bench.leftPort], 'source, destination and source port on arrival');
  },

  'an answer to the source of a packet arrives': async (bench) => {
    await bench.start();
    bench.left.send([bench.packet(payload(40, 1))]);
    await bench.settleUntil(bench.toRight, 1);
    const asked = bench.toRight.packets[0];
    check(asked !== undefined, 'the packet to be answered never arrived');
    const { source, destination, port } = asked;
    bench.right.send([{ source: destination, destination: source, port, trafficClass: 0, bytes: payload(41, 2) }]);
    await bench.settleUntil(bench.toLeft, 1);
    checkEqual(bench.toLeft.packets.length, 1, 'answers that arrived');
    checkBytes(bench.toLeft.packets[0]?.bytes, payload(41, 2), 'the answer');
  },

  'the packets of a batch arrive in order': async (bench) => {
    await bench.start();
    const batch = Array.from({ length: 30 }, (_, index) => payload(20, index));
    bench.left.send(batch.map((bytes) => bench.packet(bytes)));
    await bench.settleUntil(bench.toRight, batch.length);
    const first = bench.toRight.packets.map(({ bytes }) => bytes[0]);
    checkEqual(
      first,
      batch.map((bytes) => bytes[0]),
      'the first bytes in order of arrival',
    );
  },

  'packets of any size up to the MTU arrive unchanged': async (bench) => {
    await bench.start();
    const headers = familyOf(bench.packet(payload(16, 0)).destination) === 'IPv6' ? 40 : 20;
    const most = bench.left.mtu - headers - (bench.rightPort === 0 ? 0 : 8);
    const random = new SeededRandom('sizes');
    for (let round = 0; round < 5; round++) {
      bench.toRight.batches.length = 0;
      const all = Array.from({ length: random.below(8) }, () => random.bytes(16 + random.below(most - 15)));
      all.push(payload(16, 0), payload(most, 0));
      bench.left.send(all.map((bytes) => bench.packet(bytes.slice())));
      await bench.checkArrived(all, `sizes ${all.map(({ length }) => length)}`);
    }
  },

  'the receiver owns the bytes that have arrived': async (bench) => {
    await bench.start();
    bench.left.send([bench.packet(payload(100, 1))]);
    await bench.settleUntil(bench.toRight, 1);
    bench.left.send(Array.from({ length: 30 }, () => bench.packet(payload(100, 99))));
    await bench.checkArrived([payload(100, 1), ...new Array(30).fill(payload(100, 99))], 'after later packets');
    bench.toRight.packets[0]?.bytes.fill(0);
    await bench.checkArrived(
      [new Uint8Array(100), ...new Array(30).fill(payload(100, 99))],
      'after the first was overwritten',
    );
  },

  'with integrity, it adds checksums for a host that does not accept packets without': async (bench) => {
    await bench.start();
    if (bench.left.integrity !== true) return;
    const bytes = payload(100, 7).fill(0, 8, 12);
    bench.left.send([bench.packet(bytes.slice())]);
    sealPacket(bytes);
    await bench.checkArrived([bytes], 'a packet without its checksum');
  },

  'nothing is received before start has resolved': async (bench) => {
    await bench.right.start(bench.toRight);
    let hasStarted = false;
    let early = 0;
    await bench.left.start({
      receive: (packets) => {
        if (!hasStarted) early += packets.length;
      },
      unreachable: () => {},
      changed: () => {},
    });
    hasStarted = true;
    await bench.settle();
    checkEqual(early, 0, 'packets before start has resolved');
  },

  'send never calls back before it has returned': async (bench) => {
    let isSending = false;
    const during: string[] = [];
    const note = (what: string) => void (isSending && during.push(what));
    const host = {
      receive: () => note('receive'),
      unreachable: () => note('unreachable'),
      changed: () => note('changed'),
    };
    await bench.left.start(host);
    await bench.right.start({ ...host });
    const [own = ''] = bench.left.addresses;
    const packet = bench.packet(payload(40, 1));
    isSending = true;
    bench.left.send([{ ...packet, source: own, destination: own, port: bench.leftPort }, packet]);
    isSending = false;
    await bench.settle();
    checkEqual(during, [], 'callbacks during send');
  },

  'send never throws, whatever it is given and whenever': async (bench) => {
    const { left } = bench;
    const stray = { source: '198.51.100.1', destination: '::1', port: 1, trafficClass: 0, bytes: payload(20, 0) };
    left.send([stray]);
    await bench.start();
    const good = bench.packet(payload(40, 1));
    const odd = [stray, { ...good, source: '2001:db8::77' }, { ...good, trafficClass: 2 }];
    left.send([...odd, { ...good, bytes: new Uint8Array(65_536) }]);
    left.send([]);
    await left.close();
    left.send([good]);
  },

  'every route starts at a local address of the destination’s family': async (bench) => {
    await bench.start();
    const { left, right } = bench;
    for (const destination of [...left.addresses, ...right.addresses, ...SOME_ADDRESSES]) {
      const route = left.route?.(destination);
      if (route === undefined) continue;
      check(left.addresses.includes(route.source), `the route to ${destination} starts at ${route.source}, not here`);
      checkEqual(familyOf(route.source), familyOf(destination), `the family of the route to ${destination}`);
    }
  },

  'a start that follows close rejects with ENETDOWN': async (bench) => {
    await bench.left.close();
    const outcome = await bench.left.start(bench.toLeft).then(
      () => 'it started',
      (error: { name?: unknown; code?: unknown }) => `${error.name} ${error.code}`,
    );
    checkEqual(outcome, 'SctpError ENETDOWN', 'start after close');
  },

  'packets sent before close still leave': async (bench) => {
    await bench.start();
    const batch = Array.from({ length: 100 }, (_, index) => payload(20, index));
    bench.left.send(batch.map((bytes) => bench.packet(bytes)));
    await bench.left.close();
    await bench.checkArrived(batch, 'sent right before close');
  },

  'after close nothing is sent': async (bench) => {
    await bench.start();
    const late = bench.packet(payload(40, 1));
    const closing = bench.left.close();
    bench.left.send([late]);
    await closing;
    bench.left.send([late]);
    await bench.checkArrived([], 'packets sent after close');
  },

  'after close nothing is received': async (bench) => {
    await bench.start();
    const packet = bench.packet(payload(40, 1));
    bench.left.send([packet]);
    await bench.right.close();
    bench.left.send([packet]);
    await bench.checkArrived([], 'packets after close');
  },

  'after close there are no addresses, and no routes': async (bench) => {
    await bench.start();
    const destinations = [...bench.right.addresses];
    await bench.left.close();
    checkEqual(bench.left.addresses, [], 'addresses after close');
    for (const destination of destinations) check(!bench.left.route?.(destination), 'there is a route after close');
  },

  'closing again is harmless, before start too': async (bench) => {
    await bench.left.close();
    await bench.left.close();
    await bench.right.start(bench.toRight);
    await Promise.all([bench.right.close(), bench.right.close()]);
    await bench.right.close();
  },
};
