import { describe, expect, test } from 'vitest';
import { Associations, isAnswering } from '../../src/relay/associations.js';
import { inspectPacket, type SctpSummary } from '../../src/relay/sctp.js';
import { answer, init, type PacketParts, sctp } from '../support/sctp.js';
import { playSeeds, SEEDS_LIMIT_MS } from '../support/seeds.js';
import { bench, LOCAL, PEER, pinging } from '../support/session.js';

const ABORT: PacketParts = { chunks: [[6, 0]] };
const SHUTDOWN_COMPLETE: PacketParts = { chunks: [[14, 0]] };
const COOKIE_ECHO: PacketParts = { chunks: [[10, 8]] };
const T_BIT = { flags: 1 };

/** A client's association in a bench: the client has tag 7, the peer tag 8. */
function connected() {
  const all = bench();
  const { send, arrive, turn, wire } = all;
  send(init());
  arrive(answer({ chunks: [[2, 16]], initiateTag: 8 }));
  send(sctp({ tag: 8, ...COOKIE_ECHO }));
  /** How many datagrams of these reach the client. */
  const letIn = (...packets: Uint8Array[]) => {
    turn();
    const before = wire.datagrams;
    for (const packet of packets) arrive(packet);
    turn();
    return wire.datagrams - before;
  };
  /** How many of a thousand equal packets of the client are sent. */
  const carried = (packet: Uint8Array, peer = PEER) => {
    const before = all.sent.length;
    for (let i = 0; i < 1000; i++) send(packet, peer);
    return all.sent.length - before;
  };
  return { ...all, letIn, carried };
}

describe('a packet is let in', () => {
  test('if it has the SCTP ports and the tag of the client’s association', async () => {
    const { letIn, dropped } = connected();
    expect(letIn(answer())).toBe(1);
    const strange = [{ tag: 9 }, { tag: 8 }, { tag: 0 }, { destinationPort: 49_201 }, { sourcePort: 5002 }];
    expect(letIn(...strange.map((parts) => answer(parts)))).toBe(0);
    expect(await dropped('in', 'no_association')).toBe(5);
  });

  test('if it is an INIT: the client may listen; what follows has the tag of the client’s INIT ACK', () => {
    const { letIn, send } = connected();
    const ports = { sourcePort: 7000, destinationPort: 6000 };
    const [theirs, ours] = [ports, { sourcePort: 6000, destinationPort: 7000 }];
    expect(letIn(init({ ...theirs, initiateTag: 30 }))).toBe(1);
    expect(letIn(answer({ ...theirs, tag: 31, ...COOKIE_ECHO }))).toBe(0);
    send(sctp({ ...ours, tag: 30, initiateTag: 31, chunks: [[2, 16]] }));
    expect(letIn(answer({ ...theirs, tag: 31, ...COOKIE_ECHO }))).toBe(1);
  });

  test('unless its SCTP port is another client’s', () => {
    const { letIn, ports } = connected();
    ports.reserve({}, LOCAL.address, 6000, PEER.address);
    expect(letIn(init({ sourcePort: 7000, destinationPort: 6000 }))).toBe(0);
  });

  test('if its association was begun through another relay, and the client has announced the tag', () => {
    const { letIn, carried, session } = connected();
    const ports = { sourcePort: 49_300, destinationPort: 5001 };
    const fromPeer = answer({ destinationPort: 49_300, tag: 40 });
    expect(letIn(fromPeer)).toBe(0);
    session.receive({ type: 'tags', tags: [{ port: 49_300, peerPort: 5001, tag: 40 }] });
    expect(carried(sctp({ ...ports, tag: 41 }))).toBeLessThan(50);
    expect(letIn(fromPeer)).toBe(1);
    expect(carried(sctp({ ...ports, tag: 41 }))).toBe(1000);
    expect(carried(sctp({ ...ports, tag: 42 }))).toBeLessThan(50);
  });

  test('from a new address of the peer, once the client sends there', () => {
    const { send, arrive, turn, wire, carried } = connected();
    const second = { address: '8.8.4.4', port: 9899 };
    arrive(answer(), second);
    turn();
    expect(wire.datagrams).toBe(0 + 1); // the INIT ACK
    send(sctp({ tag: 8 }), second);
    arrive(answer(), second);
    turn();
    expect(wire.datagrams).toBe(2);
    expect(carried(sctp({ tag: 8 }), second)).toBe(1000);
  });

  test('after the client or the peer has restarted, with the new tags and with the old ones', () => {
    const { send, letIn, carried } = connected();
    send(init({ initiateTag: 17 }));
    expect(letIn(answer({ tag: 17, chunks: [[2, 16]], initiateTag: 18 }), answer())).toBe(2);
    expect(carried(sctp({ tag: 18 }))).toBe(1000);
    expect(letIn(init({ sourcePort: 5001, destinationPort: 49_200, initiateTag: 28 }))).toBe(1);
    send(sctp({ tag: 28, initiateTag: 27, chunks: [[2, 16]] }));
    expect(letIn(answer({ tag: 27, ...COOKIE_ECHO }), answer({ tag: 17 }))).toBe(2);
    expect(carried(sctp({ tag: 28 }))).toBe(1000);
  });

  test('when both sides have sent an INIT', () => {
    const { send, letIn, carried } = connected();
    const [ours, theirs] = [
      { sourcePort: 6000, destinationPort: 6000 },
      { sourcePort: 6000, destinationPort: 6000 },
    ];
    send(init({ ...ours, initiateTag: 50 }));
    expect(letIn(init({ ...theirs, initiateTag: 60 }))).toBe(1);
    send(sctp({ ...ours, tag: 60, initiateTag: 50, chunks: [[2, 16]] }));
    expect(letIn(answer({ ...theirs, tag: 50, initiateTag: 60, chunks: [[2, 16]] }))).toBe(1);
    expect(letIn(answer({ ...theirs, tag: 50, ...COOKIE_ECHO }))).toBe(1);
    expect(carried(sctp({ ...ours, tag: 60 }))).toBe(1000);
  });
});

