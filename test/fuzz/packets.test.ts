import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SctpError } from '../../src/errors.js';
import type { Association } from '../../src/index.js';
import { type Network, SeededRandom } from '../../src/simulated.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { connect, joined } from '../conn/fixture.js';
import { connected, listening, pattern, SERVER, withTwoStacks } from '../support/two-stacks.js';
import { FUZZ_LIMIT_MS, mutated, repeat } from './mutation.js';

// The WebAssembly gets changed packets in each state: those of the life of an association, from any of them on. A packet
// keeps its ports, tag and a right checksum, so that its chunks are read.

const HEADER_BYTES = 12;
/** Longer than any timer. */
const SETTLE_MS = 4_000_000;
const MEMORY_BYTES = 64 * 1024;
/** The bytes in front of the chunks in usrsctp's own corpora. */
const CORPORA = { CORPUS_CONNECT: 1, CORPUS_LISTEN: 12 } as const;
const CORPUS = Object.entries(CORPORA).flatMap(([name, skipped]) => {
  const folder = join('usrsctp/source/fuzzer', name);
  return readdirSync(folder).map((file) => Uint8Array.from(readFileSync(join(folder, file)).subarray(skipped)));
});

/** Decides for each packet whether it stays as it is, is changed, or is replaced by chunks of usrsctp's corpora. */
class Changes {
  readonly #random: SeededRandom;
  readonly #first: number;
  isOn = true;
  packets = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#first = this.#random.below(50);
  }

  of(packet: Uint8Array): Uint8Array {
    if (++this.packets <= this.#first || !this.isOn || this.#random.below(4) > 0) return packet;
    const own = packet.subarray(HEADER_BYTES);
    const corpus = this.#random.below(4) > 0 ? [own] : CORPUS;
    const bytes = Uint8Array.from([...packet.subarray(0, HEADER_BYTES), ...mutated(corpus, this.#random)]);
    sealPacket(bytes);
    return bytes;
  }
}

/** What fails because of a changed packet fails with an error of ours. */
async function attempted(step: Promise<unknown>): Promise<void> {
  await step.catch((error: unknown) => {
    if (!(error instanceof SctpError)) throw error;
  });
}

/** All kinds of traffic, until the association has ended. */
async function live(network: Network, a: Association, b: Association): Promise<void> {
  const steps: Promise<unknown>[] = [];
  for (let stream = 0; stream < 3; stream++) {
    steps.push(a.send(pattern(4000), { stream }), b.send('back', { stream, unordered: true }));
    steps.push(a.send('perhaps', { stream, reliability: { retransmits: 0 } }));
  }
  steps.push(a.resetStreams({ outgoing: [1] }), b.addStreams({ outbound: 1 }));
  const settled = Promise.all(steps.map(attempted));
  await network.advance(31_000); // HEARTBEATs
  const closed = attempted(a.close({ timeoutMs: 60_000 }));
  await network.advance(SETTLE_MS);
  for (const end of [a, b]) end.abort();
  await Promise.all([settled, closed]);
}

test(
  'with any packets of an association changed, both stacks go on, and leave no memory',
  async () => {
    await repeat('packets', (seed) =>
      withTwoStacks(
        async (stacks) => {
          const { network, client, server } = stacks;
          const changes = new Changes(seed);
          network.filter((packet) => ({ ...packet, bytes: changes.of(packet.bytes) }));
          const before = [client.memoryInUse, server.memoryInUse];
          const listener = listening(stacks, { peerMayReset: 'association', streams: { inbound: 100 } });
          const socket = client.socket({ peerMayReset: 'association', streams: { inbound: 100 } });
          const [a, b] = await Promise.allSettled([
            socket.connectx(SERVER, { timeoutMs: 60_000 }),
            listener.accept({ timeoutMs: 60_000 }),
          ]);
          if (a.status === 'fulfilled' && b.status === 'fulfilled') await live(network, a.value, b.value);
          changes.isOn = false;
          for (const each of [socket, listener]) each.abort();
          await network.advance(SETTLE_MS);
          for (const [end, stack] of [client, server].entries()) {
            expect(stack.memoryInUse - before[end]!).toBeLessThan(MEMORY_BYTES);
          }
          const pair = await connected(stacks);
          await pair.a.send('still here');
          expect((await pair.b.receive())?.data).toHaveLength(10);
        },
        { seed, conditions: { latencyMs: 5 }, limitMs: 1e9 },
      ),
    );
  },
  FUZZ_LIMIT_MS,
);

test(
  'with any packets over conn() changed, both stacks go on',
  async () => {
    await repeat('packets over conn()', (seed) => {
      const changes = new Changes(seed);
      return joined(
        { seed, latencyMs: 5, change: (packet) => changes.of(packet) },
        async ({ network, left, right }) => {
          const [a, b] = await Promise.allSettled([connect(left), connect(right)]);
          if (a.status === 'fulfilled' && b.status === 'fulfilled') await live(network, a.value, b.value);
          changes.isOn = false;
          for (const socket of [...left.sockets, ...right.sockets]) socket.abort();
          await network.advance(SETTLE_MS);
          const [again, there] = await Promise.all([connect(left), connect(right)]);
          await again.send('still here');
          expect((await there.receive())?.data).toHaveLength(10);
        },
      );
    });
  },
  FUZZ_LIMIT_MS,
);
