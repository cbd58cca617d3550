import { expect, test } from 'vitest';
import { chunkOf, type Initiation, parameter } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

const HEADER_BYTES = 28; // IPv4 and UDP
/** An unknown parameter whose type asks for a report (RFC 9260 §3.2.1). */
const REPORTED = parameter(0xffff, new Uint8Array(40));
/** The limits of wasm/tuning/init_ack_rate.c. */
const BURST_BYTES = 262_144;
const BYTES_PER_S = 64_000;

/** Sends the INIT so many times. Returns the bytes of IP packets that were received and sent. */
async function flood(target: TargetStack, peer: ScriptedPeer, count: number, fields: Partial<Initiation>) {
  await target.answers();
  let [received, sent] = [0, 0];
  const inject = target.inject.bind(target);
  target.inject = (bytes, way) => {
    received += bytes.length + HEADER_BYTES;
    return inject(bytes, way);
  };
  for (let i = 0; i < count; i++) await peer.sendInit(fields);
  target.inject = inject;
  for (const { length } of await target.answers()) sent += length + HEADER_BYTES;
  return { received, sent };
}

test.each([
  ['bare INITs', 3000, []],
  ['INITs with many unknown parameters', 1000, Array.from({ length: 30 }, () => REPORTED)],
] as const)(
  '%s draw no more than three times their bytes and a burst, and later so much a second',
  async (_, count, parameters) => {
    const target = await TargetStack.create();
    target.listen();
    const peer = new ScriptedPeer(target);
    const first = await flood(target, peer, count, { parameters });
    expect(first.sent).toBeGreaterThan(BURST_BYTES);
    expect(first.sent).toBeLessThanOrEqual(3 * first.received + BURST_BYTES);
    await target.advance(1000);
    const later = await flood(target, peer, count, { parameters });
    expect(later.sent).toBeLessThanOrEqual(3 * later.received + BYTES_PER_S);
    expect(later.sent).toBeGreaterThan(0);
    await target.close();
  },
);

test.each([
  ['10.0.0.2', '10.0.0.1', '10.0.0.3'],
  ['fd00::2', 'fd00::1', 'fd00:0:0:1::2'],
])(
  'a source that has used its share up does not keep another one from being answered: %s',
  async (source, own, other) => {
    const target = await TargetStack.create([own]);
    const listener = target.listen();
    await flood(target, new ScriptedPeer(target, { source, destination: own }), 3000, { parameters: [] });
    await new ScriptedPeer(target, { source, destination: own, ownPort: 4001 }).sendInit({ parameters: [] });
    expect(await target.answers()).toEqual([]);
    await new ScriptedPeer(target, { source: other, destination: own }).connect({ parameters: [] });
    expect((await listener.accept()).state).toBe('open');
    await target.close();
  },
);

test('a source that returns its cookies is answered as often as it asks', async () => {
  const target = await TargetStack.create();
  target.listen({ style: 'one-to-many' });
  for (let port = 4000; port < 5500; port++) {
    const peer = new ScriptedPeer(target, { ownPort: port });
    await peer.connect({ parameters: [] });
    await peer.send(chunkOf('ABORT'));
  }
  await new ScriptedPeer(target, { ownPort: 6000 }).sendInit({ parameters: [] });
  expect(typesOf(await target.answers())).toEqual(['INIT ACK']);
  await target.close();
});
