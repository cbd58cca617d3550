import { expect, test } from 'vitest';
import { causesOf, type Established, established, expectAlive, one, only } from '../conformance/scenes.js';
import { chunk, extensions, forwardTsnSupported, parameter, u8, u16, u32 } from '../support/packets.js';
import { typesOf } from '../support/scripted-peer.js';
import { pattern } from '../support/two-stacks.js';

const NR_SACK = 0x10;
const SUPPORTED_EXTENSIONS = 0x8008;

type Blocks = readonly (readonly [number, number])[];

/** An NR-SACK with Gap Ack Blocks that may be revoked, and with some that may not. */
const nrSack = (cumulativeTsn: number, gaps: Blocks = [], kept: Blocks = []) =>
  chunk(
    NR_SACK,
    0,
    u32(cumulativeTsn, 131_072),
    u16(gaps.length, kept.length, 0, 0),
    ...[...gaps, ...kept].map((block) => u16(...block)),
  );

/** An association for which both ends have listed NR-SACK. */
const negotiated = (body: (scene: Established) => Promise<void>) =>
  established(
    {
      prepare: (socket) => socket.setOption('nrSack', true),
      initiation: { parameters: [parameter(SUPPORTED_EXTENSIONS, u8(0xc0, NR_SACK)), forwardTsnSupported] },
    },
    body,
  );

/** Sends four messages, of which the peer acknowledges nothing. Returns the TSN of the first. */
async function sendFour({ target, association }: Established): Promise<number> {
  const first: number[] = [];
  for (let count = 0; count < 4; count++) {
    await association.send(pattern(1000));
    first.push(...only(await target.answers(), 'DATA').map(({ tsn }) => tsn));
  }
  expect(first).toHaveLength(4);
  return first[0]!;
}

test(
  'a program that asks for NR-SACK sends it to a peer that lists it, in place of SACK',
  negotiated(async ({ target, peer, association }) => {
    const parameters = peer.initAck?.type === 'INIT ACK' ? peer.initAck.parameters : [];
    expect(parameters.find(({ code }) => code === SUPPORTED_EXTENSIONS)?.value).toContain(NR_SACK);
    await target.answers();
    await peer.send(peer.message());
    await target.advance(300);
    const answers = await target.answers();
    expect(typesOf(answers)).not.toContain('SACK');
    expect(
      answers.flatMap(({ chunks }) => chunks).map((each) => ('code' in each ? each.code : each.type)),
    ).toHaveLength(1);
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
  }),
);

test(
  'a program that asks for NR-SACK sends SACK to a peer that doesn’t list it',
  established(
    { prepare: (socket) => socket.setOption('nrSack', true), initiation: { parameters: [extensions('RE-CONFIG')] } },
    expectAlive,
  ),
);

test(
  'an NR-SACK acknowledges what it names, and only the rest is retransmitted',
  negotiated(async (scene) => {
    const first = await sendFour(scene);
    const { target, peer } = scene;
    await peer.send(nrSack(first, [], [[2, 2]]));
    await target.advance(3000);
    const again = async () => new Set(only(await target.answers(), 'DATA').map(({ tsn }) => tsn));
    expect(await again()).toEqual(new Set([first + 1]));
    await peer.send(nrSack(first + 2));
    await target.advance(3000);
    expect(await again()).toEqual(new Set([first + 3]));
    await peer.send(nrSack(first + 3));
    await target.advance(60_000);
    expect(only(await target.answers(), 'DATA')).toEqual([]);
    expect(scene.association.state).toBe('open');
  }),
);

test(
  'an NR-SACK whose length doesn’t match its counts acknowledges nothing',
  negotiated(async (scene) => {
    const first = await sendFour(scene);
    const { target, peer } = scene;
    const cut = nrSack(first + 3, [[2, 3]], [[4, 5]]);
    for (const [at, value] of [
      [13, 0],
      [13, 255],
      [15, 0],
      [15, 255],
      [17, 9],
    ] as const) {
      const wrong = cut.slice();
      wrong[at] = value;
      await peer.send(wrong);
    }
    await target.advance(1000);
    expect(only(await target.answers(), 'DATA')[0]?.tsn).toBe(first);
    expect(scene.association.state).toBe('open');
  }),
);

test.each([
  ['may be revoked', (tsn: number) => nrSack(tsn, [[2, 9]])],
  ['may not be revoked', (tsn: number) => nrSack(tsn, [], [[2, 9]])],
  [
    'are before others',
    (tsn: number) =>
      nrSack(
        tsn,
        [
          [7, 9],
          [2, 2],
        ],
        [[3, 3]],
      ),
  ],
])('an NR-SACK for TSNs that were never sent, in blocks that %s, aborts the association', (_, make) =>
  negotiated(async (scene) => {
    const first = await sendFour(scene);
    await scene.peer.send(make(first));
    expect(causesOf(one(await scene.target.answers(), 'ABORT'))).toEqual([13]);
  })(),
);

test(
  'an NR-SACK of 340 overlapping blocks of both kinds acknowledges what they name, and the association goes on',
  negotiated(async (scene) => {
    const first = await sendFour(scene);
    const { target, peer } = scene;
    const blocks: Blocks = Array.from({ length: 170 }, (_, index) => [2 + (index % 2), 3]);
    await peer.send(nrSack(first, blocks, blocks));
    await peer.send(nrSack(first + 3));
    await target.advance(60_000);
    expect(only(await target.answers(), 'DATA').every(({ tsn }) => tsn > first)).toBe(true);
    expect(scene.association.state).toBe('open');
  }),
);
