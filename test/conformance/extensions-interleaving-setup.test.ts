import { expect } from 'vitest';
import type { Socket } from '../../src/index.js';
import {
  chunkOf,
  chunkWithFlags,
  extensions,
  forwardTsnSupported,
  initiation,
  u8,
  u16,
  u32,
} from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import type { Answer } from '../support/target-stack.js';
import { requirement } from './requirement.js';
import {
  ask,
  type Connecting,
  causesOf,
  connecting,
  established,
  listening,
  one,
  type SceneOptions,
} from './scenes.js';

const WITH_BOTH = [extensions('RE-CONFIG', 'FORWARD TSN', 'I-DATA', 'I-FORWARD TSN'), forwardTsnSupported];
const WITH_I_DATA_ALONE = [extensions('FORWARD TSN', 'I-DATA'), forwardTsnSupported];
const [I_DATA, I_FORWARD_TSN] = [0x40, 0xc2];

const interleaving: SceneOptions = { prepare: (socket: Socket) => socket.setOption('interleaving', true) };
const withoutPartialReliability: SceneOptions = {
  prepare: (socket: Socket) => {
    socket.setOption('interleaving', true);
    socket.setOption('partialReliability', false);
  },
};

interface Listing {
  readonly parameters: readonly { readonly name: string; readonly numbers?: readonly number[] | undefined }[];
}

/** Which of I-DATA and I-FORWARD TSN the Supported Extensions of an INIT or INIT ACK list. */
const listed = ({ parameters }: Listing) =>
  parameters
    .flatMap(({ name, numbers = [] }) => (name === 'Supported Extensions' ? numbers : []))
    .filter((type) => type === I_DATA || type === I_FORWARD_TSN)
    .sort((one, other) => one - other);

const initAckOf = (answers: readonly Answer[]) => one(answers, 'INIT ACK');

/** The target has listed both, and is answered by an INIT ACK that lists I-DATA alone. */
async function open({ peer, target, association }: Connecting) {
  await peer.sendInitAck({ parameters: WITH_I_DATA_ALONE });
  await ask(peer, chunkOf('COOKIE ACK'));
  await target.answers();
  return association();
}

requirement(
  'RFC 8260',
  '2.2.1',
  'MUST',
  'INIT lists I-DATA and I-FORWARD TSN if interleaving is on, and none of them otherwise',
  async () => {
    await connecting(interleaving, async ({ init }) => expect(listed(init)).toEqual([I_DATA, I_FORWARD_TSN]))();
    await connecting(async ({ init }) => expect(listed(init)).toEqual([]))();
  },
);

requirement(
  'RFC 8260',
  '2.2.1',
  'does',
  'an end without partial reliability lists neither I-DATA nor I-FORWARD TSN, and uses DATA with a peer that lists both',
  async () => {
    await connecting(withoutPartialReliability, async ({ init }) => expect(listed(init)).toEqual([]))();
    const scene = { ...withoutPartialReliability, initiation: { parameters: WITH_BOTH } };
    await established(scene, async ({ target, peer, association }) => {
      expect(listed(peer.initAck as Listing)).toEqual([]);
      expect(association.getOption('interleaving')).toBe(false);
      await association.send('x');
      expect(typesOf(await target.answers())).toEqual(['DATA']);
    })();
  },
);

requirement(
  'RFC 8260',
  '2.2.1',
  'does',
  'if INIT lists I-DATA without I-FORWARD TSN, INIT ACK lists neither, and both ends use DATA',
  established(
    { ...interleaving, initiation: { parameters: WITH_I_DATA_ALONE } },
    async ({ target, peer, association }) => {
      expect(listed(peer.initAck as Listing)).toEqual([]);
      expect(association.getOption('interleaving')).toBe(false);
      await association.send('x');
      expect(typesOf(await target.answers())).toEqual(['DATA']);
      await peer.send(peer.message());
      expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
    },
  ),
);

