import { expect } from 'vitest';
import { chunkOf, data, ecnSupported, FEATURES, parameter, u32 } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { requirement } from './requirement.js';
import { ask, causesOf, connecting, established, expectAlive, listening, one } from './scenes.js';

/** Chunks that are shorter than their fixed fields. */
const SHORT = [
  chunkOf('SACK', u32(1, 2)),
  chunkOf('SHUTDOWN'),
  chunkOf('ECNE'),
  chunkOf('CWR'),
  chunkOf('FORWARD TSN'),
  chunkOf('RE-CONFIG'),
  chunkOf('DATA', u32(1000, 0)),
];
const everything = [...FEATURES, ecnSupported];

requirement(
  'RFC 9260',
  '3.3.10.13',
  'MAY',
  'a chunk that is shorter than its fixed fields ends an association by ABORT with cause Protocol Violation, whatever its type',
  listening(async ({ target, listener }) => {
    for (const [index, broken] of SHORT.entries()) {
      const peer = new ScriptedPeer(target, { ownPort: 4100 + index });
      await peer.connect({ parameters: everything });
      const association = await listener.accept();
      const answers = await ask(peer, chunkOf('HEARTBEAT', parameter(1, u32(1))), broken);
      expect(causesOf(one(answers, 'ABORT'))).toEqual([13]);
      await association.closed.catch(() => {});
      expect(association.state).toBe('closed');
    }
  }),
);

requirement(
  'RFC 9260',
  '8.5',
  'MUST',
  'a chunk that is shorter than its fixed fields does nothing in a packet with a wrong verification tag',
  established({ initiation: { parameters: everything } }, async (scene) => {
    for (const broken of SHORT) {
      await scene.target.answers();
      await scene.peer.sendWith({ tag: scene.peer.targetTag ^ 1 }, broken);
      expect(await scene.target.answers()).toEqual([]);
    }
    await expectAlive(scene);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'does',
  'a chunk that is shorter than its fixed fields is discarded silently if its packet belongs to no association',
  listening(async ({ target, peer, listener }) => {
    const others = ['INIT', 'INIT ACK', 'AUTH', 'ASCONF', 'ASCONF ACK', 'I-DATA'] as const;
    for (const broken of [...SHORT, ...others.map((type) => chunkOf(type))]) {
      for (const tag of [0, 0x0bad_cafe]) {
        for (const targetPort of [peer.targetPort, 5999]) {
          const stranger = new ScriptedPeer(target, { ownPort: 4200, targetPort });
          await stranger.sendWith({ tag }, broken);
          await stranger.sendWith({ tag }, broken, data({ tsn: 1 }));
          expect(typesOf(await target.answers()), `type ${broken[0]}, tag ${tag}, port ${targetPort}`).toEqual([]);
        }
      }
    }
    await peer.connect();
    await listener.accept();
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'does',
  'DATA that is too short behind a COOKIE ECHO ends the association that this has set up',
  listening(async ({ target, peer }) => {
    await peer.sendInit();
    peer.takeInitAck(await target.answers());
    const answers = await ask(peer, chunkOf('COOKIE ECHO', peer.cookie), chunkOf('DATA', u32(1000, 0)));
    expect(causesOf(one(answers, 'ABORT'))).toEqual([13]);
  }),
);

requirement(
  'RFC 9260',
  '4',
  'does',
  'in COOKIE-WAIT a chunk that is shorter than its fixed fields is discarded silently, and the attempt goes on',
  connecting(async ({ target, peer, attempt }) => {
    for (const broken of SHORT.slice(0, -1)) expect(await ask(peer, broken)).toEqual([]);
    await peer.sendInitAck();
    expect(typesOf(await target.answers())).toEqual(['COOKIE ECHO']);
    await peer.send(chunkOf('COOKIE ACK'));
    expect(await attempt).toBe('open');
  }),
);
