import { CHUNK_TYPES } from '../../src/wire/chunk-types.js';
import type { RandomChoices } from '../scenarios/plan.js';
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
  ERROR: (peer) => [chunkOf('ERROR', ...causes(peer.random))],
  ABORT: (peer) => [chunkWithFlags('ABORT', peer.random.integer(0, 1), ...causes(peer.random))],
  SHUTDOWN: (peer) => [chunkOf('SHUTDOWN', u32(near(peer.random, peer.highestTsn)))],
  'SHUTDOWN ACK': () => [chunkOf('SHUTDOWN ACK')],
  'SHUTDOWN COMPLETE': (peer) => [chunkWithFlags('SHUTDOWN COMPLETE', peer.random.integer(0, 1))],
  'ECNE and CWR': (peer) => [
    chunkOf(
      'ECNE',
      u32(near(peer.random, peer.highestTsn)),
      ...(peer.random.chance(0.5) ? [u32(peer.random.integer(0, 9))] : []),
    ),
    chunkOf('CWR', u32(near(peer.random, peer.tsn))),
  ],
  HEARTBEAT: (peer) => [chunkOf('HEARTBEAT', parameter(1, peer.random.bytes(peer.random.pick([0, 4, 40, 1000]))))],
  'HEARTBEAT ACK': heartbeatAck,
  INIT: (peer) => [peer.init({ tag: peer.random.pick([0, peer.tag, peer.random.below(2 ** 32)]) })],
  'INIT ACK': (peer) => [
    initiation('INIT ACK', { tag: peer.tag, tsn: peer.tsn, parameters: [parameter(7, peer.cookie)] }),
  ],
  'COOKIE ECHO': (peer) => [
    chunkOf('COOKIE ECHO', peer.random.pick([peer.cookie, peer.oldCookie, changed(peer.random, peer.cookie)])),
  ],
  'COOKIE ACK': () => [chunkOf('COOKIE ACK')],
  'PACKET DROPPED': packetDropped,
  'unknown chunk': (peer) => [
    chunk(
      peer.random.pick([0x3f, 0x7f, 0xbf, 0xff, peer.random.below(256)]),
      peer.random.below(256),
      peer.random.bytes(8),
    ),
    ...message(peer),
  ],
  PAD: (peer) => [chunkOf('PAD', new Uint8Array(peer.random.integer(0, 100)))],
};

/** The correct number, or one that is slightly or completely wrong. */
export function near(random: RandomChoices, value: number): number {
  if (random.chance(0.4)) return value >>> 0;
  if (random.chance(0.2)) return random.below(2 ** 32);
  return (value + random.pick([-(2 ** 31), -5000, -100, -2, -1, 1, 1, 2, 3, 10, 100, 4000, 70_000, 2 ** 31])) >>> 0;
}

const streamOf = ({ random, streams }: Hostile): number =>
  random.chance(0.8)
    ? random.integer(0, Math.min(streams, 10) - 1)
    : random.pick([streams - 1, streams, 9, 1999, 65_535]);

const several = (peer: Hostile, make: (peer: Hostile) => Uint8Array): Uint8Array[] =>
  peer.random.list(peer.random.integer(1, 4), () => make(peer));

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
  return chunkWithFlags('I-DATA', flags, u32(tsn), u16(stream, peer.random.below(2)), u32(number, last), payload);
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
  const stream = peer.random.integer(0, Math.min(peer.streams, 10) - 1);
  const isUnordered = peer.random.chance(0.3);
  const number = isUnordered ? 0 : nextNumber(peer, stream);
  const flags = WHOLE | (isUnordered ? UNORDERED : 0);
  const bytes = peer.random.pick([1, 2, 100, 1000]);
  return [dataChunk(peer, { tsn: nextTsn(peer), stream, number, fsn: 0, flags, bytes }, peer.isInterleaved)];
}

