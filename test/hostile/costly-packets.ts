import type { Association } from '../../src/index.js';
import {
  CHUNKS,
  chunk,
  chunkOf,
  chunkWithFlags,
  ecnSupported,
  extensions,
  forwardTsnSupported,
  HMAC_ALGO,
  initiation,
  ipv4,
  parameter,
  RANDOM,
  sack,
  u8,
  u16,
  u32,
} from '../support/packets.js';
import { chunksOf, ScriptedPeer } from '../support/scripted-peer.js';
import { TargetStack } from '../support/target-stack.js';

/** The bytes of chunks that fit into a packet on an Ethernet link. */
const PACKET_BYTES = 1500 - 20 - 8 - 12;
const [OUTGOING_RESET, INCOMING_RESET, ASSOCIATION_RESET, RESPONSE, ADD_OUTGOING] = [13, 14, 15, 16, 17];
const [ADD_ADDRESS, DELETE_ADDRESS, SET_PRIMARY] = [0xc001, 0xc002, 0xc004];
const [END, BEGINNING, UNORDERED] = [1, 2, 4];
const WHOLE = BEGINNING | END;
const STREAMS = 2048;

/** A target, and a peer that has an association with it or is setting one up. */
export interface Scene {
  readonly target: TargetStack;
  readonly peer: ScriptedPeer;
  readonly association?: Association;
  /** How many TSNs the target has sent and the peer hasn't acknowledged. */
  readonly inFlight: number;
}

/** How many messages a target that sends has queued. */
export const QUEUED = 6000;
const ROUNDS = 8;

const features = (interleaved = false) => [
  extensions('RE-CONFIG', 'FORWARD TSN', 'ASCONF', 'ASCONF ACK', 'AUTH', ...(interleaved ? (['I-DATA'] as const) : [])),
  forwardTsnSupported,
  ecnSupported,
  parameter(RANDOM, new Uint8Array(32)),
  parameter(CHUNKS, u8(0xc1, 0x80)),
  parameter(HMAC_ALGO, u16(1)),
];

async function established(interleaved = false, also: readonly Uint8Array[] = []): Promise<Scene> {
  const target = await TargetStack.create(['10.0.0.1'], undefined, { peerAddresses: 256 });
  const listener = target.listen({ peerMayReset: 'association', readAheadBytes: 1 });
  if (interleaved) listener.setOption('interleaving', true);
  const peer = new ScriptedPeer(target);
  const fields = {
    outbound: STREAMS,
    inbound: STREAMS,
    window: 16_000_000,
    parameters: [...features(interleaved), ...also],
  };
  await peer.connect(fields);
  const association = await listener.accept();
  await target.answers();
  return { target, peer, association, inFlight: 0 };
}

/** The target has many small messages in flight, and more that wait. */
async function sending(): Promise<Scene> {
  const scene = await established();
  const { target, peer, association } = scene;
  const last = peer.targetTsn - 1;
  for (let number = 0; number < QUEUED; number++) void association!.send(u8(number)).catch(() => {});
  let highest = last;
  let acknowledged = last;
  for (let round = 0; round < ROUNDS; round++) {
    await target.advance(5);
    for (const each of chunksOf(await target.answers()))
      if (each.type === 'DATA') highest = Math.max(highest, each.tsn);
    if (round === ROUNDS - 1) break;
    acknowledged = highest;
    await peer.send(sack(acknowledged, [], 16_000_000));
  }
  peer.targetTsn = acknowledged + 1;
  return { ...scene, inFlight: highest - acknowledged };
}

/** The target has received many messages out of order, on many streams. */
async function receiving(interleaved: boolean): Promise<Scene> {
  const scene = await established(interleaved);
  const { target, peer } = scene;
  peer.tsn++; // the first one never arrives
  for (let packet = 0; packet < 100; packet++) {
    await peer.send(
      ...filled((n) =>
        part(peer, interleaved, {
          stream: (packet * 7 + n) % STREAMS,
          number: packet + 1,
          flags: n % 3 === 0 ? BEGINNING : 0,
          fsn: n,
        }),
      ),
    );
  }
  await target.answers();
  return scene;
}

interface Part {
  readonly stream: number;
  readonly number: number;
  readonly fsn?: number;
  readonly flags: number;
  readonly tsn?: number;
}

function part(
  peer: ScriptedPeer,
  interleaved: boolean,
  { stream, number, fsn = 0, flags, tsn = peer.tsn++ }: Part,
): Uint8Array {
  if (!interleaved) return chunkWithFlags('DATA', flags, u32(tsn), u16(stream, number & 0xffff), u32(0), u8(1));
  return chunkWithFlags('I-DATA', flags, u32(tsn), u16(stream, 0), u32(number, flags & BEGINNING ? 0 : fsn), u8(1));
}

