import { expect } from 'vitest';
import { chunkOf, parameter, sack, u8, u16, u32 } from '../support/packets.js';
import { ScriptedPeer, typesOf } from '../support/scripted-peer.js';
import { LISTENING_PORT, TargetStack } from '../support/target-stack.js';
import { pattern } from '../support/two-stacks.js';
import { requirement } from './requirement.js';
import { ask, causesOf, one, only } from './scenes.js';

const IPV6_ADDRESS = 6;
const [HERE, THERE] = ['fd00::1', 'fd00::2'];
const ipv6 = (last: number) => parameter(IPV6_ADDRESS, u8(0xfd, ...new Array(14).fill(0), last));

/** A listening target with IPv6 addresses, and its peer. */
async function scene(addresses: readonly string[] = [HERE]) {
  const target = await TargetStack.create(addresses);
  const listener = target.stack.socket();
  listener.bindx(addresses.map((address) => ({ address, port: LISTENING_PORT })));
  listener.listen();
  const peer = new ScriptedPeer(target, { source: THERE, destination: HERE });
  return { target, listener, peer };
}

const closing =
  <T extends { target: TargetStack }>(make: () => Promise<T>, body: (scene: T) => Promise<void>) =>
  async () => {
    const made = await make();
    await body(made);
    await made.target.close();
  };

requirement(
  'RFC 9260',
  '5.1',
  'MUST',
  'over IPv6 an INIT is answered by INIT ACK from the address that it was sent to, and a COOKIE ECHO by COOKIE ACK',
  closing(scene, async ({ target, peer }) => {
    await peer.sendInit();
    const answers = await target.answers();
    expect(answers[0]?.destination).toBe(THERE);
    peer.takeInitAck(answers);
    expect(typesOf(await ask(peer, chunkOf('COOKIE ECHO', peer.cookie)))).toEqual(['COOKIE ACK']);
  }),
);

requirement(
  'RFC 9260',
  '5.1.2',
  'does',
  'the IPv6 addresses that an INIT lists are paths, beside its source',
  closing(scene, async ({ peer, listener }) => {
    await peer.connect({ parameters: [ipv6(2), ipv6(3)] });
    const association = await listener.accept();
    expect(association.paths().map(({ address }) => address)).toEqual([THERE, 'fd00::3']);
  }),
);

requirement(
  'RFC 9260',
  '3.3.2.1.2',
  'does',
  'INIT ACK lists the IPv6 addresses of an end that has several',
  closing(
    () => scene([HERE, 'fd00::101']),
    async ({ target, peer }) => {
      await peer.sendInit();
      const addresses = one(await target.answers(), 'INIT ACK').parameters.flatMap(({ address = [] }) => address);
      expect(addresses).toEqual(expect.arrayContaining([HERE, 'fd00::101']));
    },
  ),
);

requirement(
  'RFC 9260',
  '3.3.2.1.2',
  'MUST',
  'an IPv6 Address parameter of a wrong length is not taken for an address',
  closing(scene, async ({ target, peer }) => {
    await peer.sendInit({ parameters: [parameter(IPV6_ADDRESS, u8(0xfd, 0, 0, 9))] });
    const answers = await target.answers();
    for (const ack of only(answers, 'INIT ACK')) peer.takeInitAck([{ ...answers[0]!, chunks: [ack] }]);
    expect(typesOf(answers)).not.toContain('MALFORMED');
  }),
);

requirement(
  'RFC 9260',
  '3.3.2.1.6',
  'does',
  'an INIT over IPv6 names the address types that its sender supports',
  async () => {
    const target = await TargetStack.create([HERE]);
    target.stack
      .socket()
      .connect({ address: THERE, port: 4000 })
      .catch(() => {});
    const init = one(await target.answers(), 'INIT');
    const types = init.parameters.find(({ name }) => name === 'Supported Address Types')?.numbers;
    expect(types).toContain(IPV6_ADDRESS);
    await target.close();
  },
);

requirement(
  'RFC 9260',
  '6.1',
  'does',
  'over IPv6 a message arrives, and is acknowledged to the address that it came from',
  closing(scene, async ({ target, peer, listener }) => {
    await peer.connect();
    const association = await listener.accept();
    const answers = await ask(peer, peer.message());
    expect(only(answers, 'SACK')[0]?.cumulativeTsn).toBe(1000);
    expect(answers[0]?.destination).toBe(THERE);
    expect((await association.receive())?.data).toEqual(u8(1, 2, 3, 4));
    expect(target.pending).toBe(0);
  }),
);

