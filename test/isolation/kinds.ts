import { CHUNK_TYPES } from '../../src/wire/chunk-types.js';
import type { Dice } from '../scenarios/plan.js';
import { chunk, chunkOf, chunkWithFlags, initiation, ipv4, parameter, sack, u8, u16, u32 } from '../support/packets.js';
import { CLIENT, HOSTILE, type Hostile, SERVER } from './hostile.js';

const [NR_SACK, PACKET_DROPPED] = [0x10, 0x81];
const [OUTGOING, INCOMING, ASSOCIATION, RESPONSE, ADD_OUTGOING, ADD_INCOMING] = [13, 14, 15, 16, 17, 18];
const [ADD_ADDRESS, DELETE_ADDRESS, SET_PRIMARY, ADAPTATION] = [0xc001, 0xc002, 0xc004, 0xc006];
const [END, BEGINNING, UNORDERED] = [1, 2, 4];
const WHOLE = BEGINNING | END;

/** Makes the chunks of a packet. */
type Maker = (peer: Hostile) => readonly Uint8Array[];

/** The chunks of generated packets of a hostile peer, by name. */
export const KINDS: Readonly<Record<string, Maker>> = {
  message,
  'message in parts': parts,
  'message given up': givenUp,
  DATA: (peer) => several(peer, (each) => evilData(each, false)),
  'I-DATA': (peer) => several(peer, (each) => evilData(each, true)),
  'FORWARD TSN': forward,
  'I-FORWARD TSN': interleavedForward,
  SACK: evilSack,
  'NR-SACK': nrSack,
  'RE-CONFIG': reconfiguration,
  ASCONF: asconf,
  'ASCONF ACK': asconfAck,
  AUTH: badAuth,
  'AUTH with DATA': (peer) => peer.authenticated(...message(peer)),
  ERROR: (peer) => [chunkOf('ERROR', ...causes(peer.dice))],
  ABORT: (peer) => [chunkWithFlags('ABORT', peer.dice.integer(0, 1), ...causes(peer.dice))],
  SHUTDOWN: (peer) => [chunkOf('SHUTDOWN', u32(near(peer.dice, peer.highestTsn)))],
  'SHUTDOWN ACK': () => [chunkOf('SHUTDOWN ACK')],
  'SHUTDOWN COMPLETE': (peer) => [chunkWithFlags('SHUTDOWN COMPLETE', peer.dice.integer(0, 1))],
  'ECNE and CWR': (peer) => [
    chunkOf(
      'ECNE',
      u32(near(peer.dice, peer.highestTsn)),
      ...(peer.dice.chance(0.5) ? [u32(peer.dice.integer(0, 9))] : []),
    ),
    chunkOf('CWR', u32(near(peer.dice, peer.tsn))),
  ],
  HEARTBEAT: (peer) => [chunkOf('HEARTBEAT', parameter(1, peer.dice.bytes(peer.dice.pick([0, 4, 40, 1000]))))],
  'HEARTBEAT ACK': heartbeatAck,
  INIT: (peer) => [peer.init({ tag: peer.dice.pick([0, peer.tag, peer.dice.below(2 ** 32)]) })],
  'INIT ACK': (peer) => [
    initiation('INIT ACK', { tag: peer.tag, tsn: peer.tsn, parameters: [parameter(7, peer.cookie)] }),
  ],
  'COOKIE ECHO': (peer) => [
    chunkOf('COOKIE ECHO', peer.dice.pick([peer.cookie, peer.oldCookie, changed(peer.dice, peer.cookie)])),
  ],
  'COOKIE ACK': () => [chunkOf('COOKIE ACK')],
  'PACKET DROPPED': packetDropped,
  'unknown chunk': (peer) => [
    chunk(peer.dice.pick([0x3f, 0x7f, 0xbf, 0xff, peer.dice.below(256)]), peer.dice.below(256), peer.dice.bytes(8)),
    ...message(peer),
  ],
  PAD: (peer) => [chunkOf('PAD', new Uint8Array(peer.dice.integer(0, 100)))],
};

