import { expect } from 'vitest';
import type { Association } from '../../src/index.js';
import { chunkOf, parameter, sack } from '../support/packets.js';
import type { ScriptedPeer } from '../support/scripted-peer.js';
import { typesOf } from '../support/scripted-peer.js';
import type { Answer, TargetStack } from '../support/target-stack.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { type Established, established, one, only } from './scenes.js';

const TWO_PATHS = { addresses: ['10.0.0.1', '10.0.1.1'], peerAddresses: ['10.0.0.2', '10.0.1.2'] };

/** Sends a message that is acknowledged after so many ms. */
async function roundTrip({ target, peer, association }: Established, ms: number): Promise<void> {
  await association.send('x');
  const { tsn } = one(await target.answers(), 'DATA');
  await target.advance(ms);
  await peer.send(sack(tsn));
  await target.answers();
}

/** The time until the next DATA, in ms. */
async function timeToData(target: TargetStack, limitMs: number): Promise<number> {
  for (let waited = 1; waited <= limitMs; waited++) {
    await target.advance(1);
    if (only(await target.answers(), 'DATA').length > 0) return waited;
  }
  throw new Error(`no DATA within ${limitMs} ms`);
}

/** Confirms all addresses of the peer: answers HEARTBEATs until every path is active. */
async function confirmPaths({ target, peer, association }: Established): Promise<void> {
  const isConfirmed = () => association.paths().every(({ state }) => state === 'active');
  for (let tick = 0; tick < 100 && !isConfirmed(); tick++) {
    await target.advance(100);
    await answerHeartbeats(target, peer);
  }
  expect(isConfirmed()).toBe(true);
  await target.answers();
}

async function answerHeartbeats(target: TargetStack, peer: ScriptedPeer, but?: string): Promise<readonly Answer[]> {
  const answers = await target.answers();
  for (const { destination, chunks } of answers) {
    if (destination === but) continue;
    for (const chunk of chunks) {
      if (chunk.type !== 'HEARTBEAT') continue;
      const way = { source: destination, destination: destination.replace(/2$/, '1') };
      await peer.sendWith(way, chunkOf('HEARTBEAT ACK', parameter(1, chunk.parameters[0]!.value)));
    }
  }
  return answers;
}

const secondPathState = (association: Association) =>
  association.paths().find(({ address }) => address === '10.0.1.2')?.state;

/** Answers the HEARTBEATs of the first path only, until the second one is inactive. */
async function secondPathFails({ target, peer, association }: Established): Promise<void> {
  for (let tick = 0; tick < 6000 && secondPathState(association) !== 'inactive'; tick++) {
    await target.advance(100);
    await answerHeartbeats(target, peer, '10.0.1.2');
  }
  expect(secondPathState(association)).toBe('inactive');
}

/** Acknowledges what is sent, each time after `ms`, at most `rounds` times. Returns how many bytes were sent in each round. */
async function acknowledge({ target, peer }: Established, ms: number, rounds: number): Promise<number[]> {
  const flights: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const chunks = only(await target.answers(), 'DATA');
    if (chunks.length === 0) break;
    flights.push(chunks.reduce((sum, { payload }) => sum + payload.length, 0));
    await target.advance(ms);
    await peer.send(sack(chunks.at(-1)!.tsn, [], 1_000_000));
  }
  return flights;
}

/** Three SACKs report a chunk as missing and those after it as received: the fast retransmission (RFC 9260 §7.2.4). */
async function reportMissing(peer: ScriptedPeer, tsn: number): Promise<void> {
  for (let last = 2; last <= 4; last++) await peer.send(sack(tsn - 1, [[2, last]], 1_000_000));
}

requirement(
  'RFC 9260',
  '6.3.1',
  'MUST',
  'the first measured round trip R sets SRTT to R, RTTVAR to R/2, and RTO to SRTT + 4 · RTTVAR',
  established(async (scene) => {
    await roundTrip(scene, 800);
    const [path] = scene.association.statistics().paths;
    expect(path?.srttMs).toBe(800);
    expect(path?.rttVariationMs).toBe(400);
    expect(path?.rtoMs).toBe(2400);
  }),
);

