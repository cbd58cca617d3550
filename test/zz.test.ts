import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { decodePacket } from '../src/chunk.js';
import { scenario } from '../src/simulated.js';
import { Stack } from '../src/socket/stack.js';
import { at, listening } from './support/connectx.js';
const module = await WebAssembly.compile(new Uint8Array(readFileSync('/tmp/cxw/out/usrsctp.wasm')));
test('old', async () => {
  let found = 0;
  for (const type of ['INIT', 'INIT ACK', 'COOKIE ECHO'])
  for (const timers of [{}, { associationRetransmits: 1000, initRetransmits: 100 }])
  for (const n of [2, 3]) for (const l of [1, 60]) for (const seed of [1, 2, 3])
  await scenario({ seed, conditions: { latencyMs: l, jitterMs: l / 5 } }, async (network) => {
    const mk = async (name: string, k: number) => { const h = network.host(name, Array.from({ length: n }, (_, i) => `10.0.${i}.${k}`)); return network.standStill(Stack.create({ transport: h.transport, random: h.random, clock: network.clock, module, preset: 'fast-failover', timers })); };
    const c = await mk('client', 1), s = await mk('server', 2);
    const addrs = Array.from({ length: n }, (_, i) => `10.0.${i}.2`);
    listening(s, addrs);
    let lost = 0;
    network.filter(({ bytes }) => (decodePacket(bytes).chunks[0]?.type === type && lost++ === 0 ? 'drop' : undefined));
    try { await c.socket().connectx(at(addrs)); } catch (e) { if (found++ < 2) console.log(type, timers, n, l, seed, String(e), network.story()); }
  });
  console.log('FOUND', found);
});