requirement(
  'RFC 9260',
  '6.9',
  'MUST',
  'fragments are as large as a packet over IPv6 allows: its header takes 20 bytes more than that of IPv4',
  closing(scene, async ({ target, peer, listener }) => {
    await peer.connect();
    const association = await listener.accept();
    await target.answers();
    await association.send(pattern(3000));
    const lengths = (await target.answers()).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1500 - 40);
    expect(Math.max(...lengths)).toBeGreaterThan(1500 - 40 - 8);
  }),
);

requirement(
  'RFC 9260',
  '8.3',
  'MUST',
  'over IPv6 HEARTBEAT is answered to its source',
  closing(scene, async ({ peer }) => {
    await peer.connect();
    const answers = await ask(peer, chunkOf('HEARTBEAT', parameter(1, u32(7))));
    expect(typesOf(answers)).toEqual(['HEARTBEAT ACK']);
    expect(answers[0]?.destination).toBe(THERE);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'SHOULD',
  'over IPv6 DATA for no association is answered by ABORT with the T bit',
  closing(scene, async ({ peer, target }) => {
    peer.targetTag = 0x7777;
    const answers = await ask(peer, peer.message());
    expect(answers[0]).toMatchObject({ destination: THERE, verificationTag: 0x7777 });
    expect(one(answers, 'ABORT').isTagReflected).toBe(true);
    expect(target.pending).toBe(0);
  }),
);

requirement(
  'RFC 9260',
  '8.4',
  'MUST',
  'a packet from a multicast or the unspecified IPv6 address is discarded silently',
  closing(scene, async ({ peer, target }) => {
    for (const source of ['ff02::1', '::']) {
      await peer.sendWith({ source, tag: 0 }, chunkOf('SHUTDOWN ACK'));
      expect(await target.answers(), source).toEqual([]);
    }
  }),
);

requirement(
  'RFC 9260',
  '5.2.2',
  'MUST',
  'INIT in ESTABLISHED that adds an IPv6 address is answered by ABORT with cause 11 and the address',
  closing(scene, async ({ peer, target, listener }) => {
    await peer.connect();
    await listener.accept();
    await target.answers();
    await new ScriptedPeer(target, { source: THERE, destination: HERE, tag: 0x2222 }).sendInit({
      parameters: [ipv6(2), ipv6(7)],
    });
    const abort = one(await target.answers(), 'ABORT');
    expect(causesOf(abort)).toEqual([11]);
    expect(abort.causes[0]?.value).toEqual(ipv6(7));
  }),
);

requirement(
  'RFC 9260',
  '9.2',
  'does',
  'over IPv6 SHUTDOWN is answered by SHUTDOWN ACK, and SHUTDOWN COMPLETE ends the association',
  closing(scene, async ({ peer, target, listener }) => {
    await peer.connect();
    const association = await listener.accept();
    await target.answers();
    expect(typesOf(await ask(peer, chunkOf('SHUTDOWN', u32(peer.targetTsn - 1))))).toEqual(['SHUTDOWN ACK']);
    await peer.send(chunkOf('SHUTDOWN COMPLETE'));
    expect(await association.closed).toBeUndefined();
  }),
);

requirement(
  'RFC 9260',
  '6.3.3',
  'does',
  'over IPv6 a chunk that is not acknowledged is retransmitted after RTO.Initial',
  closing(scene, async ({ peer, target, listener }) => {
    await peer.connect();
    const association = await listener.accept();
    await target.answers();
    await association.send('x');
    const { tsn } = one(await target.answers(), 'DATA');
    await target.advance(1000);
    expect(one(await target.answers(), 'DATA').tsn).toBe(tsn);
    await peer.send(sack(tsn));
  }),
);

requirement(
  'RFC 9260',
  '3.3.10.1',
  'MUST',
  'over IPv6 DATA for a stream that does not exist is reported by ERROR with cause Invalid Stream Identifier',
  closing(scene, async ({ peer, target, listener }) => {
    await peer.connect();
    await listener.accept();
    await target.answers();
    const error = one(await ask(peer, peer.message({ stream: 5000 })), 'ERROR');
    expect(error.causes.map(({ code, value }) => [code, value])).toEqual([[1, u16(5000, 0)]]);
  }),
);