describe('a destination gets few packets', () => {
  test('of other tags than the peer’s', () => {
    const { letIn, carried } = connected();
    expect(letIn(answer())).toBe(1);
    expect(carried(sctp({ tag: 8 }))).toBe(1000);
    expect(carried(sctp({ tag: 9 }))).toBeLessThan(50);
  });

  test.each([
    ['an ABORT answers the INIT', answer(ABORT)],
    ['an ABORT with the T bit does', answer({ ...ABORT, ...T_BIT, tag: 8 })],
  ])('if %s', (_what, abort) => {
    const { send, arrive, turn, wire, sent } = bench();
    send(init());
    if (inspectPacket(abort)?.isReflected) send(sctp({ tag: 8 }));
    arrive(abort);
    turn();
    expect(wire.datagrams).toBe(inspectPacket(abort)?.isReflected ? 0 : 1);
    for (let i = 0; i < 1000; i++) send(sctp({ tag: 8 }));
    expect(sent.length).toBeLessThan(40);
  });

  test.each([
    ['an ABORT of the peer', 'in', answer(ABORT)],
    ['an ABORT of a peer that has lost the association', 'in', answer({ ...ABORT, ...T_BIT, tag: 8 })],
    ['a SHUTDOWN COMPLETE of the peer', 'in', answer(SHUTDOWN_COMPLETE)],
    ['an ABORT of the client', 'out', sctp({ ...ABORT, tag: 8 })],
    ['an ABORT of the client with the T bit', 'out', sctp({ ...ABORT, ...T_BIT, tag: 7 })],
    ['a SHUTDOWN COMPLETE of the client', 'out', sctp({ ...SHUTDOWN_COMPLETE, tag: 8 })],
  ])('after %s', (_what, direction, packet) => {
    const { letIn, carried, send } = connected();
    expect(letIn(answer())).toBe(1);
    if (direction === 'in') expect(letIn(packet)).toBe(1);
    else send(packet);
    expect(carried(sctp({ tag: 8 }))).toBeLessThan(50);
  });

  test('but an ABORT with wrong tags ends nothing', () => {
    const { letIn, carried } = connected();
    expect(letIn(answer({ ...ABORT, tag: 8 }), answer({ ...ABORT, ...T_BIT, tag: 7 }))).toBe(0);
    expect(letIn(answer())).toBe(1);
    expect(carried(sctp({ tag: 8 }))).toBe(1000);
  });
});