/** The correct number, or one that is slightly or completely wrong. */
export function near(dice: Dice, value: number): number {
  if (dice.chance(0.4)) return value >>> 0;
  if (dice.chance(0.2)) return dice.below(2 ** 32);
  return (value + dice.pick([-(2 ** 31), -5000, -100, -2, -1, 1, 1, 2, 3, 10, 100, 4000, 70_000, 2 ** 31])) >>> 0;
}

const streamOf = ({ dice, streams }: Hostile): number =>
  dice.chance(0.8) ? dice.integer(0, Math.min(streams, 10) - 1) : dice.pick([streams - 1, streams, 9, 1999, 65_535]);

const several = (peer: Hostile, make: (peer: Hostile) => Uint8Array): Uint8Array[] =>
  peer.dice.list(peer.dice.integer(1, 4), () => make(peer));

interface Numbered {
  readonly tsn: number;
  readonly stream: number;
  readonly number: number;
  readonly fsn: number;
  readonly flags: number;
  readonly bytes: number;
}

/** DATA, or I-DATA if it was negotiated. */
function dataChunk(peer: Hostile, { tsn, stream, number, fsn, flags, bytes }: Numbered, isInterleaved: boolean) {
  const payload = new Uint8Array(bytes).fill(0x66);
  if (!isInterleaved) return chunkWithFlags('DATA', flags, u32(tsn), u16(stream, number & 0xffff), u32(0x66), payload);
  const last = flags & BEGINNING ? 0x66 : fsn;
  return chunkWithFlags('I-DATA', flags, u32(tsn), u16(stream, peer.dice.below(2)), u32(number, last), payload);
}

function nextNumber({ numbers }: Hostile, stream: number): number {
  const number = numbers.get(stream) ?? 0;
  numbers.set(stream, number + 1);
  return number;
}

const nextTsn = (peer: Hostile): number => {
  const { tsn } = peer;
  peer.tsn = (tsn + 1) >>> 0;
  return tsn;
};

/** A valid message. */
function message(peer: Hostile): Uint8Array[] {
  const stream = peer.dice.integer(0, Math.min(peer.streams, 10) - 1);
  const isUnordered = peer.dice.chance(0.3);
  const number = isUnordered ? 0 : nextNumber(peer, stream);
  const flags = WHOLE | (isUnordered ? UNORDERED : 0);
  const bytes = peer.dice.pick([1, 2, 100, 1000]);
  return [dataChunk(peer, { tsn: nextTsn(peer), stream, number, fsn: 0, flags, bytes }, peer.isInterleaved)];
}

/** Fragments of a message in any order; the first, the last or a middle one may be missing. */
function parts(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const stream = dice.integer(0, Math.min(peer.streams, 10) - 1);
  const unordered = dice.chance(0.3) ? UNORDERED : 0;
  const number = nextNumber(peer, stream);
  // many large fragments start partial delivery
  const [count, bytes] = dice.chance(0.1) ? [40, 1200] : [dice.integer(2, 8), dice.pick([1, 10, 150])];
  const missing = dice.chance(0.6) ? dice.integer(0, count - 1) : -1;
  const made = dice
    .list(count, (fsn) => {
      const flags = unordered | (fsn === 0 ? BEGINNING : 0) | (fsn === count - 1 ? END : 0);
      const fields = { tsn: nextTsn(peer), stream, number, fsn, flags, bytes };
      return dataChunk(peer, fields, peer.isInterleaved);
    })
    .filter((_, index) => index !== missing);
  return dice.chance(0.3) ? made.reverse() : made;
}

/** A message that is started, perhaps partially delivered, and abandoned. */
function givenUp(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const begun = parts(peer);
  const stream = (begun[0]?.[8] ?? 0) * 256 + (begun[0]?.[9] ?? 0);
  const number = (peer.numbers.get(stream) ?? 1) - 1;
  const upTo = u32((peer.tsn - 1) >>> 0);
  const forwarded = peer.isInterleaved
    ? chunkOf('I-FORWARD TSN', upTo, u16(stream, dice.below(2)), u32(number))
    : chunkOf('FORWARD TSN', upTo, u16(stream, number));
  return dice.chance(0.5) ? [...begun, forwarded] : [forwarded, ...begun];
}

