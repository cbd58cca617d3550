import { expect } from 'vitest';
import { chunkOf, initiation, parameter, sack, u32 } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { requirement } from './requirement.js';
import { ask, connecting, type Established, established, listening, one, only } from './scenes.js';

const TWO_PATHS = { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] };
const encapsulated = { encapsulationPort: 9899 };
const ZERO_CHECKSUM = 0x8001;

/** Answers the HEARTBEATs on these paths for so many ms. */
async function answering({ target, peer }: Established, ms: number, ...paths: string[]) {
  for (let passed = 0; passed < ms; passed += 50) {
    await target.advance(50);
    for (const { destination, chunks } of await target.answers()) {
      for (const chunk of chunks) {
        if (chunk.type !== 'HEARTBEAT' || !paths.includes(destination)) continue;
        const way = { source: destination, destination: destination.replace(/2$/, '1') };
        await peer.sendWith(way, chunkOf('HEARTBEAT ACK', parameter(1, chunk.parameters[0]!.value)));
      }
    }
  }
}

const confirmed = (body: (scene: Established) => Promise<void>) =>
  established(TWO_PATHS, async (scene) => {
    await answering(scene, 4000, '10.0.0.2', '10.0.1.2');
    expect(scene.association.paths().every(({ state }) => state === 'active')).toBe(true);
    await body(scene);
  });

const destinationsOf = (answers: Awaited<ReturnType<Established['target']['answers']>>) =>
  answers.filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA')).map(({ destination }) => destination);

requirement(
  'RFC 7829',
  '5.1',
  'MUST',
  'a path is potentially failed before it is inactive, and the statistics say so',
  confirmed(async ({ target, association }) => {
    await association.send('x');
    await target.answers();
    const { rtoMs } = association.statistics().paths[0]!;
    await target.advance(rtoMs + 1);
    const path = association.statistics().paths.find(({ address }) => address === '10.0.0.2');
    expect(path?.isPotentiallyFailed).toBe(true);
    expect(association.paths().find(({ address }) => address === '10.0.0.2')?.state).toBe('active');
  }),
);

requirement(
  'RFC 7829',
  '5.1',
  'SHOULD',
  'while the primary path is potentially failed, new DATA goes to another active path',
  confirmed(async ({ target, peer, association }) => {
    await association.send('x');
    const { tsn } = one(await target.answers(), 'DATA');
    await target.advance(association.statistics().paths[0]!.rtoMs + 1);
    await target.answers();
    await peer.sendWith({ source: '10.0.1.2', destination: '10.0.1.1' }, sack(tsn));
    await association.send('y');
    expect(destinationsOf(await target.answers())).toEqual(['10.0.1.2']);
  }),
);

requirement(
  'RFC 7829',
  '5.1',
  'MUST',
  'a potentially failed path gets HEARTBEATs more often than one that is idle: after each RTO',
  confirmed(async ({ target, association }) => {
    await association.send('x');
    await target.answers();
    await target.advance(association.statistics().paths[0]!.rtoMs + 1);
    await target.answers();
    let beats = 0;
    for (let passed = 0; passed < 10_000; passed += 50) {
      await target.advance(50);
      beats += (await target.answers()).filter(
        ({ destination, chunks }) => destination === '10.0.0.2' && chunks.some(({ type }) => type === 'HEARTBEAT'),
      ).length;
    }
    expect(beats).toBeGreaterThanOrEqual(2);
  }),
);

requirement(
  'RFC 7829',
  '5.1',
  'MUST',
  'a HEARTBEAT ACK makes a potentially failed path active, and DATA goes there again',
  confirmed(async (scene) => {
    const { target, peer, association } = scene;
    await association.send('x');
    const { tsn } = one(await target.answers(), 'DATA');
    await target.advance(association.statistics().paths[0]!.rtoMs + 1);
    await target.answers();
    await peer.sendWith({ source: '10.0.1.2', destination: '10.0.1.1' }, sack(tsn));
    await answering(scene, 5000, '10.0.0.2', '10.0.1.2');
    expect(association.statistics().paths.every(({ isPotentiallyFailed }) => !isPotentiallyFailed)).toBe(true);
    await association.send('y');
    expect(destinationsOf(await target.answers())).toEqual(['10.0.0.2']);
  }),
);

