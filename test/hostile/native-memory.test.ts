import { afterEach, describe, expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/decode.js';
import { authenticated, connectWithAsconf, deletion } from '../support/auth-chunks.js';
import { Child } from '../support/child.js';
import { NativeStack } from '../support/native-stack.js';
import { chunkOf, FEATURES, ipv4, parameter, sack, u16, u32 } from '../support/packets.js';
import { has, ScriptedPeer } from '../support/scripted-peer.js';
import type { Answer, PacketAddresses, TargetHost } from '../support/target-stack.js';

/** scripts/tests.sh builds both from the same C sources as the module. */
const BUILDS = { asan: 'the address sanitizer', invariants: 'INVARIANTS' };
const SCTP = 132;
const SCTP_RESET_STREAMS = 0x901;
const OUTGOING = 2;
const SCTP_CMT_ON_OFF = 0x1200;

afterEach(() => Child.endAll());

/** The C side alone, as a target. It does not report the destinations of its packets. */
class NativeTarget implements TargetHost {
  readonly native: NativeStack;

  constructor(build: string) {
    this.native = new NativeStack(build);
  }

  async inject(bytes: Uint8Array, { source, destination }: PacketAddresses): Promise<void> {
    await this.native.run(`packet ${source} ${destination} ${Buffer.from(bytes).toString('hex')}`);
  }

  async answers(): Promise<readonly Answer[]> {
    return this.native
      .channel()
      .received()
      .map((bytes) => ({ ...decodePacket(bytes), destination: '', port: 0, length: bytes.length }));
  }

  async advance(ms: number): Promise<void> {
    await this.native.run(`time ${ms}`);
  }
}

async function listening(build: string, style = 'one-to-one') {
  const target = new NativeTarget(build);
  const { native } = target;
  const listener = await native.run(`socket ${style}`);
  await native.run(`prepare ${listener} 10 10 7`);
  await native.run(`bind ${listener} 5001`);
  await native.run(`listen ${listener}`);
  return { target, native, listener };
}

async function established(build: string, addresses: readonly string[], style = 'one-to-one') {
  const { target, native, listener } = await listening(build, style);
  const peer = new ScriptedPeer(target, { source: addresses[0]! });
  await peer.connect({ parameters: [...FEATURES, ...addresses.map(ipv4)] });
  const socket = style === 'one-to-one' ? await native.run(`accept ${listener}`) : listener;
  return { target, native, peer, listener, socket };
}

async function restarted(target: TargetHost, source: string, ...also: Uint8Array[]): Promise<ScriptedPeer> {
  const again = new ScriptedPeer(target, { tag: 0x2222_2222, tsn: 5000, source });
  await again.connect({ parameters: [...FEATURES, ipv4(source)] }, ...also);
  return again;
}

const hex = (bytes: readonly Uint8Array[]): string => Buffer.concat(bytes).toString('hex');
const little16 = (value: number): Uint8Array => u16(((value & 0xff) << 8) | (value >> 8));

async function expectNoErrors(native: NativeStack): Promise<void> {
  expect(await native.end(), native.output).toBe(0);
}

describe.each(Object.entries(BUILDS))('under %s', (build, watcher) => {
  test.each([true, false])(
    `a restart while a RE-CONFIG is outstanding, answered: %s; ${watcher} finds no error`,
    async (isAnswered) => {
      const { target, native, peer, socket } = await established(build, ['10.0.0.2']);
      const request = [u32(0), little16(OUTGOING), little16(1), little16(1)];
      expect(await native.run(`setopt ${socket} ${SCTP} ${SCTP_RESET_STREAMS} ${hex(request)}`)).toBe(0);
      await target.advance(1);
      const answer = chunkOf('RE-CONFIG', parameter(16, u32(peer.targetTsn, 1)));
      await restarted(target, '10.0.0.2', ...(isAnswered ? [answer] : []));
      for (let second = 0; second < 40; second++) await target.advance(1000);
      await expectNoErrors(native);
    },
  );

  test.each([0, 1])(
    `a restart with fewer addresses while DATA is outstanding, multipath %i; ${watcher} finds no error`,
    async (multipath) => {
      const { target, native, socket } = await established(build, ['10.0.0.4', '10.0.0.2', '10.0.0.3', '10.0.0.5']);
      await native.run(`setopt ${socket} ${SCTP} ${SCTP_CMT_ON_OFF} ${hex([u32(0), u16(multipath << 8), u16(0)])}`);
      for (let n = 0; n < 4; n++) await native.run(`send ${socket} 0 0 3000`);
      for (let second = 0; second < 200; second++) await target.advance(1000);
      await native.run(`send ${socket} 0 0 100`);
      const again = await restarted(target, '10.0.0.5');
      await native.run(`send ${socket} 0 0 100`);
      await again.send(again.message());
      for (let second = 0; second < 20; second++) await target.advance(1000);
      await again.send(sack(again.targetTsn));
      for (let second = 0; second < 60; second++) await target.advance(1000);
      await expectNoErrors(native);
    },
  );

  test.each(['COOKIE-WAIT', 'COOKIE-ECHOED'])(
    `a collision in %s with a closed socket; ${watcher} finds no error`,
    async (state) => {
      const target = new NativeTarget(build);
      const { native } = target;
      const socket = await native.run('socket one-to-one');
      await native.run(`bind ${socket} 5001`);
      await native.run(`connect ${socket} 10.0.0.2 4000`);
      const peer = new ScriptedPeer(target);
      await peer.takeInit();
      await native.run(`send ${socket} 0 0 10`);
      if (state === 'COOKIE-WAIT') await native.run(`close ${socket}`);
      else await peer.sendInitAck();
      await peer.sendInit();
      const answers = await target.answers();
      if (state === 'COOKIE-ECHOED') await native.run(`close ${socket}`);
      if (answers.some(({ chunks }) => chunks[0]?.type === 'INIT ACK')) {
        peer.takeInitAck(answers);
        await peer.send(chunkOf('COOKIE ECHO', peer.cookie));
      }
      for (let second = 0; second < 10; second++) await target.advance(1000);
      await expectNoErrors(native);
    },
  );

  test(`RE-CONFIG for an association whose socket is closed; ${watcher} finds no error`, async () => {
    const { target, native, peer, socket } = await established(build, ['10.0.0.2']);
    await native.run(`send ${socket} 0 0 100`);
    await native.run(`close ${socket}`);
    await peer.send(chunkOf('RE-CONFIG', parameter(17, u32(peer.tsn, 5 << 16))));
    await peer.send(chunkOf('RE-CONFIG', parameter(15, u32(peer.tsn + 1))));
    for (let second = 0; second < 10; second++) await target.advance(1000);
    await expectNoErrors(native);
  });

  test(`an ASCONF retransmitted from another address after it deleted the address that identifies its association; ${watcher} finds no error`, async () => {
    const { target, native } = await listening(build);
    const peer = new ScriptedPeer(target, { source: '10.0.0.2' });
    const key = await connectWithAsconf(peer, [ipv4('10.0.0.2'), ipv4('10.0.1.2')]);
    for (const source of ['10.0.1.2', '10.0.2.2']) {
      await peer.sendWith({ source }, ...authenticated(key, deletion(peer.tsn, '10.0.0.2', '10.0.0.2')));
      expect(has(await target.answers(), 'ASCONF ACK'), source).toBe(true);
    }
    await expectNoErrors(native);
  });

  test(`an association that ends while a sender waits for buffer space; ${watcher} finds no error`, async () => {
    const { target, native, peer, socket } = await established(build, ['10.0.0.2']);
    for (let n = 0; n < 30; n++) await native.run(`send ${socket} 0 0 60000`);
    await peer.send(chunkOf('ABORT'));
    for (let second = 0; second < 5; second++) await target.advance(1000);
    await expectNoErrors(native);
  });
});