async function connecting(): Promise<Scene> {
  const target = await TargetStack.create(['10.0.0.1']);
  const socket = target.stack.socket();
  socket.bindx([{ address: '10.0.0.1', port: 5001 }]);
  void socket.connect({ address: '10.0.0.2', port: 4000 }).catch(() => {});
  const peer = new ScriptedPeer(target);
  await peer.takeInit();
  return { target, peer, inFlight: 0 };
}

async function echoed(): Promise<Scene> {
  const scene = await connecting();
  await scene.peer.sendInitAck({ parameters: features() });
  await scene.target.answers();
  return scene;
}

async function closing(scene: Scene): Promise<Scene> {
  void scene.association!.close().catch(() => {});
  await scene.target.advance(1);
  await scene.target.answers();
  return scene;
}

/** The states in which a target may be when such a packet arrives, by name. */
export const SITUATIONS: Readonly<Record<string, () => Promise<Scene>>> = {
  'no association': async () => {
    const target = await TargetStack.create(['10.0.0.1']);
    target.listen();
    return { target, peer: new ScriptedPeer(target), inFlight: 0 };
  },
  'COOKIE-WAIT': connecting,
  'COOKIE-ECHOED': echoed,
  idle: () => established(),
  'with 240 addresses of the peer': () =>
    established(
      false,
      Array.from({ length: 240 }, (_, n) => ipv4(`10.0.0.${n + 5}`)),
    ),
  'with much in flight': sending,
  'with messages that are incomplete': () => receiving(false),
  'with interleaved messages that are incomplete': () => receiving(true),
  'SHUTDOWN-SENT': async () => closing(await established()),
  'SHUTDOWN-PENDING': async () => closing(await sending()),
};

/** As many chunks as fit into a packet. */
function filled(make: (index: number) => Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let index = 0; ; index++) {
    const next = make(index);
    bytes += next.length;
    if (bytes > PACKET_BYTES) return chunks;
    chunks.push(next);
  }
}

/** As many entries of `bytes` bytes as fit behind a header. */
const entries = (header: number, bytes: number, make: (index: number) => Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.floor((PACKET_BYTES - header) / bytes) }, (_, index) => make(index));

/** As many gap ack blocks as fit. */
const blocks = (make: (index: number) => readonly [number, number]): (readonly [number, number])[] =>
  Array.from({ length: (PACKET_BYTES - 16) / 4 }, (_, index) => make(index));

const address = (n: number) => ipv4(`10.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`);