describe('the SCTP port of an association', () => {
  const isFree = ({ ports }: ReturnType<typeof bench>) => ports.isFree({}, LOCAL.address, 49_200, PEER.address);

  test('is free for others as soon as the peer has ended the association', () => {
    const all = connected();
    expect(isFree(all)).toBe(false);
    all.arrive(answer(SHUTDOWN_COMPLETE));
    expect(isFree(all)).toBe(true);
  });

  test('is free 5 s after the client has ended it, and late packets are let in until then', async () => {
    const all = connected();
    all.send(sctp({ ...SHUTDOWN_COMPLETE, tag: 8 }));
    await all.clock.advance(4999);
    expect([isFree(all), all.letIn(answer({ chunks: [[8, 0]] }))]).toEqual([false, 1]);
    await all.clock.advance(5000);
    expect([isFree(all), all.letIn(answer({ chunks: [[8, 0]] }))]).toEqual([true, 0]);
  });

  test('is free when an INIT has not been answered for 90 s', async () => {
    const all = bench();
    all.send(init());
    await pinging(all, 89_000);
    expect(isFree(all)).toBe(false);
    await pinging(all, 2000);
    expect(isFree(all)).toBe(true);
  });

  test('is still the client’s while another of its associations uses it', () => {
    const all = connected();
    all.send(init({ destinationPort: 5002, initiateTag: 70 }));
    all.arrive(answer(ABORT));
    expect(isFree(all)).toBe(false);
    all.arrive(answer({ ...ABORT, sourcePort: 5002, tag: 70 }));
    expect(isFree(all)).toBe(true);
  });

  test('is free when the session ends; the UDP port then rests if the association has not ended', () => {
    for (const isOver of [false, true]) {
      const all = connected();
      if (isOver) all.arrive(answer(ABORT));
      all.session.detach(all.wire, true);
      expect([isFree(all), all.state.isResting]).toEqual([true, !isOver]);
    }
  });

  test('is taken over from a lost session by the same subject, and not by another one', () => {
    const all = connected();
    const take = (subject: string) => all.ports.reserve({ subject }, LOCAL.address, 49_200, PEER.address);
    expect([take('tester'), take('another')]).toEqual([false, false]);
    all.session.detach(all.wire, false);
    expect([take('another'), take('tester')]).toEqual([false, true]);
  });
});

test('a client has 256 associations at most: one that is over or was never answered makes room, an open one does not', () => {
  const all = new Associations(256);
  const peer = {};
  const begin = (tag: number, nowMs: number) => all.sent(summary(init({ initiateTag: tag })), peer, nowMs);
  for (let tag = 1; tag <= 300; tag++) expect(begin(tag, tag)).toMatchObject({ tag });
  expect(all.size).toBe(256);
  for (let tag = 45; tag <= 300; tag++) all.received(summary(answer({ tag })), peer, 300);
  expect(begin(301, 301)).toBe('full');
  all.announce({ port: 1, peerPort: 2, tag: 3 }, 301);
  expect(all.received(summary(answer({ tag: 45 })), peer, 302)).toMatchObject({ state: 'open' });
  all.received(summary(answer({ ...ABORT, tag: 300 })), {}, 303);
  expect(begin(302, 304)).toMatchObject({ tag: 302 });
  for (let tag = 46; tag <= 298; tag++) all.received(summary(answer({ tag })), peer, 200_000);
  all.received(summary(answer({ tag: 302 })), peer, 200_000);
  expect(begin(303, 310_000)).toMatchObject({ tag: 303 }); // in place of tag 299, which is silent for 5 minutes
  expect(all.received(summary(answer({ tag: 299 })), peer, 310_000)).toBeUndefined();
});

function summary(packet: Uint8Array): SctpSummary {
  const found = inspectPacket(packet);
  if (found === undefined) throw new Error('not an SCTP packet');
  return found;
}

/** A client's association in the model below, as client and peer know it. */
interface Model {
  readonly port: number;
  readonly peerPort: number;
  readonly peers: readonly object[];
  tag: number;
  peerTag: number;
}

