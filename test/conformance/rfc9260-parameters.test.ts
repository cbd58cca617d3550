import { expect } from 'vitest';
import { concat } from '../../src/capture/block.js';
import { chunkOf, extensions, initiation, ipv4, parameter, u16, u32 } from '../support/packets.js';
import { chunksOf, typesOf } from '../support/scripted-peer.js';
import { deviation, requirement } from './requirement.js';
import { ask, causesOf, connecting, established, listening, one, only } from './scenes.js';

const UNKNOWN = { stop: 0x3ff0, stopAndReport: 0x7ff0, skip: 0xbff0, skipAndReport: 0xfff0 };
const UNRECOGNIZED = 8;
const cookie = parameter(7, u32(1, 2, 3, 4));

/** An unknown parameter with a known one behind it, whose effect shows whether the rest was read. */
const followed = (type: number) => [parameter(type, u32(0xabcd)), extensions('RE-CONFIG', 'FORWARD TSN')];

const reported = (chunk: object) =>
  ('parameters' in chunk ? (chunk.parameters as { code: number; value: Uint8Array }[]) : []).filter(
    ({ code }) => code === UNRECOGNIZED,
  );

for (const [name, isReported] of [
  ['stop', false],
  ['stopAndReport', true],
  ['skip', false],
  ['skipAndReport', true],
] as const) {
  const body = listening(async ({ target, peer }) => {
    await peer.sendInit({ parameters: followed(UNKNOWN[name]) });
    const ack = one(await target.answers(), 'INIT ACK');
    const values = reported(ack).map(({ value }) => value);
    expect(values).toEqual(isReported ? [parameter(UNKNOWN[name], u32(0xabcd))] : []);
  });
  switch (name) {
    case 'stop':
      requirement(
        'RFC 9260',
        '3.2.1',
        'does',
        'an unknown parameter in INIT of type 00… is not reported',
        'as-i-1-8-2',
        body,
      );
      break;
    case 'stopAndReport':
      requirement(
        'RFC 9260',
        '3.2.1',
        'does',
        'an unknown parameter in INIT of type 01… is reported in INIT ACK',
        body,
      );
      break;
    case 'skip':
      requirement(
        'RFC 9260',
        '3.2.1',
        'does',
        'an unknown parameter in INIT of type 10… is skipped and not reported',
        'as-i-1-8-4',
        body,
      );
      break;
    default:
      requirement(
        'RFC 9260',
        '3.2.1',
        'does',
        'an unknown parameter in INIT of type 11… is skipped, and reported in INIT ACK',
        'as-i-1-8-1',
        body,
      );
  }
}

for (const [name, isRead] of [
  ['stop', false],
  ['skip', true],
] as const) {
  const body = listening(async ({ target, peer, listener }) => {
    await peer.connect({ parameters: [parameter(UNKNOWN[name], u32(1)), ipv4('10.0.0.2'), ipv4('10.0.1.2')] });
    const association = await listener.accept();
    expect(association.paths().length).toBe(isRead ? 2 : 1);
    await target.answers();
  });
  if (name === 'stop')
    requirement('RFC 9260', '3.2.1', 'does', 'parameters behind an unknown one of type 00… are not read', body);
  else requirement('RFC 9260', '3.2.1', 'does', 'parameters behind an unknown one of type 10… are read', body);
}

requirement(
  'RFC 9260',
  '3.2.1',
  'does',
  'several unknown parameters of an INIT are each reported in the INIT ACK',
  listening(async ({ target, peer }) => {
    const parameters = [parameter(0xfff0, u32(1)), parameter(0xfff1, u16(1)), parameter(0xfff2)];
    await peer.sendInit({ parameters });
    const ack = one(await target.answers(), 'INIT ACK');
    const codes = reported(ack).map(({ value }) => new DataView(value.buffer, value.byteOffset).getUint16(0));
    expect(codes).toEqual([0xfff0, 0xfff1, 0xfff2]);
  }),
);