requirement(
  'RFC 9260',
  '6.3.1',
  'MUST',
  'the next round trip R’ sets RTTVAR to 3/4 RTTVAR + 1/4 |SRTT − R’|, and SRTT to 7/8 SRTT + 1/8 R’',
  established(async (scene) => {
    await roundTrip(scene, 800);
    await roundTrip(scene, 400);
    const [path] = scene.association.statistics().paths;
    expect(path?.rttVariationMs).toBeCloseTo(0.75 * 400 + 0.25 * 400, -1);
    expect(path?.srttMs).toBeCloseTo(0.875 * 800 + 0.125 * 400, -1);
  }),
);

requirement(
  'RFC 9260',
  '6.3.1',
  'does',
  'an RTO below RTO.Min is raised to RTO.Min',
  established(async (scene) => {
    for (let count = 0; count < 10; count++) await roundTrip(scene, 1);
    const [path] = scene.association.statistics().paths;
    expect(path?.srttMs).toBeLessThan(20);
    const { minMs } = scene.association.getOption('rto');
    expect(path?.rtoMs).toBe(minMs);
  }),
);

requirement(
  'RFC 9260',
  '6.3.1',
  'does',
  'an RTO above RTO.Max is lowered to RTO.Max',
  established(
    { prepare: (socket) => socket.setOption('rto', { initialMs: 500, minMs: 100, maxMs: 1500 }) },
    async (scene) => {
      await roundTrip(scene, 490);
      await roundTrip(scene, 1000);
      await roundTrip(scene, 1400);
      expect(scene.association.statistics().paths[0]?.rtoMs).toBeLessThanOrEqual(1500);
    },
  ),
);

requirement(
  'RFC 9260',
  '6.3.1',
  'MUST NOT',
  'a chunk that was retransmitted gives no measurement (Karn’s algorithm)',
  established(async (scene) => {
    const { target, peer, association } = scene;
    await roundTrip(scene, 300);
    const before = association.statistics().paths[0]?.srttMs;
    await association.send('again');
    const { tsn } = one(await target.answers(), 'DATA');
    await target.advance(3000);
    expect(only(await target.answers(), 'DATA').length).toBeGreaterThan(0);
    await peer.send(sack(tsn));
    expect(association.statistics().paths[0]?.srttMs).toBe(before);
  }),
);

requirement(
  'RFC 9260',
  '6.3.2',
  'MUST',
  'T3-rtx runs for the measured RTO: a chunk is retransmitted exactly then',
  established(async (scene) => {
    await roundTrip(scene, 800);
    await scene.association.send('lost');
    await scene.target.answers();
    expect(await timeToData(scene.target, 5000)).toBe(2400);
  }),
);

requirement(
  'RFC 9260',
  '6.3.2',
  'MUST',
  'a SACK that acknowledges the earliest outstanding TSN restarts T3-rtx for what remains',
  established(async (scene) => {
    const { target, peer, association } = scene;
    await roundTrip(scene, 800);
    const rtoMs = association.statistics().paths[0]!.rtoMs;
    await association.send('first');
    const first = one(await target.answers(), 'DATA');
    await association.send('second');
    await target.advance(500);
    await target.answers();
    await peer.send(sack(first.tsn));
    await target.answers();
    const waited = await timeToData(target, 10_000);
    expect(waited).toBeGreaterThanOrEqual(rtoMs * 0.7);
  }),
);

requirement(
  'RFC 9260',
  '6.3.3',
  'MUST',
  'each time-out doubles the RTO, up to RTO.Max',
  established(async ({ target, association }) => {
    await association.send('x');
    await target.answers();
    const times: number[] = [];
    for (let count = 0; count < 5; count++) times.push(await timeToData(target, 60_001));
    expect(times).toEqual([1000, 2000, 4000, 8000, 16_000]);
  }),
);