/** A small generator (mulberry32): one seed, one scenario. */
function numbers(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * A client with two relays has associations that are set up, restart, collide and end. Its packets and its peers' take
 * either relay. Meanwhile a stranger sends what it likes.
 */
function playScenario(seed: number): void {
  const below = numbers(seed);
  const relays = [new Associations(64), new Associations(64)];
  const open: Model[] = [];
  const clientTags = new Set<number>();
  const peerTags = new Set<number>();
  let nowMs = 0;
  const relay = () => relays[below(2)] as Associations;
  const newTag = () => 1 + below(0xffff_fffe);
  const out = (at: Associations, model: Model, parts: PacketParts, peer: object) =>
    at.sent(summary(sctp({ sourcePort: model.port, destinationPort: model.peerPort, ...parts })), peer, nowMs);
  const back = (at: Associations, { port, peerPort }: Model, parts: PacketParts, peer: object) =>
    at.received(summary(sctp({ sourcePort: peerPort, destinationPort: port, ...parts })), peer, nowMs);
  /** The client chooses a tag in a packet through one relay, and announces it to the other one. */
  const choose = (model: Model, parts: PacketParts) => {
    model.tag = newTag();
    clientTags.add(model.tag);
    const through = relay();
    const { port, peerPort, tag } = model;
    expect(out(through, model, { ...parts, initiateTag: tag }, anyPeer(model))).not.toBe('full');
    for (const other of relays) if (other !== through) other.announce({ port, peerPort, tag }, nowMs);
    return through;
  };
  const anyPeer = ({ peers }: Model) => peers[below(peers.length)] as object;
  const setUp = (model: Model) => {
    model.peerTag = newTag();
    peerTags.add(model.peerTag);
    if (below(2) === 0) {
      const through = choose(model, { tag: 0, chunks: [[1, 16]] });
      const initAck: PacketParts = { tag: model.tag, initiateTag: model.peerTag, chunks: [[2, 16]] };
      expect(back(through, model, initAck, anyPeer(model)), 'INIT ACK').toBeDefined();
    } else {
      choose(model, { tag: model.peerTag, chunks: [[2, 16]] });
      expect(back(relay(), model, { tag: model.tag, ...COOKIE_ECHO }, anyPeer(model)), 'COOKIE ECHO').toBeDefined();
    }
  };
  const begin = () => {
    const model: Model = { port: 5000 + below(3), peerPort: 5000 + below(3), peers: [{}, {}], tag: 0, peerTag: 0 };
    setUp(model);
    open.push(model);
  };
  const exchange = (model: Model) => {
    const [at, peer] = [relay(), anyPeer(model)];
    out(relay(), model, { tag: model.peerTag, chunks: [[0, 20]] }, anyPeer(model));
    expect(back(at, model, { tag: model.tag, chunks: [[3, 12]] }, peer), 'a packet of the peer').toBeDefined();
    const packet = summary(sctp({ sourcePort: model.port, destinationPort: model.peerPort, tag: model.peerTag }));
    const found = at.find(packet, peer);
    expect(found !== undefined && isAnswering(found, peer, nowMs), 'the client may send').toBe(true);
    at.sent(packet, peer, nowMs);
  };
  const end = (model: Model) => {
    open.splice(open.indexOf(model), 1);
    const peer = anyPeer(model);
    const chunks = below(2) === 0 ? ABORT.chunks : SHUTDOWN_COMPLETE.chunks;
    const isFromPeer = below(2) === 0;
    for (const at of relays) {
      // Each relay sees the end here; one that doesn't forgets the association when it needs the room.
      if (isFromPeer) back(at, model, { tag: model.tag, chunks: chunks ?? [] }, peer);
      else out(at, model, { tag: model.tag, flags: 1, chunks: chunks ?? [] }, peer);
    }
    nowMs += 5000;
    for (const at of relays) at.expire(nowMs);
    for (const at of relays) expect(back(at, model, { tag: model.tag }, peer), 'after the end').toBeUndefined();
  };
  const stranger = () => {
    const model: Model = { port: 5000 + below(3), peerPort: 5000 + below(3), peers: [{}], tag: newTag(), peerTag: 0 };
    const flags = below(2);
    const chunks: [number, number][] = [[below(16), 16]];
    if (clientTags.has(model.tag) || peerTags.has(model.tag)) return;
    const bytes = sctp({ sourcePort: model.peerPort, destinationPort: model.port, tag: model.tag, flags, chunks });
    const packet = inspectPacket(bytes);
    if (packet !== undefined) expect(relay().received(packet, anyPeer(model), nowMs), 'a stranger').toBeUndefined();
  };
  for (let step = 0; step < 150; step++) {
    nowMs += below(500);
    const model = open[below(Math.max(open.length, 1))];
    const choice = below(10);
    if (model === undefined || (choice === 0 && open.length < 20)) begin();
    else if (choice === 1) setUp(model);
    else if (choice === 2) end(model);
    else if (choice < 5) stranger();
    else exchange(model);
    for (const { size } of relays) expect(size).toBeLessThanOrEqual(64);
  }
}

test(
  'generated: associations work through either relay, and nobody else’s packets are let in',
  { timeout: SEEDS_LIMIT_MS },
  () => playSeeds('test/relay/associations.test.ts', 200, async (seed) => playScenario(seed)),
);

test(
  'generated: whatever arrives or is sent, nothing throws and the memory is bounded',
  { timeout: SEEDS_LIMIT_MS },
  () =>
    playSeeds('test/relay/associations.test.ts', 100, async (seed) => {
      const below = numbers(seed);
      const all = new Associations(16);
      const peers = [{}, {}, {}];
      for (let step = 0; step < 500; step++) {
        const packet: SctpSummary = {
          sourcePort: 1 + below(3),
          destinationPort: 1 + below(3),
          tag: below(6),
          isInit: below(4) === 0,
          initiateTag: below(2) * below(6),
          isEnd: below(5) === 0,
          isReflected: below(2) === 0,
        };
        const peer = peers[below(3)] as object;
        const call = below(5);
        if (call === 0) all.announce({ port: packet.sourcePort, peerPort: 1, tag: 1 + below(6) }, step);
        else if (call === 1) all.expire(step * 1000);
        else if (call === 2) all.received(packet, peer, step * 1000);
        else all.sent(packet, peer, step * 1000);
        expect(all.size).toBeLessThanOrEqual(16);
      }
      expect(all.clear().length).toBeLessThanOrEqual(16);
      expect([all.size, all.areAlive]).toEqual([0, false]);
    }),
);
