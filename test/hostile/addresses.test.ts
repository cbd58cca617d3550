import { expect, test } from 'vitest';
import type { Chunk } from '../../src/wire/chunk.js';
import { authenticated, connectWithAsconf } from '../support/auth-chunks.js';
import { chunkOf, FEATURES, ipv4, parameter, u32 } from '../support/packets.js';
import { chunksOf, ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';
import { withTwoStacks } from '../support/two-stacks.js';

/** The default of the limit `peerAddresses`. */
const MOST = 64;
const OUT_OF_RESOURCE = 4;
const ADD_IP_ADDRESS = 0xc001;
const ERROR_CAUSE_INDICATION = 0xc003;

/** Address parameters; `count` includes the scripted peer's own address. */
const addresses = (count: number): Uint8Array[] => [
  ipv4('10.0.0.2'),
  ...Array.from({ length: count - 1 }, (_, index) => ipv4(`10.1.${index >> 8}.${index & 255}`)),
];

/** An ASCONF (RFC 5061 §4.1.1) from a known address. */
const adding = (serial: number, address: string): Uint8Array =>
  chunkOf('ASCONF', u32(serial), ipv4('10.0.0.2'), parameter(ADD_IP_ADDRESS, u32(1), ipv4(address)));

const causesOf = (chunks: readonly Chunk[]): number[] =>
  chunks.flatMap((chunk) => (chunk.type === 'ABORT' ? chunk.causes.map(({ code }) => code) : []));

test.each([MOST + 1, 4000])(
  'a peer that lists %s addresses is refused with Out of Resource (RFC 9260 §3.3.10.4)',
  async (count) => {
    const target = await TargetStack.create();
    const listener = target.listen();
    const peer = new ScriptedPeer(target);
    await peer.sendInit({ parameters: [...FEATURES, ...addresses(count)] });
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(causesOf(chunksOf(answers))).toEqual([OUT_OF_RESOURCE]);
    await peer.connect({ parameters: [...FEATURES, ...addresses(MOST)] });
    expect((await listener.accept()).paths()).toHaveLength(MOST);
    await target.close();
  },
);

test('a set-up with a server that lists too many addresses fails with an error', async () => {
  const target = await TargetStack.create();
  const connected = target.stack.socket().connect({ address: '10.0.0.2', port: 5001 });
  const failure = expect(connected).rejects.toMatchObject({ code: 'ECONNABORTED' });
  const peer = new ScriptedPeer(target);
  await target.advance(10);
  await peer.takeInit();
  await peer.sendInitAck({ parameters: [...FEATURES, ...addresses(MOST + 1)] });
  await failure;
  expect(typesOf(await target.answers())).toEqual(['ABORT']);
  await target.close();
});

test('an ASCONF that adds one address too many gets an error cause, and the association stays up (RFC 5061 §4.2.1)', async () => {
  const target = await TargetStack.create();
  const listener = target.listen();
  const peer = new ScriptedPeer(target);
  const key = await connectWithAsconf(peer, addresses(MOST));
  const association = await listener.accept();
  await target.answers();
  await peer.send(...authenticated(key, adding(peer.tsn, '10.2.0.1')));
  const ack = chunksOf(await target.answers()).find(({ type }) => type === 'ASCONF ACK');
  expect(ack).toMatchObject({ parameters: [{ code: ERROR_CAUSE_INDICATION }] });
  expect(association.paths()).toHaveLength(MOST);
  expect(association.state).toBe('open');
  await target.close();
});

/** HB.Max.Burst of RFC 9260 §15 is 1, and upstream's default 4. */
const AT_A_TIME = 4;

test('addresses that a peer lists get few HEARTBEATs at a time, because they may be those of others', async () => {
  const target = await TargetStack.create();
  target.listen();
  const peer = new ScriptedPeer(target);
  const first = await peer.connect({ parameters: [...FEATURES, ...addresses(MOST)] });
  const heartbeats = (answers: Awaited<ReturnType<TargetStack['answers']>>) =>
    answers.filter(({ chunks, destination }) => chunks[0]?.type === 'HEARTBEAT' && destination !== '10.0.0.2');
  expect(heartbeats(first).length).toBeLessThanOrEqual(AT_A_TIME);
  const seen = new Set<string>();
  for (let second = 0; second < 60; second++) {
    await target.advance(1000);
    const sent = heartbeats(await target.answers());
    expect(sent.length).toBeLessThanOrEqual(AT_A_TIME);
    for (const { destination } of sent) seen.add(destination);
  }
  expect(seen.size).toBeGreaterThanOrEqual(AT_A_TIME);
  await target.close();
});

test('the addresses of an honest peer are confirmed soon, however many it has', () => {
  const list = (host: number) => Array.from({ length: 20 }, (_, index) => `10.0.${index}.${host}`);
  return withTwoStacks(
    async ({ network, client, server }) => {
      const endpoints = list(2).map((address) => ({ address, port: 5001 }));
      const listener = server.socket();
      listener.bindx(endpoints);
      listener.listen();
      const [a, b] = await Promise.all([client.socket().connectx(endpoints), listener.accept()]);
      await network.advance(5000);
      for (const end of [a, b]) expect(end.paths().filter(({ state }) => state !== 'active')).toEqual([]);
    },
    { addresses: { client: list(1), server: list(2) }, conditions: { latencyMs: 10 }, host: { mtu: 9000 } },
  );
});