requirement(
  'RFC 8260',
  '2.2.1',
  'does',
  'an INIT without I-FORWARD TSN takes I-DATA from no other association of the socket',
  listening(interleaving, async ({ target, peer }) => {
    await peer.sendInit({ parameters: WITH_I_DATA_ALONE });
    expect(listed(initAckOf(await target.answers()))).toEqual([]);
    await peer.sendInit({ parameters: WITH_BOTH });
    expect(listed(initAckOf(await target.answers()))).toEqual([I_DATA, I_FORWARD_TSN]);
  }),
);

requirement(
  'RFC 8260',
  '2.2.1',
  'does',
  'a peer that restarts and lists I-DATA without I-FORWARD TSN gets DATA from then on',
  established({ ...interleaving, initiation: { parameters: WITH_BOTH } }, async ({ target, peer, association }) => {
    await association.send('x');
    expect(typesOf(await target.answers())).toEqual(['I-DATA']);
    await peer.sendWith({ tag: 0 }, initiation('INIT', { tag: 0x2222_2222, tsn: 7, parameters: WITH_I_DATA_ALONE }));
    const answers = await target.answers();
    expect(listed(initAckOf(answers))).toEqual([]);
    peer.takeInitAck(answers);
    expect(typesOf(await ask(peer, chunkOf('COOKIE ECHO', peer.cookie)))).toContain('COOKIE ACK');
    await association.send('y');
    expect(typesOf(await target.answers())).toEqual(['DATA']);
  }),
);

requirement(
  'RFC 8260',
  '2.2.1',
  'MUST',
  'if both ends have listed I-DATA, it is used, though the INIT ACK lists no I-FORWARD TSN',
  connecting(interleaving, async (scene) => {
    const association = await open(scene);
    await association.send('x');
    expect(typesOf(await scene.target.answers())).toEqual(['I-DATA']);
  }),
);

requirement(
  'RFC 8260',
  '2.2.1',
  'MUST',
  'if INITs cross, INIT ACK lists what INIT has listed, and I-DATA is used if the peer’s INIT lists it',
  connecting(interleaving, async ({ target, peer, association }) => {
    await peer.sendWith(
      { tag: 0 },
      initiation('INIT', { tag: peer.tag, tsn: peer.tsn, parameters: WITH_I_DATA_ALONE }),
    );
    const answers = await target.answers();
    expect(listed(initAckOf(answers))).toEqual([I_DATA, I_FORWARD_TSN]);
    peer.takeInitAck(answers);
    expect(typesOf(await ask(peer, chunkOf('COOKIE ECHO', peer.cookie)))).toContain('COOKIE ACK');
    await (await association()).send('x');
    expect(typesOf(await target.answers())).toEqual(['I-DATA']);
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'MUST',
  'with I-DATA, no message to a peer that does not list I-FORWARD TSN is abandoned: it is retransmitted',
  connecting(interleaving, async (scene) => {
    const association = await open(scene);
    void association.send('x', { reliability: { retransmits: 0 } });
    const { tsn } = one(await scene.target.answers(), 'I-DATA');
    await scene.target.advance(3000);
    const answers = await scene.target.answers();
    expect(new Set(typesOf(answers))).toEqual(new Set(['I-DATA']));
    expect(one(answers, 'I-DATA').tsn).toBe(tsn);
  }),
);

requirement(
  'RFC 8260',
  '2.3.1',
  'MUST',
  'I-FORWARD TSN from a peer that did not list it is an unrecognized chunk',
  connecting(interleaving, async (scene) => {
    await open(scene);
    const { peer } = scene;
    await peer.send(chunkWithFlags('I-DATA', 3, u32(peer.tsn), u16(0, 0), u32(0, 0), u8(1)));
    const answers = await ask(peer, chunkOf('I-FORWARD TSN', u32(peer.tsn + 1)));
    expect(causesOf(one(answers, 'ERROR'))).toEqual([6]);
  }),
);