function evilData(peer: Hostile, isInterleaved: boolean): Uint8Array {
  const { dice } = peer;
  const stream = streamOf(peer);
  const flags = dice.chance(0.5) ? WHOLE | dice.pick([0, UNORDERED]) : dice.below(16);
  const number = near(dice, peer.numbers.get(stream) ?? 0);
  const bytes = dice.chance(0.03) ? 0 : dice.pick([1, 7, 300, 1200]);
  const tsn = dice.chance(0.3) ? nextTsn(peer) : near(dice, peer.tsn);
  return dataChunk(peer, { tsn, stream, number, fsn: near(dice, 1), flags, bytes }, isInterleaved);
}

function forwardTo(peer: Hostile): Uint8Array {
  const { dice } = peer;
  if (dice.chance(0.5)) return u32(near(dice, peer.tsn - 1));
  peer.tsn = (peer.tsn + dice.integer(1, 20)) >>> 0; // like a peer that abandons messages before sending them
  return u32((peer.tsn - 1) >>> 0);
}

function forward(peer: Hostile): Uint8Array[] {
  const named = peer.dice.list(peer.dice.integer(0, 4), () => {
    const stream = streamOf(peer);
    return u16(stream, near(peer.dice, (peer.numbers.get(stream) ?? 1) - 1));
  });
  return [chunkOf('FORWARD TSN', forwardTo(peer), ...named)];
}

function interleavedForward(peer: Hostile): Uint8Array[] {
  const named = peer.dice.list(peer.dice.integer(0, 4), () => {
    const stream = streamOf(peer);
    return [u16(stream, peer.dice.below(2)), u32(near(peer.dice, (peer.numbers.get(stream) ?? 1) - 1))];
  });
  return [chunkOf('I-FORWARD TSN', forwardTo(peer), ...named.flat())];
}

const gap = (dice: Dice): readonly [number, number] => {
  const start = dice.pick([0, 1, 2, 3, dice.integer(1, 40), dice.below(65_536)]);
  return [start, dice.chance(0.8) ? start + dice.integer(0, 5) : dice.below(65_536)];
};
const windowOf = (dice: Dice): number => dice.pick([0, 0, 1, 1500, 65_536, 131_072, 0xffff_ffff]);

function evilSack(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const cumulative = near(dice, peer.highestTsn);
  if (dice.chance(0.5)) return [sack(cumulative, [], windowOf(dice))];
  const made = sack(
    cumulative,
    dice.list(dice.pick([1, 2, 5, 50, 300]), () => gap(dice)),
    windowOf(dice),
  );
  if (dice.chance(0.2)) made[13] = dice.below(256); // a wrong number of gap ack blocks
  if (dice.chance(0.2)) made[15] = dice.below(256); // and of duplicate TSNs
  return [made];
}

function nrSack(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const gaps = dice.list(dice.integer(0, 5), () => gap(dice));
  const counts = u16(gaps.length, dice.integer(0, 5), dice.integer(0, 2), 0);
  const value = [u32(near(dice, peer.highestTsn), windowOf(dice)), counts, ...gaps.map((each) => u16(...each))];
  return [chunk(NR_SACK, 0, ...value)];
}

