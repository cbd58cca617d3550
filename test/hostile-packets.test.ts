import { expect, test } from 'vitest';
import { type Packet, Stack } from '../src/index.js';
import { type Network, SeededRandom, scenario } from '../src/simulated.js';
import type { Transport } from '../src/transport/transport.js';
import { sealPacket } from '../src/wire/crc32c.js';
import { injectable } from './support/injectable.js';

const PACKETS = 100_000;
const PORT = 5001;

/** A packet as a hostile network may change it. The checksum is valid; otherwise the stack would discard the packet. */
function mutated(packet: Packet, random: SeededRandom): Packet {
  let bytes = packet.bytes.slice();
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    const at = 12 + random.below(bytes.length - 12);
    const kind = random.below(5);
    if (kind === 0) bytes[at]! ^= 1 << random.below(8);
    else if (kind === 1) bytes[at] = random.below(256);
    else if (kind === 2)
      bytes[at & ~3] = random.below(256); // chunk and parameter types are at these positions
    else if (kind === 3) bytes = bytes.slice(0, Math.max(16, at));
    else bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(12, at - 4))]);
  }
  sealPacket(bytes);
  return { ...packet, bytes };
}

/** Exchanges packets of all kinds, which are recorded for mutation; returns the length of the message that came back. */
async function talk(network: Network, client: Stack, address: string, message: Uint8Array): Promise<number> {
  await using socket = client.socket();
  const association = await socket.connectx([
    { address, port: PORT },
    { address: 'fd00::2', port: PORT },
  ]);
  await association.send(message, { stream: 1 });
  await association.send(message, { stream: 2, unordered: true, reliability: { retransmits: 1 } });
  await network.advance(31_000); // heartbeats
  const answer = await association.receive();
  await association.close();
  return answer?.data.length ?? 0;
}

test(`${PACKETS} mutated packets leave a stack working and its memory bounded`, { timeout: 120_000 }, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  await scenario({ seed, conditions: { latencyMs: 5 }, limitMs: 10_000_000 }, async (network) => {
    const { clock } = network;
    const clientHost = network.host('client', ['10.0.1.1', 'fd00::1']);
    const serverHost = network.host('server', ['10.0.1.2', 'fd00::2']);
    const transport = injectable(serverHost.transport);
    const make = (of: Transport, random: (bytes: Uint8Array) => void) => Stack.create({ transport: of, clock, random });
    const [client, server] = await network.standStill(
      Promise.all([make(clientHost.transport, clientHost.random), make(transport, serverHost.random)]),
    );
    void serve(server);

    const material: Packet[] = [];
    const stop = network.filter((packet) => {
      if (packet.destination === '10.0.1.2' || packet.destination === 'fd00::2') material.push(packet);
      return packet;
    });
    const message = new Uint8Array(4000).fill(7);
    expect(await talk(network, client, '10.0.1.2', message)).toBe(4000);
    stop();
    const before = server.memoryInUse;

    const random = new SeededRandom(seed);
    for (let done = 0; done < PACKETS; done += 100) {
      // Every second batch mutates packets of a live association, with its tags.
      const live: Packet[] = [];
      const tap = network.filter((packet) => {
        if (packet.destination === '10.0.1.2' && live.length < 20) live.push(packet);
        return packet;
      });
      const socket = client.socket();
      const attempt = socket
        .connectx([{ address: '10.0.1.2', port: PORT }], { timeoutMs: 5000 })
        .catch(() => undefined);
      await network.advance(100);
      tap();
      const pool = live.length > 0 && done % 200 === 0 ? live : material;
      for (let i = 0; i < 100; i++) transport.host?.receive([mutated(pool[random.below(pool.length)]!, random)]);
      await network.advance(50);
      await attempt;
      socket.abort();
    }
    await network.advance(3_600_000);

    expect(await talk(network, client, '10.0.1.2', message)).toBe(4000);
    expect(server.memoryInUse - before).toBeLessThan(64 * 1024);
    console.log(`seed ${seed}: ${PACKETS} packets; memory ${before} → ${server.memoryInUse} bytes`);
    await Promise.all([client.close(), server.close({ timeoutMs: 1000 }).catch(() => undefined)]);
  });
});

test('an INIT with a parameter of length 0 for an existing association does not block the host', async () => {
  await scenario({ seed: 1 }, async (network) => {
    const { clock } = network;
    const clientHost = network.host('client', ['10.0.1.1']);
    const serverHost = network.host('server', ['10.0.1.2']);
    const transport = injectable(serverHost.transport);
    const [client, server] = await network.standStill(
      Promise.all([
        Stack.create({ transport: clientHost.transport, clock, random: clientHost.random }),
        Stack.create({ transport, clock, random: serverHost.random }),
      ]),
    );
    void serve(server);
    const inits: Packet[] = [];
    network.filter((packet) => {
      if (packet.bytes[12] === 1) inits.push(packet);
      return packet;
    });
    const association = await client.socket().connectx([{ address: '10.0.1.2', port: PORT }]);
    for (const length of [0, 1, 2, 3]) {
      const packet = { ...inits[0]!, bytes: inits[0]!.bytes.slice() };
      const view = new DataView(packet.bytes.buffer);
      view.setUint32(16, 0x1111_1111); // a tag of the forger's, so that the client ignores an answer
      view.setUint32(32, 0xc000_0000 | length); // the first parameter
      sealPacket(packet.bytes);
      transport.host?.receive([packet]);
    }
    await association.send('still here');
    expect((await association.receive())?.data.length).toBe(10);
    await Promise.all([client.close(), server.close()]);
  });
});

/** Returns each message of each association. */
async function serve(server: Stack): Promise<void> {
  const socket = server.socket();
  socket.bindx([{ address: '::', port: PORT }]);
  for await (const association of socket.listen()) {
    void (async () => {
      for await (const message of association) await association.send(message.data);
    })().catch(() => undefined); // mutated packets may end it with any error
  }
}
