import { expect } from 'vitest';
import { chunkOf, chunkWithFlags, data, parameter, sack, u16, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';
import { requirement } from './requirement.js';
import { connecting, established, expectAlive, listening, one } from './scenes.js';

/** RFC 9260 §8.5.1: with which tag and T bit does a chunk end an association? */
async function expectTagRule(isEnded: (isPeersTag: boolean, flags: number) => Promise<boolean>): Promise<void> {
  expect(await isEnded(false, 0)).toBe(true);
  expect(await isEnded(true, 1)).toBe(true);
  expect(await isEnded(true, 0)).toBe(false);
  expect(await isEnded(false, 1)).toBe(false);
}

const TAG = 0x0bad_cafe;

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'DATA for no association is answered by ABORT with the T bit and the tag of the packet',
  'fh-o-5-3-1',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: TAG }, data({ tsn: 1 }));
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(answers[0]).toMatchObject({ verificationTag: TAG, destination: '10.0.0.2', destinationPort: 4000 });
    expect(one(answers, 'ABORT')).toMatchObject({ flags: 1, causes: [] });
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'SACK and HEARTBEAT for no association are answered by ABORT with the T bit',
  listening(async ({ target, peer }) => {
    for (const chunk of [sack(5), chunkOf('HEARTBEAT', parameter(1, u32(1)))]) {
      await peer.sendWith({ tag: TAG }, chunk);
      const answers = await target.answers();
      expect(typesOf(answers)).toEqual(['ABORT']);
      expect(one(answers, 'ABORT').isTagReflected).toBe(true);
    }
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'MUST',
  'ABORT for no association is discarded silently',
  'fh-o-5-3-2',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: TAG }, chunkOf('ABORT'));
    await peer.sendWith({ tag: TAG }, data({ tsn: 1 }), chunkOf('ABORT'));
    await peer.sendWith({ tag: TAG }, chunkWithFlags('ABORT', 1));
    expect(typesOf(await target.answers())).not.toContain('SHUTDOWN COMPLETE');
    await peer.sendWith({ tag: TAG }, chunkWithFlags('ABORT', 1));
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'SHUTDOWN ACK for no association is answered by SHUTDOWN COMPLETE with the T bit and the tag of the packet',
  'fh-o-5-3-3',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: TAG }, chunkOf('SHUTDOWN ACK'));
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['SHUTDOWN COMPLETE']);
    expect(answers[0]?.verificationTag).toBe(TAG);
    expect(one(answers, 'SHUTDOWN COMPLETE').isTagReflected).toBe(true);
  }),
);

requirement(
  'RFC 9260',
  '8.5.1',
  'SHOULD',
  'in COOKIE-WAIT and COOKIE-ECHOED, SHUTDOWN ACK of a former association is answered as if there were none, and the attempt goes on',
  connecting(async ({ target, peer, attempt }) => {
    const expectComplete = async () => {
      await peer.sendWith({ tag: TAG }, chunkOf('SHUTDOWN ACK'));
      const answers = await target.answers();
      expect(typesOf(answers)).toEqual(['SHUTDOWN COMPLETE']);
      expect(answers[0]?.verificationTag).toBe(TAG);
      expect(one(answers, 'SHUTDOWN COMPLETE').isTagReflected).toBe(true);
    };
    await expectComplete();
    await peer.sendInitAck();
    expect(typesOf(await target.answers())).toEqual(['COOKIE ECHO']);
    await expectComplete();
    await peer.send(chunkOf('COOKIE ACK'));
    expect(await attempt).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'SHUTDOWN COMPLETE for no association is discarded silently',
  'fh-o-5-3-4',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: TAG }, chunkOf('SHUTDOWN COMPLETE'));
    await peer.sendWith({ tag: TAG }, chunkWithFlags('SHUTDOWN COMPLETE', 1));
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'COOKIE ACK for no association is discarded silently',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: TAG }, chunkOf('COOKIE ACK'));
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'ERROR with cause Stale Cookie for no association is discarded silently',
  listening(async ({ target, peer }) => {
    await peer.sendWith({ tag: TAG }, chunkOf('ERROR', parameter(3, u32(0))));
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'MUST',
  'INIT ACK for no association leaves no state and gets no COOKIE ECHO',
  listening(async ({ target, peer }) => {
    peer.targetTag = TAG;
    await peer.sendInitAck();
    const answers = await target.answers();
    expect(typesOf(answers)).not.toContain('COOKIE ECHO');
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'MUST',
  'a packet from an address that is not a single host’s is discarded silently',
  'fh-o-5-3-5',
  listening(async ({ target, peer }) => {
    for (const source of ['224.0.0.1', '255.255.255.255', '0.0.0.0']) {
      await peer.sendWith({ tag: TAG, source }, data({ tsn: 1 }));
      await peer.sendWith({ tag: TAG, source }, chunkOf('COOKIE ECHO', u32(1, 2, 3)));
    }
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '8.5',
  'MUST',
  'a packet whose verification tag is not the association’s is discarded silently',
  established(async (scene) => {
    const { target, peer } = scene;
    await peer.sendWith({ tag: peer.targetTag ^ 1 }, data({ tsn: peer.tsn }));
    await peer.sendWith({ tag: peer.targetTag ^ 1 }, chunkOf('HEARTBEAT', parameter(1, u32(1))));
    expect(typesOf(await target.answers())).not.toContain('HEARTBEAT ACK');
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '8.5.1',
  'MUST',
  'ABORT is accepted with the own tag and no T bit, or with the peer’s tag and the T bit, and not otherwise',
  'imh-i-3-7',
  async () => {
    const isEnded = async (isPeers: boolean, flags: number) => {
      let state = '';
      await established(async ({ peer, association }) => {
        await peer.sendWith({ tag: isPeers ? peer.tag : peer.targetTag }, chunkWithFlags('ABORT', flags));
        state = association.state;
      })();
      return state === 'closed';
    };
    await expectTagRule(isEnded);
  },
);

requirement(
  'RFC 9260',
  '8.5.1',
  'MUST',
  'SHUTDOWN COMPLETE is accepted with the own tag and no T bit, or with the peer’s tag and the T bit, and not otherwise',
  'imh-i-3-10',
  async () => {
    const isEnded = async (isPeers: boolean, flags: number) => {
      let state = '';
      await established(async ({ target, peer, association }) => {
        await peer.send(chunkOf('SHUTDOWN', u32(peer.targetTsn - 1)));
        expect(typesOf(await target.answers())).toEqual(['SHUTDOWN ACK']);
        await peer.sendWith({ tag: isPeers ? peer.tag : peer.targetTag }, chunkWithFlags('SHUTDOWN COMPLETE', flags));
        await target.advance(0);
        state = association.state;
      })();
      return state === 'closed';
    };
    await expectTagRule(isEnded);
  },
);

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'an ABORT from an address that is not the association’s, with a wrong tag, is discarded silently',
  established(async ({ target, peer, association }) => {
    await peer.sendWith({ source: '10.0.9.9', tag: TAG }, chunkOf('ABORT'));
    expect(association.state).toBe('open');
    expect(await target.answers()).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'MUST',
  'a packet shorter than a common header, or without a chunk, is discarded silently',
  async () => {
    const target = await TargetStack.create();
    target.listen();
    const way = { source: '10.0.0.2', destination: '10.0.0.1' };
    for (const length of [0, 1, 8, 12, 15]) await target.inject(new Uint8Array(length).fill(1), way);
    await target.inject(u16(1, 2, 3, 4), way);
    expect(await target.answers()).toEqual([]);
    await target.close();
  },
);
