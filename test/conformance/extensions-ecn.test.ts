import { expect } from 'vitest';
import { chunkOf, ecnSupported, sack, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { ask, connecting, type Established, established, listening, one, only } from './scenes.js';

const ECN = { initiation: { parameters: [ecnSupported], window: 1_000_000 } };

/** Has some chunks in flight, and returns them. */
async function inFlight({ target, association }: Established) {
  association.send(pattern(20_000)).catch(() => {});
  return only(await target.answers(), 'DATA');
}

requirement(
  'RFC 4960',
  'A.1',
  'does',
  'INIT says that its sender is ECN-capable',
  connecting(async ({ init }) => {
    expect(init.parameters.map(({ name }) => name)).toContain('ECN Capable');
  }),
);

requirement(
  'RFC 4960',
  'A.1',
  'does',
  'INIT ACK says that its sender is ECN-capable, if INIT did',
  listening(async ({ target, peer }) => {
    await peer.sendInit({ parameters: [ecnSupported] });
    expect(one(await target.answers(), 'INIT ACK').parameters.map(({ name }) => name)).toContain('ECN Capable');
  }),
);

requirement(
  'RFC 4960',
  'A.3',
  'does',
  'ECNE is answered by CWR with the TSN that it names',
  established(ECN, async (scene) => {
    const flight = await inFlight(scene);
    const answers = await ask(scene.peer, chunkOf('ECNE', u32(flight[0]!.tsn, 1)));
    expect(one(answers, 'CWR').lowestTsn).toBe(flight[0]!.tsn);
  }),
);

requirement(
  'RFC 4960',
  'A.3',
  'does',
  'ECNE lowers the congestion window as a loss does, to half of it at most',
  established(ECN, async (scene) => {
    const { target, peer, association } = scene;
    let flight = await inFlight(scene);
    for (let round = 0; round < 3 && flight.length > 0; round++) {
      await peer.send(sack(flight.at(-1)!.tsn, [], 1_000_000));
      flight = only(await target.answers(), 'DATA');
    }
    association.send(pattern(100_000)).catch(() => {});
    flight = only(await target.answers(), 'DATA');
    const before = association.statistics().paths[0]!.cwndBytes;
    await peer.send(chunkOf('ECNE', u32(flight[0]!.tsn, 1)));
    const after = association.statistics().paths[0]!.cwndBytes;
    expect(after).toBeLessThan(before);
    expect(after).toBeLessThanOrEqual(Math.max(before / 2 + 1500, 4 * 1500));
  }),
);

requirement(
  'RFC 4960',
  'A.3',
  'does',
  'ECNE that is repeated for the same window lowers the congestion window once',
  established(ECN, async (scene) => {
    const { peer, association } = scene;
    const flight = await inFlight(scene);
    await peer.send(chunkOf('ECNE', u32(flight[0]!.tsn, 1)));
    const once = association.statistics().paths[0]!.cwndBytes;
    await peer.send(chunkOf('ECNE', u32(flight[0]!.tsn, 1)));
    expect(association.statistics().paths[0]!.cwndBytes).toBe(once);
  }),
);

requirement(
  'RFC 4960',
  'A.3',
  'does',
  'every ECNE is answered by a CWR, a repeated one, too: the former CWR may be lost',
  established(ECN, async (scene) => {
    const flight = await inFlight(scene);
    for (let count = 0; count < 2; count++) {
      expect(only(await ask(scene.peer, chunkOf('ECNE', u32(flight[0]!.tsn, 1))), 'CWR')).toHaveLength(1);
    }
  }),
);

requirement(
  'RFC 4960',
  'A.3',
  'does',
  'ECNE of 8 bytes, as the RFC defines it, is understood',
  established(ECN, async (scene) => {
    const flight = await inFlight(scene);
    expect(typesOf(await ask(scene.peer, chunkOf('ECNE', u32(flight[0]!.tsn))))).toContain('CWR');
  }),
);

requirement(
  'RFC 4960',
  'A.3',
  'does',
  'CWR without an ECNE changes nothing',
  established(ECN, async ({ peer, association }) => {
    const answers = await ask(peer, chunkOf('CWR', u32(999)));
    expect(typesOf(answers)).not.toContain('ABORT');
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 4960',
  'A.1',
  'does',
  'with a peer that is not ECN-capable ECNE does not lower the window',
  established({ initiation: { parameters: [], window: 1_000_000 } }, async (scene) => {
    const { peer, association } = scene;
    const flight = await inFlight(scene);
    const before = association.statistics().paths[0]!.cwndBytes;
    await peer.send(chunkOf('ECNE', u32(flight[0]!.tsn, 1)));
    expect(association.statistics().paths[0]!.cwndBytes).toBe(before);
  }),
);