/** Fragments of a message in any order; the first, the last or a middle one may be missing. */
function parts(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const stream = random.integer(0, Math.min(peer.streams, 10) - 1);
  const unordered = random.chance(0.3) ? UNORDERED : 0;
  const number = nextNumber(peer, stream);
  // many large fragments start partial delivery
  const [count, bytes] = random.chance(0.1) ? [40, 1200] : [random.integer(2, 8), random.pick([1, 10, 150])];
  const missing = random.chance(0.6) ? random.integer(0, count - 1) : -1;
  const made = random
    .list(count, (fsn) => {
      const flags = unordered | (fsn === 0 ? BEGINNING : 0) | (fsn === count - 1 ? END : 0);
      const fields = { tsn: nextTsn(peer), stream, number, fsn, flags, bytes };
      return dataChunk(peer, fields, peer.isInterleaved);
    })
    .filter((_, index) => index !== missing);
  return random.chance(0.3) ? made.reverse() : made;
}

/** A message that is started, perhaps partially delivered, and abandoned. */
function givenUp(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const begun = parts(peer);
  const stream = (begun[0]?.[8] ?? 0) * 256 + (begun[0]?.[9] ?? 0);
  const number = (peer.numbers.get(stream) ?? 1) - 1;
  const upTo = u32((peer.tsn - 1) >>> 0);
  const forwarded = peer.isInterleaved
    ? chunkOf('I-FORWARD TSN', upTo, u16(stream, random.below(2)), u32(number))
    : chunkOf('FORWARD TSN', upTo, u16(stream, number));
  return random.chance(0.5) ? [...begun, forwarded] : [forwarded, ...begun];
}

function evilData(peer: Hostile, isInterleaved: boolean): Uint8Array {
  const { random } = peer;
  const stream = streamOf(peer);
  const flags = random.chance(0.5) ? WHOLE | random.pick([0, UNORDERED]) : random.below(16);
  const number = near(random, peer.numbers.get(stream) ?? 0);
  const bytes = random.chance(0.03) ? 0 : random.pick([1, 7, 300, 1200]);
  const tsn = random.chance(0.3) ? nextTsn(peer) : near(random, peer.tsn);
  return dataChunk(peer, { tsn, stream, number, fsn: near(random, 1), flags, bytes }, isInterleaved);
}

function forwardTo(peer: Hostile): Uint8Array {
  const { random } = peer;
  if (random.chance(0.5)) return u32(near(random, peer.tsn - 1));
  peer.tsn = (peer.tsn + random.integer(1, 20)) >>> 0; // like a peer that abandons messages before sending them
  return u32((peer.tsn - 1) >>> 0);
}

function forward(peer: Hostile): Uint8Array[] {
  const named = peer.random.list(peer.random.integer(0, 4), () => {
    const stream = streamOf(peer);
    return u16(stream, near(peer.random, (peer.numbers.get(stream) ?? 1) - 1));
  });
  return [chunkOf('FORWARD TSN', forwardTo(peer), ...named)];
}

function interleavedForward(peer: Hostile): Uint8Array[] {
  const named = peer.random.list(peer.random.integer(0, 4), () => {
    const stream = streamOf(peer);
    return [u16(stream, peer.random.below(2)), u32(near(peer.random, (peer.numbers.get(stream) ?? 1) - 1))];
  });
  return [chunkOf('I-FORWARD TSN', forwardTo(peer), ...named.flat())];
}

const gap = (random: RandomChoices): readonly [number, number] => {
  const start = random.pick([0, 1, 2, 3, random.integer(1, 40), random.below(65_536)]);
  return [start, random.chance(0.8) ? start + random.integer(0, 5) : random.below(65_536)];
};
const windowOf = (random: RandomChoices): number => random.pick([0, 0, 1, 1500, 65_536, 131_072, 0xffff_ffff]);

function evilSack(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const cumulative = near(random, peer.highestTsn);
  if (random.chance(0.5)) return [sack(cumulative, [], windowOf(random))];
  const made = sack(
    cumulative,
    random.list(random.pick([1, 2, 5, 50, 300]), () => gap(random)),
    windowOf(random),
  );
  if (random.chance(0.2)) made[13] = random.below(256); // a wrong number of gap ack blocks
  if (random.chance(0.2)) made[15] = random.below(256); // and of duplicate TSNs
  return [made];
}

function nrSack(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const gaps = random.list(random.integer(0, 5), () => gap(random));
  const counts = u16(gaps.length, random.integer(0, 5), random.integer(0, 2), 0);
  const value = [u32(near(random, peer.highestTsn), windowOf(random)), counts, ...gaps.map((each) => u16(...each))];
  return [chunk(NR_SACK, 0, ...value)];
}