requirement(
  'RFC 7829',
  '5.1',
  'MUST NOT',
  'with one path only, DATA goes on being sent on it, though it is potentially failed',
  established(async ({ target, association }) => {
    await association.send('x');
    await target.answers();
    await target.advance(3000);
    expect(destinationsOf(await target.answers()).length).toBeGreaterThanOrEqual(2);
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '6.4',
  'SHOULD',
  'DATA goes to the primary path, whichever address the peer’s packets come from',
  confirmed(async ({ target, peer, association }) => {
    await peer.sendWith({ source: '10.0.1.2', destination: '10.0.1.1' }, peer.message());
    await target.answers();
    await association.send('x');
    expect(destinationsOf(await target.answers())).toEqual(['10.0.0.2']);
  }),
);

requirement(
  'RFC 9260',
  '6.4',
  'does',
  'after setPrimary() DATA goes to the new primary path',
  confirmed(async ({ target, association }) => {
    association.setPrimary('10.0.1.2');
    await association.send('x');
    expect(destinationsOf(await target.answers())).toEqual(['10.0.1.2']);
  }),
);

requirement(
  'RFC 9260',
  '6.4',
  'MUST',
  'replies go to the address that the packet came from: a SACK to each path in turn',
  confirmed(async ({ target, peer }) => {
    for (const [source, destination] of [
      ['10.0.1.2', '10.0.1.1'],
      ['10.0.0.2', '10.0.0.1'],
    ] as const) {
      await peer.sendWith({ source, destination }, peer.message());
      await target.advance(300);
      const sacks = (await target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'SACK'));
      expect(sacks.map((packet) => packet.destination)).toEqual([source]);
    }
  }),
);

requirement(
  'RFC 9260',
  '8.1',
  'MUST',
  'the association does not end as long as one of its paths answers HEARTBEATs',
  confirmed(async (scene) => {
    await answering(scene, 400_000, '10.0.1.2');
    expect(scene.association.state).toBe('open');
    expect(scene.association.paths().map(({ state }) => state)).toEqual(expect.arrayContaining(['active', 'inactive']));
  }),
);

requirement(
  'RFC 6951',
  '5.1',
  'does',
  'packets of an association over UDP are sent to the encapsulation port from the first INIT ACK on',
  listening(encapsulated, async ({ target, peer }) => {
    await peer.sendInit();
    expect((await target.answers()).map(({ port }) => port)).toEqual([9899]);
  }),
);

requirement(
  'RFC 6951',
  '5.3',
  'MUST',
  'the INIT ACK goes to the UDP port that the INIT came from',
  listening(encapsulated, async ({ target, peer }) => {
    await peer.sendWith({ tag: 0, port: 5555 }, initiation('INIT', { tag: peer.tag }));
    expect((await target.answers()).map(({ port }) => port)).toEqual([5555]);
  }),
);

requirement(
  'RFC 6951',
  '5.3',
  'MUST',
  'answers to packets for no association go to the UDP port that they came from',
  listening(encapsulated, async ({ target, peer }) => {
    peer.targetTag = 0x1234;
    await peer.sendWith({ port: 6666 }, chunkOf('SHUTDOWN ACK'));
    expect((await target.answers()).map(({ port }) => port)).toEqual([6666]);
  }),
);

requirement(
  'RFC 6951',
  '5.3',
  'MUST',
  'each path has a UDP port of its own',
  established({ ...TWO_PATHS, ...encapsulated }, async (scene) => {
    const { target, peer } = scene;
    await answering(scene, 100);
    await peer.sendWith(
      { source: '10.0.1.2', destination: '10.0.1.1', port: 4444 },
      chunkOf('HEARTBEAT', parameter(1, u32(1))),
    );
    const ports = new Map((await target.answers()).map(({ destination, port }) => [destination, port]));
    expect(ports.get('10.0.1.2')).toBe(4444);
    await scene.association.send('x');
    expect((await target.answers()).find(({ destination }) => destination === '10.0.0.2')?.port).toBe(9899);
  }),
);

requirement(
  'RFC 6951',
  '5.6',
  'does',
  'fragments leave room for the UDP header, as well as for that of IPv6 on a socket that may use it',
  established(encapsulated, async ({ target, association }) => {
    await association.send(new Uint8Array(5000));
    const longest = Math.max(...(await target.answers()).map(({ length }) => length));
    expect(longest).toBeLessThanOrEqual(1500 - 40 - 8);
    expect(longest).toBeGreaterThan(1500 - 40 - 8 - 8);
  }),
);

requirement(
  'RFC 9653',
  '5.2',
  'MUST',
  'a packet with a checksum of 0 is discarded, because nobody has announced that it is acceptable',
  listening(async ({ target, peer }) => {
    const { packetOf } = await import('../support/packets.js');
    const header = { sourcePort: peer.ownPort, destinationPort: peer.targetPort, tag: 0 };
    const bytes = packetOf(header, initiation('INIT', { tag: peer.tag }));
    bytes.fill(0, 8, 12);
    await target.inject(bytes, peer.way);
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9653',
  '5.1',
  'MUST NOT',
  'a peer that announces that it accepts a checksum of 0 still gets correct ones',
  listening(async ({ target, peer }) => {
    await peer.sendInit({ parameters: [parameter(ZERO_CHECKSUM, u32(1))] });
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['INIT ACK']);
    expect(answers[0]?.isChecksumRight).toBe(true);
  }),
);

requirement(
  'RFC 9653',
  '4',
  'does',
  'the parameter Zero Checksum Acceptable, whose type begins with 10, is skipped without a report by an end that does not use it',
  listening(async ({ target, peer }) => {
    await peer.sendInit({ parameters: [parameter(ZERO_CHECKSUM, u32(1))] });
    expect(one(await target.answers(), 'INIT ACK').parameters.map(({ code }) => code)).not.toContain(8);
  }),
);

requirement(
  'RFC 7053',
  '4.2',
  'SHOULD',
  'the I bit matters in every fragment: a middle one with it is acknowledged at once, too',
  established(async ({ peer }) => {
    const { data } = await import('../support/packets.js');
    await ask(peer, peer.message()); // the first DATA is acknowledged at once in any case
    const answers = await ask(peer, data({ tsn: peer.tsn++, ssn: 1, flags: 8 | 2 }));
    expect(only(answers, 'SACK')).toHaveLength(1);
  }),
);

requirement(
  'RFC 7053',
  '4.1',
  'does',
  'DATA that is retransmitted keeps its I bit',
  established(async ({ target, association }) => {
    await association.send('x', { sackImmediately: true });
    expect(one(await target.answers(), 'DATA').isImmediate).toBe(true);
    await target.advance(1000);
    expect(one(await target.answers(), 'DATA').isImmediate).toBe(true);
  }),
);

requirement(
  'RFC 9260',
  '5.1.4',
  'does',
  'during the set-up an end uses the address that the INIT ACK came from',
  connecting(async ({ target, peer }) => {
    await peer.sendInitAck();
    expect((await target.answers()).map(({ destination }) => destination)).toEqual(['10.0.0.2']);
    expect(new ScriptedPeer(target).tag).toBe(peer.tag);
  }),
);
