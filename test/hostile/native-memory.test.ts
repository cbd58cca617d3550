import { afterEach, describe, expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/decode.js';
import { Child } from '../support/child.js';
import { FEATURES, ipv4, of, parameter, sack, u16, u32 } from '../support/forged.js';
import { Player } from '../support/player.js';
import { has, Puppet } from '../support/puppet.js';
import { connectWithAsconf, deletion, signed } from '../support/signed.js';
import type { Answer, Victim, Way } from '../support/victim.js';

/** Built by scripts/tests.sh from the same C sources as the module. */
const BUILDS = { asan: 'the address sanitizer', invariants: 'INVARIANTS' };
const SCTP = 132;
const SCTP_RESET_STREAMS = 0x901;
const OUTGOING = 2;
const SCTP_CMT_ON_OFF = 0x1200;

afterEach(() => Child.endAll());

/** The C side alone, as a victim. Where its packets go to isn't told. */
class PlayedVictim implements Victim {
  readonly player: Player;

  constructor(build: string) {
    this.player = new Player(build);
  }

  async inject(bytes: Uint8Array, { source, destination }: Way): Promise<void> {
    await this.player.run(`packet ${source} ${destination} ${Buffer.from(bytes).toString('hex')}`);
  }

  async answers(): Promise<readonly Answer[]> {
    return this.player
      .wire()
      .received()
      .map((bytes) => ({ ...decodePacket(bytes), destination: '', port: 0 }));
  }

  async advance(ms: number): Promise<void> {
    await this.player.run(`time ${ms}`);
  }
}

async function listening(build: string, style = 'one-to-one') {
  const victim = new PlayedVictim(build);
  const { player } = victim;
  const listener = await player.run(`socket ${style}`);
  await player.run(`prepare ${listener} 10 10 7`);
  await player.run(`bind ${listener} 5001`);
  await player.run(`listen ${listener}`);
  return { victim, player, listener };
}

async function established(build: string, addresses: readonly string[], style = 'one-to-one') {
  const { victim, player, listener } = await listening(build, style);
  const peer = new Puppet(victim, { source: addresses[0]! });
  await peer.connect({ parameters: [...FEATURES, ...addresses.map(ipv4)] });
  const socket = style === 'one-to-one' ? await player.run(`accept ${listener}`) : listener;
  return { victim, player, peer, listener, socket };
}

async function restarted(victim: Victim, source: string, ...also: Uint8Array[]): Promise<Puppet> {
  const again = new Puppet(victim, { tag: 0x2222_2222, tsn: 5000, source });
  await again.connect({ parameters: [...FEATURES, ipv4(source)] }, ...also);
  return again;
}

const hex = (bytes: readonly Uint8Array[]): string => Buffer.concat(bytes).toString('hex');
const little16 = (value: number): Uint8Array => u16(((value & 0xff) << 8) | (value >> 8));

async function expectSound(player: Player): Promise<void> {
  expect(await player.end(), player.output).toBe(0);
}

describe.each(Object.entries(BUILDS))('under %s', (build, watcher) => {
  test.each([true, false])(
    `a restart while a RE-CONFIG is outstanding, answered: %s; ${watcher} sees no harm`,
    async (isAnswered) => {
      const { victim, player, peer, socket } = await established(build, ['10.0.0.2']);
      const request = [u32(0), little16(OUTGOING), little16(1), little16(1)];
      expect(await player.run(`setopt ${socket} ${SCTP} ${SCTP_RESET_STREAMS} ${hex(request)}`)).toBe(0);
      await victim.advance(1);
      const answer = of('RE-CONFIG', parameter(16, u32(peer.victimTsn, 1)));
      await restarted(victim, '10.0.0.2', ...(isAnswered ? [answer] : []));
      for (let second = 0; second < 40; second++) await victim.advance(1000);
      await expectSound(player);
    },
  );

  test.each([0, 1])(
    `a restart with fewer addresses while data are outstanding, multipath %i; ${watcher} sees no harm`,
    async (multipath) => {
      const { victim, player, socket } = await established(build, ['10.0.0.4', '10.0.0.2', '10.0.0.3', '10.0.0.5']);
      await player.run(`setopt ${socket} ${SCTP} ${SCTP_CMT_ON_OFF} ${hex([u32(0), u16(multipath << 8), u16(0)])}`);
      for (let n = 0; n < 4; n++) await player.run(`send ${socket} 0 0 3000`);
      for (let second = 0; second < 200; second++) await victim.advance(1000);
      await player.run(`send ${socket} 0 0 100`);
      const again = await restarted(victim, '10.0.0.5');
      await player.run(`send ${socket} 0 0 100`);
      await again.send(again.message());
      for (let second = 0; second < 20; second++) await victim.advance(1000);
      await again.send(sack(again.victimTsn));
      for (let second = 0; second < 60; second++) await victim.advance(1000);
      await expectSound(player);
    },
  );

  test.each(['COOKIE-WAIT', 'COOKIE-ECHOED'])(
    `a collision in %s with a socket that is closed; ${watcher} sees no harm`,
    async (state) => {
      const victim = new PlayedVictim(build);
      const { player } = victim;
      const socket = await player.run('socket one-to-one');
      await player.run(`bind ${socket} 5001`);
      await player.run(`connect ${socket} 10.0.0.2 4000`);
      const peer = new Puppet(victim);
      await peer.takeInit();
      await player.run(`send ${socket} 0 0 10`);
      if (state === 'COOKIE-WAIT') await player.run(`close ${socket}`);
      else await peer.sendInitAck();
      await peer.sendInit();
      const answers = await victim.answers();
      if (state === 'COOKIE-ECHOED') await player.run(`close ${socket}`);
      if (answers.some(({ chunks }) => chunks[0]?.type === 'INIT ACK')) {
        peer.takeInitAck(answers);
        await peer.send(of('COOKIE ECHO', peer.cookie));
      }
      for (let second = 0; second < 10; second++) await victim.advance(1000);
      await expectSound(player);
    },
  );

  test(`RE-CONFIG for an association whose socket is closed; ${watcher} sees no harm`, async () => {
    const { victim, player, peer, socket } = await established(build, ['10.0.0.2']);
    await player.run(`send ${socket} 0 0 100`);
    await player.run(`close ${socket}`);
    await peer.send(of('RE-CONFIG', parameter(17, u32(peer.tsn, 5 << 16))));
    await peer.send(of('RE-CONFIG', parameter(15, u32(peer.tsn + 1))));
    for (let second = 0; second < 10; second++) await victim.advance(1000);
    await expectSound(player);
  });

  test(`an ASCONF that comes again, from elsewhere, after it has deleted the address that it is looked up by; ${watcher} sees no harm`, async () => {
    const { victim, player } = await listening(build);
    const peer = new Puppet(victim, { source: '10.0.0.2' });
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2'), ipv4('10.0.1.2')]);
    for (const source of ['10.0.1.2', '10.0.2.2']) {
      await peer.sendWith({ source }, ...signed(key, deletion(peer.tsn, '10.0.0.2', '10.0.0.2')));
      expect(has(await victim.answers(), 'ASCONF ACK'), source).toBe(true);
    }
    await expectSound(player);
  });

  test(`an end while a sender waits for room; ${watcher} sees no harm`, async () => {
    const { victim, player, peer, socket } = await established(build, ['10.0.0.2']);
    for (let n = 0; n < 30; n++) await player.run(`send ${socket} 0 0 60000`);
    await peer.send(of('ABORT'));
    for (let second = 0; second < 5; second++) await victim.advance(1000);
    await expectSound(player);
  });
});