requirement(
  'RFC 9260',
  '6.3.3',
  'MUST',
  'after a time-out only as much as fits into one packet is retransmitted at first',
  established(async ({ target, association }) => {
    for (let count = 0; count < 3; count++) await association.send(pattern(1200, count));
    await target.answers();
    await target.advance(1000);
    const again = (await target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
    expect(again).toHaveLength(1);
  }),
);

requirement(
  'RFC 9260',
  '6.3.3',
  'does',
  'small chunks that fit together into one packet are retransmitted together',
  established(async ({ target, peer, association }) => {
    for (let count = 0; count < 5; count++) await association.send(pattern(100, count));
    await target.advance(1);
    expect(only(await target.answers(), 'DATA').length).toBeGreaterThanOrEqual(4);
    await target.advance(999);
    const packets = (await target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
    expect(packets).toHaveLength(1);
    expect(only(packets, 'DATA').map(({ tsn }) => tsn - peer.targetTsn)).toEqual([0, 1, 2, 3, 4]);
  }),
);

requirement(
  'RFC 9260',
  '6.4.1',
  'SHOULD',
  'a chunk whose path has timed out is retransmitted to another active address',
  established(TWO_PATHS, async (scene) => {
    await confirmPaths(scene);
    await scene.association.send('x');
    expect((await scene.target.answers())[0]?.destination).toBe('10.0.0.2');
    const { rtoMs } = scene.association.statistics().paths[0]!;
    await scene.target.advance(rtoMs);
    const again = (await scene.target.answers()).filter(({ chunks }) => chunks.some(({ type }) => type === 'DATA'));
    expect(again.map(({ destination }) => destination)).toEqual(['10.0.1.2']);
  }),
);

requirement(
  'RFC 9260',
  '7.2.1',
  'MUST',
  'in slow start the window grows by at most the bytes that a SACK newly acknowledges, and one MTU',
  established({ initiation: { window: 1_000_000 } }, async (scene) => {
    const { association } = scene;
    association.send(pattern(400_000)).catch(() => {});
    let before = association.statistics().paths[0]!.cwndBytes;
    for (let round = 0; round < 6; round++) {
      const [flight = 0] = await acknowledge(scene, 50, 1);
      const { cwndBytes } = association.statistics().paths[0]!;
      expect(cwndBytes).toBeGreaterThan(before);
      expect(cwndBytes - before).toBeLessThanOrEqual(Math.max(flight, 1500));
      before = cwndBytes;
    }
  }),
);

requirement(
  'RFC 9260',
  '7.2.1',
  'MUST NOT',
  'the window does not grow while it is not used',
  established({ initiation: { window: 1_000_000 } }, async (scene) => {
    const before = scene.association.statistics().paths[0]!.cwndBytes;
    for (let count = 0; count < 5; count++) await roundTrip(scene, 10);
    expect(scene.association.statistics().paths[0]!.cwndBytes).toBe(before);
  }),
);

requirement(
  'RFC 9260',
  '7.2.2',
  'SHOULD',
  'in congestion avoidance the window grows by at most one MTU in each round trip',
  established({ initiation: { window: 1_000_000 } }, async (scene) => {
    const { target, association, peer } = scene;
    association.send(pattern(600_000)).catch(() => {});
    await acknowledge(scene, 50, 4);
    // A loss that three SACKs report ends slow start.
    const lost = only(await target.answers(), 'DATA');
    expect(lost.length).toBeGreaterThan(4);
    await reportMissing(peer, lost[0]!.tsn);
    await target.answers();
    await target.advance(50);
    await peer.send(sack(lost.at(-1)!.tsn, [], 1_000_000));
    await acknowledge(scene, 50, 2);
    let before = association.statistics().paths[0]!.cwndBytes;
    expect(before).toBeGreaterThanOrEqual(association.statistics().paths[0]!.slowStartThresholdBytes);
    for (let round = 0; round < 3; round++) {
      await acknowledge(scene, 50, 1);
      const { cwndBytes } = association.statistics().paths[0]!;
      expect(cwndBytes - before).toBeLessThanOrEqual(1500);
      before = cwndBytes;
    }
  }),
);

requirement(
  'RFC 9260',
  '7.2.3',
  'MUST',
  'a loss that SACKs report sets ssthresh to half of the window, at least 4 MTU, and the window to ssthresh',
  established({ initiation: { window: 1_000_000 } }, async (scene) => {
    const { target, association, peer } = scene;
    association.send(pattern(400_000)).catch(() => {});
    await acknowledge(scene, 50, 4);
    const flight = only(await target.answers(), 'DATA');
    const before = association.statistics().paths[0]!.cwndBytes;
    await reportMissing(peer, flight[0]!.tsn);
    const { cwndBytes, slowStartThresholdBytes } = association.statistics().paths[0]!;
    expect(slowStartThresholdBytes).toBeGreaterThanOrEqual(4 * 1400);
    expect(slowStartThresholdBytes).toBeLessThanOrEqual(Math.max(before / 2, 4 * 1500));
    expect(cwndBytes).toBeLessThanOrEqual(slowStartThresholdBytes + 1500);
  }),
);

requirement(
  'RFC 9260',
  '7.2.3',
  'MUST',
  'a time-out sets ssthresh to half of the window, at least 4 MTU, and the window to one MTU',
  established({ initiation: { window: 1_000_000 } }, async (scene) => {
    const { target, association } = scene;
    association.send(pattern(400_000)).catch(() => {});
    await acknowledge(scene, 50, 5);
    await target.answers();
    const { cwndBytes: before, rtoMs } = association.statistics().paths[0]!;
    await target.advance(rtoMs + 1);
    const { cwndBytes, slowStartThresholdBytes } = association.statistics().paths[0]!;
    expect(cwndBytes).toBeLessThanOrEqual(1500);
    expect(slowStartThresholdBytes).toBeGreaterThanOrEqual(4 * 1400);
    expect(slowStartThresholdBytes).toBeLessThanOrEqual(Math.max(before / 2, 4 * 1500));
  }),
);

requirement(
  'RFC 9260',
  '7.2.4',
  'MUST',
  'during fast recovery further losses do not lower the window again',
  established({ initiation: { window: 1_000_000 } }, async (scene) => {
    const { target, association, peer } = scene;
    association.send(pattern(400_000)).catch(() => {});
    await acknowledge(scene, 50, 4);
    const flight = only(await target.answers(), 'DATA');
    expect(flight.length).toBeGreaterThan(8);
    await reportMissing(peer, flight[0]!.tsn);
    const once = association.statistics().paths[0]!.slowStartThresholdBytes;
    for (let last = 6; last <= 8; last++)
      await peer.send(
        sack(
          flight[0]!.tsn - 1,
          [
            [2, 4],
            [6, last],
          ],
          1_000_000,
        ),
      );
    expect(association.statistics().paths[0]!.slowStartThresholdBytes).toBe(once);
  }),
);

requirement(
  'RFC 9260',
  '7.2.4',
  'SHOULD',
  'a fast retransmission is sent at once, whatever the window allows',
  established({ initiation: { window: 1_000_000 } }, async (scene) => {
    const { target, association, peer } = scene;
    association.send(pattern(400_000)).catch(() => {});
    await acknowledge(scene, 50, 3);
    const flight = only(await target.answers(), 'DATA');
    const again: number[] = [];
    for (let last = 2; last <= 4; last++) {
      await peer.send(sack(flight[0]!.tsn - 1, [[2, last]], 1_000_000));
      again.push(...only(await target.answers(), 'DATA').map(({ tsn }) => tsn));
    }
    expect(again).toContain(flight[0]!.tsn);
  }),
);

requirement(
  'RFC 9260',
  '8.2',
  'SHOULD',
  'a path whose time-outs exceed Path.Max.Retrans is inactive, and the user is told',
  established(TWO_PATHS, async (scene) => {
    await confirmPaths(scene);
    const { target, peer, association } = scene;
    const events: string[] = [];
    association.on('path', ({ address, change }) => events.push(`${address} ${change}`));
    for (let tick = 0; tick < 6000 && !events.includes('10.0.1.2 unreachable'); tick++) {
      await target.advance(100);
      await answerHeartbeats(target, peer, '10.0.1.2');
    }
    expect(events).toContain('10.0.1.2 unreachable');
    expect(association.state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '8.2',
  'does',
  'a HEARTBEAT ACK makes an inactive path active again',
  established(TWO_PATHS, async (scene) => {
    await confirmPaths(scene);
    const { target, peer, association } = scene;
    const state = () => secondPathState(association);
    await secondPathFails(scene);
    for (let tick = 0; tick < 1000 && state() !== 'active'; tick++) {
      await target.advance(100);
      await answerHeartbeats(target, peer);
    }
    expect(state()).toBe('active');
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'SHOULD',
  'an inactive path still gets HEARTBEATs',
  established(TWO_PATHS, async (scene) => {
    await confirmPaths(scene);
    const { target, peer } = scene;
    await secondPathFails(scene);
    let seen = 0;
    for (let tick = 0; tick < 1500; tick++) {
      await target.advance(100);
      for (const { destination, chunks } of await answerHeartbeats(target, peer, '10.0.1.2')) {
        if (destination === '10.0.1.2' && chunks.some(({ type }) => type === 'HEARTBEAT')) seen++;
      }
    }
    expect(seen).toBeGreaterThanOrEqual(1);
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'does',
  'a HEARTBEAT ACK measures the round trip of its path',
  established(TWO_PATHS, async ({ target, peer, association }) => {
    let measured = false;
    for (let tick = 0; tick < 100 && !measured; tick++) {
      await target.advance(100);
      for (const { destination, chunks } of await target.answers()) {
        for (const chunk of chunks) {
          if (chunk.type !== 'HEARTBEAT' || destination !== '10.0.1.2') continue;
          await target.advance(70);
          const way = { source: destination, destination: '10.0.1.1' };
          await peer.sendWith(way, chunkOf('HEARTBEAT ACK', parameter(1, chunk.parameters[0]!.value)));
          measured = true;
        }
      }
    }
    const path = association.statistics().paths.find(({ address }) => address === '10.0.1.2');
    expect(path?.srttMs).toBeGreaterThanOrEqual(70);
    expect(path?.srttMs).toBeLessThan(180);
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'MUST',
  'a HEARTBEAT that is not answered counts as an error of the association, too',
  established(async ({ target, association }) => {
    for (let tick = 0; tick < 7000 && association.state === 'open'; tick++) await target.advance(100);
    expect(association.state).toBe('closed');
    expect((await association.closed)?.code).toBe('ETIMEDOUT');
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'does',
  'with heartbeats switched off an idle path gets none',
  established(async ({ target, association }) => {
    association.setOption('pathParameters', { heartbeat: false });
    await target.answers();
    await target.advance(300_000);
    expect(typesOf(await target.answers())).toEqual([]);
    expect(association.state).toBe('open');
  }),
);
requirement(
  'RFC 9260',
  '6.3.1',
  'does',
  'only one measurement is made in each round trip: more chunks in flight do not change SRTT faster',
  established(async (scene) => {
    const { target, peer, association } = scene;
    await roundTrip(scene, 800);
    for (let count = 0; count < 3; count++) await association.send(pattern(1000, count));
    await target.advance(1);
    const chunks = only(await target.answers(), 'DATA');
    await target.advance(399);
    await peer.send(sack(chunks.at(-1)!.tsn, [], 131_072));
    expect(association.statistics().paths[0]?.srttMs).toBeGreaterThanOrEqual(740);
  }),
);