/** Packets whose content costs the most for each kind of chunk, by name. */
export const PACKETS: Readonly<Record<string, (scene: Scene) => readonly Uint8Array[]>> = {
  'DATA: messages': ({ peer }) => filled((n) => part(peer, false, { stream: n, number: 0, flags: WHOLE })),
  'DATA: unordered messages': ({ peer }) =>
    filled((n) => part(peer, false, { stream: n, number: 0, flags: WHOLE | UNORDERED })),
  'DATA: messages in reverse order': ({ peer }) => {
    const first = peer.tsn;
    return filled((n) => part(peer, false, { stream: 1, number: 59 - n, flags: WHOLE, tsn: first + 59 - n }));
  },
  'DATA: fragments': ({ peer }) =>
    filled((n) => part(peer, false, { stream: 1, number: 0, flags: n === 0 ? BEGINNING : 0 })),
  'DATA: fragments of one message each': ({ peer }) =>
    filled((n) => part(peer, false, { stream: 1, number: n, flags: BEGINNING })),
  'DATA: duplicates': ({ peer }) =>
    filled(() => part(peer, false, { stream: 1, number: 0, flags: WHOLE, tsn: peer.tsn - 1 })),
  'DATA: every other TSN': ({ peer }) =>
    filled((n) => part(peer, false, { stream: 1, number: n, flags: WHOLE, tsn: peer.tsn + 2 * n })),
  'DATA: far TSNs': ({ peer }) =>
    filled((n) => part(peer, false, { stream: 1, number: n, flags: WHOLE, tsn: peer.tsn + 4000 - 37 * n })),
  'DATA: invalid streams': ({ peer }) =>
    filled((n) => part(peer, false, { stream: 60_000 + n, number: n, flags: WHOLE })),
  'DATA: the missing TSN': ({ peer }) => [part(peer, false, { stream: 0, number: 0, flags: WHOLE, tsn: 1000 })],
  'I-DATA: fragments': ({ peer }) => filled((n) => part(peer, true, { stream: 1, number: 0, fsn: 100 - n, flags: 0 })),
  'I-DATA: messages': ({ peer }) => filled((n) => part(peer, true, { stream: 1, number: 1000 - n, flags: WHOLE })),
  'I-DATA: the missing TSN': ({ peer }) => [part(peer, true, { stream: 0, number: 0, flags: WHOLE, tsn: 1000 })],
  'SACK: overlapping blocks': ({ peer, inFlight }) => [
    sack(
      peer.targetTsn - 1,
      blocks((n) => [2 + (n % 3), Math.max(2, inFlight - (n % 7))]),
    ),
  ],
  'SACK: blocks of one TSN': ({ peer, inFlight }) => [
    sack(
      peer.targetTsn - 1,
      blocks((n) => [2 + 2 * (n % Math.max(1, inFlight >> 1)), 2 + 2 * (n % Math.max(1, inFlight >> 1))]),
    ),
  ],
  'SACK: blocks beyond what was sent': ({ peer }) => [
    sack(
      peer.targetTsn - 1,
      blocks(() => [2, 65_535]),
    ),
  ],
  'SACK: duplicate TSNs': ({ peer }) => [
    chunkOf(
      'SACK',
      u32(peer.targetTsn - 1, 16_000_000),
      u16(0, 300),
      ...Array.from({ length: 300 }, () => u32(peer.targetTsn)),
    ),
  ],
  'SACK: everything': ({ peer, inFlight }) => [sack(peer.targetTsn - 1 + inFlight, [], 16_000_000)],
  'SACK: one more each': ({ peer, inFlight }) =>
    filled((n) => sack(peer.targetTsn + Math.min(n, inFlight) - 1, [], 16_000_000)),
  'SACK: the same again and again': ({ peer, inFlight }) =>
    filled(() => sack(peer.targetTsn - 1, [[2, Math.max(2, inFlight)]], 16_000_000)),
  'SACK: the last one is missing': ({ peer, inFlight }) => [
    sack(peer.targetTsn - 1, [[Math.max(2, inFlight), Math.max(2, inFlight)]], 16_000_000),
  ],
  HEARTBEAT: () => filled(() => chunkOf('HEARTBEAT', parameter(1, u8(1, 2, 3, 4)))),
  // After a HEARTBEAT, each SACK is taken as a chance to find what was lost before it.
  'HEARTBEAT and SACK in turn': ({ peer, inFlight }) =>
    filled((n) =>
      n % 2 === 0
        ? chunkOf('HEARTBEAT', parameter(1, u8(1, 2, 3, 4)))
        : sack(peer.targetTsn - 1, [[2 + (n % Math.max(1, inFlight)), Math.max(2, inFlight)]], 16_000_000),
    ),
  'HEARTBEAT: empty': () => filled(() => chunkOf('HEARTBEAT')),
  'HEARTBEAT ACK': () => filled(() => chunkOf('HEARTBEAT ACK', parameter(1, new Uint8Array(40)))),
  ABORT: () => [chunkOf('ABORT', ...entries(4, 8, (n) => parameter(n + 1, u32(n))))],
  SHUTDOWN: ({ peer, inFlight }) => [chunkOf('SHUTDOWN', u32(peer.targetTsn - 1 + inFlight))],
  'SHUTDOWN: many': ({ peer }) => filled(() => chunkOf('SHUTDOWN', u32(peer.targetTsn - 1))),
  'SHUTDOWN ACK': () => filled(() => chunkOf('SHUTDOWN ACK')),
  'SHUTDOWN COMPLETE': () => filled(() => chunkOf('SHUTDOWN COMPLETE')),
  ERROR: () => filled((n) => chunkOf('ERROR', parameter((n % 13) + 1, u32(n)))),
  'ERROR: many causes': () => [chunkOf('ERROR', ...entries(4, 4, (n) => parameter((n % 13) + 1)))],
  'ERROR: stale cookie': () => filled(() => chunkOf('ERROR', parameter(3, u32(1)))),
  'COOKIE ECHO: wrong': () => filled(() => chunkOf('COOKIE ECHO', new Uint8Array(300))),
  'COOKIE ECHO: again': ({ peer }) =>
    filled(() => chunkOf('COOKIE ECHO', peer.cookie.length > 0 ? peer.cookie : new Uint8Array(300))),
  'COOKIE ACK': () => filled(() => chunkOf('COOKIE ACK')),
  ECNE: ({ peer, inFlight }) => filled((n) => chunkOf('ECNE', u32(peer.targetTsn + (n % Math.max(1, inFlight)), 1))),
  CWR: ({ peer }) => filled((n) => chunkOf('CWR', u32(peer.tsn - n))),
  'FORWARD TSN: streams': ({ peer }) => [
    chunkOf('FORWARD TSN', u32(peer.tsn), ...entries(8, 4, (n) => u16(n, 60_000))),
  ],
  'FORWARD TSN: far': ({ peer }) => [chunkOf('FORWARD TSN', u32(peer.tsn + 4000))],
  'FORWARD TSN: one more each': () => filled((n) => chunkOf('FORWARD TSN', u32(1000 + n), u16(n, n))),
  'I-FORWARD TSN: streams': ({ peer }) => [
    chunkOf('I-FORWARD TSN', u32(peer.tsn), ...entries(8, 8, (n) => u16(n, 0, 0, 60_000))),
  ],
  'I-FORWARD TSN: one more each': () => filled((n) => chunkOf('I-FORWARD TSN', u32(1000 + n), u16(n, 0), u32(n))),
  'RE-CONFIG: outgoing': ({ peer }) => [
    chunkOf('RE-CONFIG', parameter(OUTGOING_RESET, u32(1000, 0, peer.tsn - 1), ...entries(20, 2, (n) => u16(n)))),
  ],
  'RE-CONFIG: incoming': () => [
    chunkOf('RE-CONFIG', parameter(INCOMING_RESET, u32(1000), ...entries(12, 2, (n) => u16(n)))),
  ],
  'RE-CONFIG: all streams': ({ peer }) => [
    chunkOf('RE-CONFIG', parameter(OUTGOING_RESET, u32(1000, 0, peer.tsn - 1)), parameter(INCOMING_RESET, u32(1001))),
  ],
  'RE-CONFIG: association': () => [chunkOf('RE-CONFIG', parameter(ASSOCIATION_RESET, u32(1000)))],
  'RE-CONFIG: 63,000 more streams': () => [chunkOf('RE-CONFIG', parameter(ADD_OUTGOING, u32(1000), u16(63_000, 0)))],
  'RE-CONFIG: one more stream each': () =>
    filled((n) => chunkOf('RE-CONFIG', parameter(ADD_OUTGOING, u32(1000 + n), u16(1, 0)))),
  'RE-CONFIG: responses': ({ peer }) =>
    filled((n) => chunkOf('RE-CONFIG', parameter(RESPONSE, u32(peer.targetTsn + n, 1)))),
  'ASCONF: add': () => [
    chunkOf(
      'ASCONF',
      u32(1000),
      ipv4('10.0.0.2'),
      ...entries(16, 16, (n) => parameter(ADD_ADDRESS, u32(n), address(n))),
    ),
  ],
  'ASCONF: add and delete': () => [
    chunkOf(
      'ASCONF',
      u32(1000),
      ipv4('10.0.0.2'),
      ...entries(16, 16, (n) => parameter(n % 2 ? DELETE_ADDRESS : ADD_ADDRESS, u32(n), address(n >> 1))),
    ),
  ],
  'ASCONF: set primary': () => [
    chunkOf(
      'ASCONF',
      u32(1000),
      ipv4('10.0.0.2'),
      ...entries(16, 16, (n) => parameter(SET_PRIMARY, u32(n), ipv4(`10.0.0.${n % 2 ? 2 : 5}`))),
    ),
  ],
  'ASCONF: one more each': () =>
    filled((n) => chunkOf('ASCONF', u32(1000 + n), ipv4('10.0.0.2'), parameter(ADD_ADDRESS, u32(n), address(n)))),
  'ASCONF ACK': () => filled((n) => chunkOf('ASCONF ACK', u32(n))),
  AUTH: () => filled(() => chunkOf('AUTH', u16(0, 1), new Uint8Array(20))),
  'AUTH: a long packet': () => [chunkOf('AUTH', u16(0, 1), new Uint8Array(20)), chunkOf('PAD', new Uint8Array(1400))],
  INIT: ({ peer }) => [initiation('INIT', { tag: peer.tag, tsn: 1, parameters: features() })],
  'INIT: addresses': ({ peer }) => [initiation('INIT', { tag: peer.tag, tsn: 1, parameters: entries(20, 8, address) })],
  'INIT: unknown parameters': ({ peer }) => [
    initiation('INIT', { tag: peer.tag, tsn: 1, parameters: entries(20, 4, (n) => parameter(0xff00 + (n % 200))) }),
  ],
  'INIT: 65,535 streams': ({ peer }) => [
    initiation('INIT', { tag: peer.tag, tsn: 1, outbound: 65_535, inbound: 65_535 }),
  ],
  'INIT ACK: addresses': ({ peer }) => [
    initiation('INIT ACK', {
      tag: peer.tag,
      tsn: 1000,
      parameters: [parameter(7, new Uint8Array(32)), ...entries(60, 8, address)],
    }),
  ],
  'INIT ACK: 65,535 streams': ({ peer }) => [
    initiation('INIT ACK', {
      tag: peer.tag,
      tsn: 1000,
      outbound: 65_535,
      inbound: 65_535,
      parameters: [parameter(7, new Uint8Array(32)), ...features()],
    }),
  ],
  PAD: () => filled(() => chunkOf('PAD')),
  'unknown chunks to report': () => filled((n) => chunk(0xff - (n % 20), 0)),
  'unknown chunks to skip': () => filled((n) => chunk(0xbf - (n % 20), 0)),
};