requirement(
  'RFC 9260',
  '3.2.1',
  'MUST',
  'an unknown parameter of an INIT ACK that asks for it is reported by ERROR in the packet of the COOKIE ECHO, behind it',
  'e-i-6-5',
  connecting(async ({ peer }) => {
    const parameters = [cookie, parameter(UNKNOWN.skipAndReport, u32(0xabcd))];
    const answers = await ask(peer, initiation('INIT ACK', { tag: peer.tag, parameters }));
    expect(answers.map(({ chunks }) => chunks.map(({ type }) => type))).toEqual([['COOKIE ECHO', 'ERROR']]);
    const error = one(answers, 'ERROR');
    expect(causesOf(error)).toEqual([UNRECOGNIZED]);
    expect(error.causes[0]?.value).toEqual(parameter(UNKNOWN.skipAndReport, u32(0xabcd)));
  }),
);

requirement(
  'RFC 9260',
  '3.2.1',
  'does',
  'an unknown parameter of an INIT ACK of type 10… is skipped without a report',
  connecting(async ({ peer }) => {
    const parameters = [parameter(UNKNOWN.skip, u32(1)), cookie];
    const answers = await ask(peer, initiation('INIT ACK', { tag: peer.tag, parameters }));
    expect(typesOf(answers)).toEqual(['COOKIE ECHO']);
  }),
);