function reconfiguration(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const sequence = () => {
    if (dice.chance(0.3)) return near(dice, peer.request);
    peer.request = (peer.request + 1) >>> 0;
    return (peer.request - 1) >>> 0;
  };
  const streams = () => dice.list(dice.pick([0, 1, 1, 3, 30]), () => u16(streamOf(peer)));
  const make: readonly (() => Uint8Array)[] = [
    () => parameter(OUTGOING, u32(sequence(), near(dice, peer.victimRequest), near(dice, peer.tsn - 1)), ...streams()),
    () => parameter(INCOMING, u32(sequence()), ...streams()),
    () => parameter(ASSOCIATION, u32(sequence())),
    () => parameter(RESPONSE, u32(near(dice, peer.victimRequest), dice.integer(0, 8))),
    () =>
      parameter(RESPONSE, u32(near(dice, peer.victimRequest), 1, near(dice, peer.tsn), near(dice, peer.highestTsn))),
    () => parameter(ADD_OUTGOING, u32(sequence()), u16(dice.pick([0, 1, 5, 1000, 65_535]), 0)),
    () => parameter(ADD_INCOMING, u32(sequence()), u16(dice.pick([0, 1, 5, 1000, 65_535]), 0)),
  ];
  return [chunkOf('RE-CONFIG', ...dice.list(dice.pick([1, 1, 2, 3]), () => dice.pick(make)()))];
}

const address = (dice: Dice): Uint8Array =>
  ipv4(
    dice.pick([...HOSTILE, ...HOSTILE, ...CLIENT, ...SERVER, '0.0.0.0', '10.0.9.9', '255.255.255.255', '224.0.0.1']),
  );

function asconf(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const serial = dice.chance(0.7) ? peer.serial : near(dice, peer.serial);
  if (serial === peer.serial) peer.serial = (serial + 1) >>> 0;
  const change = () =>
    parameter(dice.pick([ADD_ADDRESS, DELETE_ADDRESS, SET_PRIMARY]), u32(dice.below(9)), address(dice));
  const odd = () => parameter(dice.pick([ADAPTATION, 0xc009, 5]), u32(1));
  const changes = dice.list(dice.pick([1, 1, 2, 5]), () => (dice.chance(0.9) ? change() : odd()));
  const made = chunkOf('ASCONF', u32(serial), ipv4(dice.chance(0.2) ? '0.0.0.0' : peer.source), ...changes);
  return dice.chance(0.8) ? peer.authenticated(made) : [made];
}

function asconfAck(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const results = dice.list(dice.integer(0, 2), () => parameter(dice.pick([0xc003, 0xc005]), u32(dice.below(9))));
  const made = chunkOf('ASCONF ACK', u32(near(dice, peer.targetTsn)), ...results);
  return dice.chance(0.8) ? peer.authenticated(made) : [made];
}

function badAuth(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const hmac = dice.bytes(dice.pick([0, 4, 20, 32, 200]));
  const made = chunkOf('AUTH', u16(dice.pick([0, 1, 65_535]), dice.pick([0, 1, 2, 3, 65_535])), hmac);
  return [made, ...(dice.chance(0.5) ? message(peer) : [])];
}

function heartbeatAck(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  return [chunkOf('HEARTBEAT ACK', parameter(1, dice.bytes(dice.pick([0, 8, 40, 48, 56, 200]))))];
}

/** A middlebox's report of a packet of the server that it claims to have dropped. */
function packetDropped(peer: Hostile): Uint8Array[] {
  const { dice } = peer;
  const sizes = u32(dice.below(2 ** 17), dice.below(2 ** 17));
  const dropped = peer.packet([dice.pick([message, evilSack, asconf])(peer)[0] ?? u8()], { tag: peer.tag });
  return [chunk(PACKET_DROPPED, dice.below(8), sizes, u16(dropped.length, 0), dropped)];
}

/** Error causes with values of any kind (RFC 9260 §3.3.10). */
const causes = (dice: Dice): Uint8Array[] =>
  dice.list(dice.pick([0, 1, 2]), () => {
    const value = dice.pick([dice.bytes(4), dice.bytes(0), chunk(dice.pick(CODES), 0, dice.bytes(8)), u32(1000)]);
    return parameter(dice.pick([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 0xa0, 0xa1, 0x104, 0x105]), value);
  });
const CODES = Object.values(CHUNK_TYPES);

function changed(dice: Dice, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[dice.below(copy.length)]! ^= 1 << dice.below(8);
  return copy;
}
