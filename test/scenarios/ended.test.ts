import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { concat } from '../../src/pcapng/block.js';
import {
  CHUNK_LIST,
  extensions,
  FEATURES,
  ipv4,
  of,
  parameter,
  RANDOM,
  REQUESTED_HMACS,
  u8,
  u16,
  u32,
} from '../support/forged.js';
import { chunksOf, Puppet } from '../support/puppet.js';
import { StackVictim } from '../support/victim.js';

const SHA1 = 1;
const DELETE_ADDRESS = 0xc002;
const MINE = [
  parameter(RANDOM, new Uint8Array(32).fill(0x5a)),
  parameter(CHUNK_LIST, u8(0xc1, 0x80)),
  parameter(REQUESTED_HMACS, u16(SHA1)),
];
const CAN = [extensions('RE-CONFIG', 'ASCONF', 'ASCONF ACK', 'AUTH'), ...FEATURES.slice(1), ...MINE];

/** The key of an association without shared keys (RFC 4895 §6.1): what both ends have said, the smaller one first. */
function keyOf(theirs: Uint8Array): Uint8Array {
  const mine = concat(MINE);
  const width = Math.max(mine.length, theirs.length);
  const padded = (bytes: Uint8Array) => Buffer.concat([Buffer.alloc(width - bytes.length), bytes]);
  return Buffer.compare(padded(mine), padded(theirs)) <= 0 ? concat([mine, theirs]) : concat([theirs, mine]);
}

function authenticated(key: Uint8Array, ...chunks: Uint8Array[]): Uint8Array[] {
  const sign = (mac: Uint8Array) => of('AUTH', u16(0, SHA1), mac);
  const digest = createHmac('sha1', key)
    .update(concat([sign(new Uint8Array(20)), ...chunks]))
    .digest();
  return [sign(digest), ...chunks];
}

/** What a stack holds after a one-to-many socket with one association, which a packet of the peer's has ended, is closed. */
async function memoryAfter(packet: (key: Uint8Array, peer: Puppet) => Uint8Array[]): Promise<number> {
  const victim = await StackVictim.create();
  const listener = victim.stack.socket({ style: 'one-to-many' });
  listener.bindx([{ address: '10.0.0.1', port: 5001 }]);
  listener.listen();
  const peer = new Puppet(victim);
  await peer.sendInit({ parameters: [...CAN, ipv4('10.0.0.2'), ipv4('10.0.0.3')] });
  const answers = await victim.answers();
  peer.takeInitAck(answers);
  const ack = chunksOf(answers)[0];
  if (ack?.type !== 'INIT ACK') throw new Error('no INIT ACK');
  const said = [RANDOM, CHUNK_LIST, REQUESTED_HMACS].map((code) => {
    return parameter(code, ack.parameters.find((each) => each.code === code)!.value);
  });
  await peer.send(of('COOKIE ECHO', peer.cookie));
  const association = await listener.accept();
  await peer.send(...packet(keyOf(concat(said)), peer));
  await association.closed;
  await victim.advance(1000);
  const closed = listener.close();
  await victim.advance(1000);
  await closed;
  const bytes = victim.stack.memoryInUse;
  await victim.close();
  return bytes;
}

test('a socket is freed whose association has ended while a path of it was being deleted', async () => {
  const usual = await memoryAfter(() => [of('ABORT')]);
  const request = parameter(DELETE_ADDRESS, u32(7), ipv4('10.0.0.3'));
  const asconf = (peer: Puppet) => of('ASCONF', u32(peer.tsn), ipv4('10.0.0.2'), request);
  const special = await memoryAfter((key, peer) => authenticated(key, asconf(peer), of('ABORT')));
  expect(special).toBe(usual);
});
