import { expect, test } from 'vitest';
import { conn, Stack } from '../../src/index.js';
import { SeededRandom, VirtualClock } from '../../src/simulated.js';
import { decodePacket } from '../../src/wire/decode.js';
import { authenticated, authKey, authParameters } from '../support/auth-chunks.js';
import { chunkOf, chunkWithFlags, extensions, ipv4, parameter, u8, u32 } from '../support/packets.js';
import { has, ScriptedPeer } from '../support/scripted-peer.js';
import type { Answer, TargetHost } from '../support/target-stack.js';

const [ADD_ADDRESS, DELETE_ADDRESS] = [0xc001, 0xc002];

/** A stack over a `conn()` path whose packets the test reads and writes. */
async function connVictim() {
  const clock = new VirtualClock(1000);
  const random = new SeededRandom(1);
  const sent: Answer[] = [];
  const path = conn({
    onConnOutput: (packet) => {
      sent.push({ ...decodePacket(packet.slice()), destination: 'conn', port: 0, length: packet.length });
    },
  });
  const stack = await Stack.create({ transport: path, clock, random: (bytes) => random.fill(bytes) });
  const target: TargetHost = {
    inject: async (bytes) => {
      path.connInput(bytes);
      await clock.advance(0);
    },
    answers: async () => sent.splice(0),
    advance: (ms) => clock.advance(ms),
  };
  return { target, stack, clock };
}

test('over conn() ASCONFs with IP addresses are refused, and leak no memory', async () => {
  const { target, stack, clock } = await connVictim();
  const listener = stack.socket();
  listener.bindx([{ address: 'conn', port: 5001 }]);
  listener.listen();
  const own = authParameters('ASCONF', 'ASCONF ACK');
  const peer = new ScriptedPeer(target);
  await peer.connect({ parameters: [extensions('RE-CONFIG', 'ASCONF', 'ASCONF ACK', 'AUTH'), ...own] });
  const key = authKey(own, peer.initAck);
  const association = await listener.accept();
  await target.answers();

  let serial = peer.tsn;
  const asconf = (request: number) => {
    const address = parameter(request, u32(1), ipv4('10.9.9.9'));
    return peer.send(...authenticated(key, chunkOf('ASCONF', u32(serial++), ipv4('10.0.0.2'), address)));
  };
  await asconf(ADD_ADDRESS);
  expect(has(await target.answers(), 'ASCONF ACK')).toBe(true);
  expect(association.paths()).toHaveLength(1);
  const before = stack.memoryInUse;
  for (let count = 0; count < 200; count++) {
    await asconf(ADD_ADDRESS);
    await asconf(DELETE_ADDRESS);
  }
  expect(stack.memoryInUse - before).toBeLessThan(10_000);
  expect(has(await target.answers(), 'ASCONF ACK')).toBe(true);
  expect(association.paths()).toHaveLength(1);

  await peer.send(chunkWithFlags('ABORT', 0, u8()));
  expect((await association.closed)?.code).toBe('ECONNRESET');
  await clock.advance(60_000);
  expect(stack.memoryInUse).toBeLessThan(before);
  const closed = stack.close();
  await clock.advance(100);
  await closed;
});
