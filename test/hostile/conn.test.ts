import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Association, type Conn, conn, Stack } from '../../src/index.js';
import { SeededRandom, scenario } from '../../src/simulated.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { END } from '../conn/fixture.js';
import { anything, probe, tryAll } from './probe.js';
import { methodsOfInterface } from './surface.js';

const PACKETS = 20_000;

test('no argument of connInput does harm, before and after a stack uses the path', async () => {
  const names = methodsOfInterface('Conn extends Transport', 'src/transport/conn.ts');
  const bytes = fc.uint8Array({ maxLength: 3000 });
  const probes = { connInput: probe([fc.oneof(anything, bytes), fc.oneof(anything, fc.nat(255))]) };
  const path = conn({ onConnOutput: () => undefined });
  await tryAll('Conn', path, names, probes);
  const stack = await Stack.create({ transport: path });
  await tryAll('Conn', path, names, probes);
  await stack.close();
  await tryAll('Conn', path, names, probes);
});

/** A packet as a hostile peer may change it. The checksum is valid; otherwise the stack would discard the packet. */
function mutated(packet: Uint8Array, random: SeededRandom): Uint8Array {
  const length = random.below(8) === 0 ? 16 + random.below(packet.length - 15) : packet.length;
  const bytes = packet.slice(0, length);
  for (let changes = 1 + random.below(4); changes > 0; changes--)
    bytes[12 + random.below(length - 12)] = random.below(256);
  return sealed(bytes);
}

function randomPacket(random: SeededRandom): Uint8Array {
  const bytes = new Uint8Array(random.below(1500));
  random.fill(bytes);
  return bytes.length >= 12 && random.below(2) === 0 ? sealed(bytes) : bytes;
}

function sealed(bytes: Uint8Array): Uint8Array {
  sealPacket(bytes);
  return bytes;
}

test(`${PACKETS} random or mutated packets leave both ends of a path working`, { timeout: 60_000 }, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const random = new SeededRandom(seed);
  await scenario({ seed, limitMs: 1e8 }, async (network) => {
    const material: Uint8Array[] = [];
    const paths: Conn[] = [];
    const stackOf = async (end: 0 | 1) => {
      const carry = (packet: Uint8Array) => {
        const bytes = packet.slice();
        if (bytes.length > 16) material[random.below(500)] = bytes;
        network.clock.schedule(5, () => paths[1 - end]?.connInput(bytes));
      };
      const path = conn({ onConnOutput: carry });
      paths.push(path);
      const { random: chance } = network.host(`${end}`, [`10.0.0.${end + 1}`]);
      return network.standStill(Stack.create({ transport: path, clock: network.clock, random: chance }));
    };
    const stacks = [await stackOf(0), await stackOf(1)] as const;
    const connect = (stack: Stack) => stack.socket().connect(END, { local: [END], timeoutMs: 60_000 });
    const talk = async () => {
      const [a, b] = await Promise.all([connect(stacks[0]), connect(stacks[1])]);
      await a.send('hello');
      expect((await b.receive())?.data.length).toBe(5);
      return [a, b];
    };
    const end = async (ends: readonly Association[]) => {
      for (const association of ends) association.abort();
      for (const stack of stacks) for (const socket of stack.sockets) socket.abort();
      await network.advance(1000);
    };
    await end(await talk());
    const before = stacks.map(({ memoryInUse }) => memoryInUse);

    for (let done = 0; done < PACKETS; done += 500) {
      const attempt = talk().catch(() => []);
      await network.advance(20);
      for (let i = 0; i < 500; i++) {
        const packet = material[random.below(material.length)];
        const bytes = packet === undefined || random.below(4) === 0 ? randomPacket(random) : mutated(packet, random);
        paths[random.below(2)]?.connInput(bytes, random.below(256));
      }
      await network.advance(1000);
      await end([]);
      await attempt;
    }
    await network.advance(3_600_000);

    await end(await talk());
    const grown = stacks.map(({ memoryInUse }, index) => memoryInUse - (before[index] ?? 0));
    expect(Math.max(...grown), `seed ${seed}`).toBeLessThan(64 * 1024);
    await Promise.all(stacks.map((stack) => stack.close()));
  });
});