requirement(
  'RFC 9260',
  '3.3.10.8',
  'does',
  'ERROR with Unrecognized Parameters in the packet of a COOKIE ECHO leaves the association as it is',
  'e-i-6-6',
  listening(async ({ target, peer, listener }) => {
    await peer.sendInit();
    peer.takeInitAck(await target.answers());
    const error = chunkOf('ERROR', parameter(UNRECOGNIZED, parameter(0x8008, u32(0))));
    expect(typesOf(await ask(peer, chunkOf('COOKIE ECHO', peer.cookie), error))).toEqual(['COOKIE ACK']);
    expect((await listener.accept()).state).toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'does',
  'if an INIT lists no address, its source is the only address of the peer',
  'as-v-1-10-1',
  established({ initiation: { parameters: [] } }, async ({ association }) => {
    expect(association.paths().map(({ address }) => address)).toEqual(['10.0.0.2']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'does',
  'if an INIT ACK lists no address, its source is the only address of the peer',
  'as-v-1-10-2',
  connecting(async ({ peer, association }) => {
    await peer.sendInitAck();
    await peer.send(chunkOf('COOKIE ACK'));
    expect((await association()).paths().map(({ address }) => address)).toEqual(['10.0.0.2']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'does',
  'the addresses that an INIT lists, and its source, are the addresses of the peer',
  'as-v-1-11-1',
  established({ initiation: { parameters: [ipv4('10.0.1.2'), ipv4('10.0.2.2')] } }, async ({ association }) => {
    const addresses = association.paths().map(({ address }) => address);
    expect(addresses.toSorted()).toEqual(['10.0.0.2', '10.0.1.2', '10.0.2.2']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'does',
  'the addresses that an INIT ACK lists, and its source, are the addresses of the peer',
  'as-v-1-11-2',
  connecting(async ({ peer, association }) => {
    await peer.sendInitAck({ parameters: [ipv4('10.0.1.2'), ipv4('10.0.2.2')] });
    await peer.send(chunkOf('COOKIE ACK'));
    const addresses = (await association()).paths().map(({ address }) => address);
    expect(addresses.toSorted()).toEqual(['10.0.0.2', '10.0.1.2', '10.0.2.2']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'SHOULD',
  'the same address listed twice is one path',
  established({ initiation: { parameters: [ipv4('10.0.1.2'), ipv4('10.0.1.2'), ipv4('10.0.0.2')] } }, async (scene) => {
    expect(scene.association.paths()).toHaveLength(2);
  }),
);

requirement(
  'RFC 9260',
  '3.3.2.1',
  'MUST',
  'an INIT from a host with several addresses lists them all, and one from a host with one address needs none',
  async () => {
    const listed = async (addresses: readonly string[]) => {
      let found: (string | undefined)[] = [];
      await connecting({ addresses }, async ({ init }) => {
        found = init.parameters.flatMap(({ name, address }) => (name === 'IPv4 Address' ? [address] : []));
      })();
      return found.toSorted();
    };
    expect(await listed(['10.0.0.1', '10.0.1.1', '10.0.2.1'])).toEqual(['10.0.0.1', '10.0.1.1', '10.0.2.1']);
    expect((await listed(['10.0.0.1'])).length).toBeLessThanOrEqual(1);
  },
);

requirement(
  'RFC 9260',
  '3.3.2.1',
  'SHOULD',
  'INIT names the address types that its sender can use',
  connecting({ addresses: ['10.0.0.1', 'fd00::1'] }, async ({ init }) => {
    const types = init.parameters.find(({ name }) => name === 'Supported Address Types')?.numbers ?? [];
    expect(types.toSorted()).toEqual([5, 6]);
  }),
);

deviation(
  'RFC 9260',
  '3.3.2.1',
  'does',
  'an INIT ACK lists only addresses of the types that the INIT supports',
  'usrsctp lists all of its addresses. A peer must ignore those of a family that it does not have (§5.1.2 B).',
  listening({ addresses: ['10.0.0.1', '10.0.1.1', 'fd00::1'] }, async ({ target, peer }) => {
    await peer.sendInit({ parameters: [parameter(12, u16(5))] });
    const names = one(await target.answers(), 'INIT ACK').parameters.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['IPv4 Address', 'IPv6 Address']));
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'MUST',
  'an INIT with a Host Name Address is answered by ABORT with cause Unresolvable Address',
  'as-v-1-12-1',
  listening(async ({ target, peer }) => {
    const name = parameter(11, new TextEncoder().encode('host.example\0'));
    await peer.sendInit({ parameters: [name] });
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(answers[0]?.verificationTag).toBe(peer.tag);
    expect(causesOf(one(answers, 'ABORT'))).toEqual([5]);
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'MUST',
  'an INIT ACK with a Host Name Address ends the attempt by ABORT with cause Unresolvable Address',
  'as-i-1-12-2',
  connecting(async ({ target, peer, attempt }) => {
    await peer.sendInitAck({ parameters: [parameter(11, new TextEncoder().encode('host.example\0'))] });
    const answers = await target.answers();
    expect(typesOf(answers)).toEqual(['ABORT']);
    expect(causesOf(one(answers, 'ABORT'))).toEqual([5]);
    expect(await attempt).not.toBe('open');
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'does',
  'INIT with every optional parameter of the RFC is answered by INIT ACK',
  'as-v-1-6-1',
  listening(async ({ target, peer }) => {
    const parameters = [
      ipv4('10.0.1.2'),
      parameter(6, concat([u32(0xfd00_0000, 0, 0, 2)])),
      parameter(9, u32(1000)),
      parameter(12, u16(5, 6)),
      parameter(0x8000),
    ];
    await peer.sendInit({ parameters });
    const ack = one(await target.answers(), 'INIT ACK');
    expect(reported(ack)).toEqual([]);
  }),
);

requirement(
  'RFC 9260',
  '5.1',
  'does',
  'INIT ACK with addresses, Supported Extensions and ECN is answered by COOKIE ECHO',
  'as-v-1-6-2',
  connecting(async ({ target, peer }) => {
    await peer.sendInitAck({ parameters: [ipv4('10.0.1.2'), extensions('RE-CONFIG'), parameter(0x8000)] });
    expect(chunksOf(await target.answers()).map(({ type }) => type)).toEqual(['COOKIE ECHO']);
  }),
);

requirement(
  'RFC 9260',
  '3.2.1',
  'does',
  'a parameter whose length is shorter than its header makes an INIT invalid: it gets no INIT ACK, or the rest is ignored',
  listening(async ({ target, peer }) => {
    for (const length of [0, 1, 3]) {
      const broken = parameter(0xfff0, u32(1));
      broken[3] = length;
      await peer.sendInit({ parameters: [broken] });
      const answers = await target.answers();
      expect(only(answers, 'INIT ACK').flatMap(reported)).toEqual([]);
      expect(answers.length).toBeLessThanOrEqual(1);
    }
  }),
);

deviation(
  'RFC 9260',
  '5.1.2',
  'does',
  'an address of 0.0.0.0, multicast or broadcast in an INIT makes it invalid',
  'The address is skipped and the association is set up with the others, as usrsctp, FreeBSD and Linux do.',
  established({ initiation: { parameters: [ipv4('224.0.0.1'), ipv4('0.0.0.0'), ipv4('10.0.1.2')] } }, async (scene) => {
    const addresses = scene.association.paths().map(({ address }) => address);
    expect(addresses.toSorted()).toEqual(['10.0.0.2', '10.0.1.2']);
  }),
);