function reconfiguration(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const sequence = () => {
    if (random.chance(0.3)) return near(random, peer.request);
    peer.request = (peer.request + 1) >>> 0;
    return (peer.request - 1) >>> 0;
  };
  const streams = () => random.list(random.pick([0, 1, 1, 3, 30]), () => u16(streamOf(peer)));
  const make: readonly (() => Uint8Array)[] = [
    () =>
      parameter(OUTGOING, u32(sequence(), near(random, peer.victimRequest), near(random, peer.tsn - 1)), ...streams()),
    () => parameter(INCOMING, u32(sequence()), ...streams()),
    () => parameter(ASSOCIATION, u32(sequence())),
    () => parameter(RESPONSE, u32(near(random, peer.victimRequest), random.integer(0, 8))),
    () =>
      parameter(
        RESPONSE,
        u32(near(random, peer.victimRequest), 1, near(random, peer.tsn), near(random, peer.highestTsn)),
      ),
    () => parameter(ADD_OUTGOING, u32(sequence()), u16(random.pick([0, 1, 5, 1000, 65_535]), 0)),
    () => parameter(ADD_INCOMING, u32(sequence()), u16(random.pick([0, 1, 5, 1000, 65_535]), 0)),
  ];
  return [chunkOf('RE-CONFIG', ...random.list(random.pick([1, 1, 2, 3]), () => random.pick(make)()))];
}

const address = (random: RandomChoices): Uint8Array =>
  ipv4(
    random.pick([...HOSTILE, ...HOSTILE, ...CLIENT, ...SERVER, '0.0.0.0', '10.0.9.9', '255.255.255.255', '224.0.0.1']),
  );

function asconf(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const serial = random.chance(0.7) ? peer.serial : near(random, peer.serial);
  if (serial === peer.serial) peer.serial = (serial + 1) >>> 0;
  const change = () =>
    parameter(random.pick([ADD_ADDRESS, DELETE_ADDRESS, SET_PRIMARY]), u32(random.below(9)), address(random));
  const odd = () => parameter(random.pick([ADAPTATION, 0xc009, 5]), u32(1));
  const changes = random.list(random.pick([1, 1, 2, 5]), () => (random.chance(0.9) ? change() : odd()));
  const made = chunkOf('ASCONF', u32(serial), ipv4(random.chance(0.2) ? '0.0.0.0' : peer.source), ...changes);
  return random.chance(0.8) ? peer.authenticated(made) : [made];
}

function asconfAck(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const results = random.list(random.integer(0, 2), () =>
    parameter(random.pick([0xc003, 0xc005]), u32(random.below(9))),
  );
  const made = chunkOf('ASCONF ACK', u32(near(random, peer.targetTsn)), ...results);
  return random.chance(0.8) ? peer.authenticated(made) : [made];
}

function badAuth(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const hmac = random.bytes(random.pick([0, 4, 20, 32, 200]));
  const made = chunkOf('AUTH', u16(random.pick([0, 1, 65_535]), random.pick([0, 1, 2, 3, 65_535])), hmac);
  return [made, ...(random.chance(0.5) ? message(peer) : [])];
}

function heartbeatAck(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  return [chunkOf('HEARTBEAT ACK', parameter(1, random.bytes(random.pick([0, 8, 40, 48, 56, 200]))))];
}

/** A middlebox's report of a packet of the server that it claims to have dropped. */
function packetDropped(peer: Hostile): Uint8Array[] {
  const { random } = peer;
  const sizes = u32(random.below(2 ** 17), random.below(2 ** 17));
  const dropped = peer.packet([random.pick([message, evilSack, asconf])(peer)[0] ?? u8()], { tag: peer.tag });
  return [chunk(PACKET_DROPPED, random.below(8), sizes, u16(dropped.length, 0), dropped)];
}

/** Error causes with values of any kind (RFC 9260 §3.3.10). */
const causes = (random: RandomChoices): Uint8Array[] =>
  random.list(random.pick([0, 1, 2]), () => {
    const value = random.pick([
      random.bytes(4),
      random.bytes(0),
      chunk(random.pick(CODES), 0, random.bytes(8)),
      u32(1000),
    ]);
    return parameter(random.pick([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 0xa0, 0xa1, 0x104, 0x105]), value);
  });
const CODES = Object.values(CHUNK_TYPES);

function changed(random: RandomChoices, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
  return copy;
}
