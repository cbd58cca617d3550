import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/clock.js';
import { CLOSE_CODES } from '../../src/relay/close-codes.js';
import { encodeDatagrams } from '../../src/relay/datagrams.js';
import { relay, type WebSocketConstructor } from '../../src/relay.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { AnswerRoutes } from '../../src/transport/relay/answers.js';
import { Routes } from '../../src/transport/relay/routes.js';
import { FakeSocket, fakeRelays } from '../support/fake-relays.js';
import { answer, init, sctp } from '../support/sctp.js';

describe('a link to a relay', () => {
  test('reconnects after growing delays, up to 30 s', async () => {
    const { clock, sockets, transport } = await fakeRelays(1);
    const lose = () => sockets.at(-1)?.onclose?.({ code: 1006, reason: '' });
    lose();
    for (let i = 0; i < 10; i++) {
      const { length } = sockets;
      while (sockets.length === length) await clock.advance(100);
      lose();
    }
    const times = sockets.map(({ openedAtMs }) => openedAtMs);
    const gaps = times.slice(1).map((time, i) => Math.round((time - times[i]!) / 200));
    expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 150, 150]);
    await transport.close();
  });

  test('reconnects slower and slower to a relay that allocates addresses and drops it, until datagrams have arrived', async () => {
    const { clock, sockets, transport } = await fakeRelays(1);
    const dropped = async (hears: boolean) => {
      const { length } = sockets;
      if (hears) {
        const datagram = { local: 0, peer: { address: '8.8.8.8', port: 9899 }, bytes: sctp() };
        sockets.at(-1)?.hear(encodeDatagrams([datagram])[0]!);
      }
      sockets.at(-1)?.onclose?.({ code: 1006, reason: '' });
      const lostAtMs = clock.now();
      while (sockets.length === length) await clock.advance(50);
      sockets.at(-1)?.allocate('9.9.9.1');
      return clock.now() - lostAtMs;
    };
    for (const most of [200, 400, 800, 1600]) expect(await dropped(false)).toBe(most);
    expect(await dropped(true)).toBe(200);
    expect(await dropped(false)).toBe(400);
    await transport.close();
  });

  test('waits for a random part of each delay, so that the clients of a relay do not come back together', async () => {
    const waits = new Set<number>();
    for (let value = 0; value < 256; value += 51) {
      const { clock, sockets, transport } = await fakeRelays(1, { random: (bytes) => void bytes.fill(value) });
      sockets[0]?.onclose?.({ code: 1006, reason: '' });
      while (sockets.length === 1) await clock.advance(1);
      waits.add(Math.round(sockets[1]!.openedAtMs));
      await transport.close();
    }
    expect([...waits]).toEqual([100, 120, 140, 160, 180, 200]);
  });

  test('stays up in a hidden page, whose timers run once a minute, and is lost when two pings are unanswered', async () => {
    const clock = new VirtualClock();
    const throttled: Clock = {
      now: () => clock.now(),
      schedule: (ms, callback) =>
        clock.schedule(Math.ceil((clock.now() + ms) / 60_000) * 60_000 - clock.now(), callback),
    };
    const { sockets, transport } = await fakeRelays(1, { clock: throttled }, clock);
    for (let minute = 0; minute < 10; minute++) {
      await clock.advance(60_000);
      sockets[0]?.tell({ type: 'pong', value: 1 });
      expect(transport.relays[0]?.state).toBe('up');
    }
    await clock.advance(180_000);
    expect(sockets[0]?.closed).toBe(CLOSE_CODES.idle);
    await transport.close();
  });

  test('is lost when two pings are unanswered, and not before', async () => {
    const { clock, sockets, transport } = await fakeRelays(1);
    for (let i = 0; i < 10; i++) {
      await clock.advance(5000);
      const ping = sockets[0]?.messages.at(-1);
      expect(ping?.type).toBe('ping');
      sockets[0]?.tell({ type: 'pong', value: 1 });
    }
    expect(transport.relays[0]?.state).toBe('up');
    await clock.advance(15_000);
    expect(sockets[0]?.closed).toBe(CLOSE_CODES.idle);
    expect(transport.relays[0]).toMatchObject({ state: 'waiting', error: { code: 'ETIMEDOUT' } });
    await transport.close();
  });

  test('presents the token of its earlier session', async () => {
    const { clock, sockets, transport, host } = await fakeRelays(1);
    sockets[0]?.onclose?.({ code: 1006, reason: '' });
    await clock.advance(1000);
    sockets[1]?.onopen?.();
    const [asked] = sockets[1]?.messages ?? [];
    expect(asked).toMatchObject({ type: 'allocate', ticket: 'ticket', resumption: new Uint8Array(16).fill(5) });
    expect(sockets[0]?.messages[0]).toMatchObject({ port: asked?.type === 'allocate' ? asked.port : 0 });
    sockets[1]?.allocate('9.9.9.1', true);
    expect(transport.addresses).toEqual(['9.9.9.1']);
    expect(host.changes).toBe(2);
    await transport.close();
  });

  test('drops and counts packets while the connection is full', async () => {
    const { sockets, transport, send } = await fakeRelays(1);
    send('8.8.8.8', 5);
    sockets[0]!.bufferedAmount = 262_145;
    send('8.8.8.8', 7);
    sockets[0]!.bufferedAmount = 0;
    send('8.8.8.8', 2);
    expect([sockets[0]?.datagrams, transport.dropped]).toEqual([7, 7]);
    await transport.close();
  });

  test('sends a batch as one message', async () => {
    const { sockets, transport, send, host } = await fakeRelays(1);
    send('8.8.8.8', 20);
    expect(sockets[0]?.messages.map((each) => each?.type)).toEqual(['allocate', 'permit', 'datagrams']);
    const datagram = { local: 0, peer: { address: '8.8.8.8', port: 9899 }, bytes: sctp() };
    sockets[0]?.hear(encodeDatagrams([datagram, datagram, { ...datagram, local: 5 }])[0]!);
    expect(host.batches.map(({ length }) => length)).toEqual([2]);
    await transport.close();
  });
});

test('a packet that IP may fragment is made larger than an Ethernet frame, because the relay’s kernel lets only such packets be fragmented', async () => {
  const { sockets, transport } = await fakeRelays(1);
  const packet = {
    source: '9.9.9.1',
    destination: '8.8.8.8',
    port: 9899,
    trafficClass: 0,
    bytes: sctp({ chunks: [[0, 1400]] }),
  };
  transport.send([packet, { ...packet, mayBeFragmented: true }]);
  const sizes = sockets[0]?.messages.flatMap((each) => (each?.type === 'datagrams' ? each.datagrams : []));
  expect(sizes?.map(({ bytes }) => bytes.length)).toEqual([
    1416,
    expect.toSatisfy((bytes: number) => bytes > 1500 && bytes <= 1512),
  ]);
  await transport.close();
});

test('a limit of a relay is reported if it has refused an address for 5 s: until then INITs are sent again', async () => {
  const { clock, sockets, transport, host, send } = await fakeRelays(1);
  send('8.8.8.8');
  const refuse = async () => {
    sockets[0]?.tell({ type: 'refused', peer: { address: '8.8.8.8', port: 9899 }, reason: 'limit', text: '' });
    await clock.advance(0);
  };
  for (const afterMs of [0, 1000, 2000]) {
    await clock.advance(afterMs);
    await refuse();
  }
  expect(host.refusals).toEqual([]);
  expect(transport.route('8.8.8.8')).toBeDefined();
  await clock.advance(4000);
  await refuse();
  expect(host.refusals).toEqual([{ destination: '8.8.8.8', code: 'EPERM' }]);
  await transport.close();
});

describe('a lost relay', () => {
  test('isn’t used, and its addresses are removed if it isn’t back in time', async () => {
    const { clock, sockets, transport, host } = await fakeRelays(2, { lingerMs: 10_000 });
    expect(transport.addresses).toEqual(['9.9.9.1', '9.9.9.2']);
    sockets[0]?.onclose?.({ code: 1006, reason: '' });
    expect(transport.route('8.8.8.8')?.source).toBe('9.9.9.2');
    expect(transport.addresses).toEqual(['9.9.9.1', '9.9.9.2']);
    expect(host.changes).toBe(1);
    const keep = async (ms: number) => {
      for (let at = 0; at < ms; at += 5000) {
        await clock.advance(Math.min(5000, ms - at));
        sockets[1]?.tell({ type: 'pong', value: 1 });
      }
    };
    await keep(9999);
    expect(transport.addresses).toHaveLength(2);
    await keep(1);
    expect(transport.addresses).toEqual(['9.9.9.2']);
    expect(host.changes).toBe(2);
    await transport.close();
  });

  test('is ENETDOWN for destinations that no other relay can reach', async () => {
    const { clock, sockets, transport, host, send } = await fakeRelays(1);
    send('8.8.8.8');
    sockets[0]?.onclose?.({ code: 1006, reason: '' });
    await clock.advance(0);
    expect(host.refusals).toEqual([{ destination: '8.8.8.8', code: 'ENETDOWN' }]);
    expect(transport.route('8.8.8.8')).toBeUndefined();
    await transport.close();
  });

  test('gets the permits again when it is back', async () => {
    const { clock, sockets, transport, send } = await fakeRelays(2);
    send('8.8.8.8');
    send('8.8.4.4');
    sockets[1]?.onclose?.({ code: 1006, reason: '' });
    await clock.advance(1000);
    sockets[2]?.allocate('9.9.9.2');
    const peers = ['8.8.8.8', '8.8.4.4'].map((address) => ({ address, port: 9899 }));
    expect(sockets[2]?.messages.at(-1)).toEqual({ type: 'permit', peers });
    await transport.close();
  });

  test('gets the tags of our associations when it is back, and those that are chosen later', async () => {
    const { clock, sockets, transport } = await fakeRelays(2);
    const sendInit = (initiateTag: number) => {
      const [source = ''] = transport.addresses;
      const packet = { source, destination: '8.8.8.8', port: 9899, trafficClass: 0 };
      transport.send([{ ...packet, bytes: init({ initiateTag }) }]);
    };
    const tagsOf = (socket: number) =>
      sockets[socket]?.messages.flatMap((each) => (each?.type === 'tags' ? each.tags.map(({ tag }) => tag) : []));
    for (const tag of [1, 2, 3, 2]) sendInit(tag);
    expect([tagsOf(0), tagsOf(1)]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    sockets[1]?.onclose?.({ code: 1006, reason: '' });
    const datagram = { local: 0, peer: { address: '8.8.8.8', port: 9899 }, bytes: answer({ tag: 1 }) };
    sockets[0]?.hear(encodeDatagrams([datagram])[0]!);
    await clock.advance(1000);
    sockets[2]?.allocate('9.9.9.2');
    expect(tagsOf(2)).toEqual([3, 2, 1]); // the least recently used first
    for (let tag = 100; tag < 355; tag++) sendInit(tag);
    sockets[0]?.hear(encodeDatagrams([datagram])[0]!);
    sendInit(1);
    sockets[2]?.onclose?.({ code: 1006, reason: '' });
    await clock.advance(1000);
    sockets[3]?.allocate('9.9.9.2');
    const kept = tagsOf(3) ?? [];
    expect([kept.length, kept.includes(1), kept.includes(2)]).toEqual([256, true, false]);
    await transport.close();
  });

  test('that is draining is avoided, and its address is not listed any more, but its packets are still received', async () => {
    const { sockets, transport, host } = await fakeRelays(2);
    expect(transport.route('8.8.8.8')?.source).toBe('9.9.9.1');
    sockets[0]?.tell({ type: 'draining', withinMs: 10_000 });
    expect(transport.route('8.8.8.8')?.source).toBe('9.9.9.2');
    expect(transport.addresses).toEqual(['9.9.9.2']);
    expect(host.changes).toBe(1);
    sockets[0]?.hear(encodeDatagrams([{ local: 0, peer: { address: '8.8.8.8', port: 9 }, bytes: sctp() }])[0]!);
    expect(host.packets).toHaveLength(1);
    await transport.close();
  });
});

test('a relay that is draining keeps its address while no other relay can be used', async () => {
  const { clock, sockets, transport } = await fakeRelays(2, { lingerMs: 10_000 });
  sockets[1]?.onclose?.({ code: 1006, reason: '' });
  sockets[0]?.tell({ type: 'draining', withinMs: 10_000 });
  expect(transport.route('8.8.8.8')?.source).toBe('9.9.9.1');
  expect(transport.addresses).toEqual(['9.9.9.1', '9.9.9.2']);
  sockets[0]?.onclose?.({ code: CLOSE_CODES.draining, reason: '' });
  expect(transport.addresses).toEqual(['9.9.9.1', '9.9.9.2']);
  await clock.advance(500);
  sockets.find(({ url, openedAtMs }) => url === 'ws://relay-1/' && openedAtMs > 0)?.allocate('9.9.9.2', true);
  expect(transport.addresses).toEqual(['9.9.9.2']);
  await transport.close();
});

test('closing completes even if the runtime never emits close for a WebSocket', async () => {
  const { clock, sockets, transport } = await fakeRelays(1);
  for (const socket of sockets) socket.onclose = null;
  const closed = transport.close();
  await clock.advance(1000);
  await closed;
  expect(sockets.map((socket) => socket.closed)).toEqual([1000]);
});

test('closing while starting rejects the start with ENETDOWN', async () => {
  const clock = new VirtualClock();
  const WebSocket = class {
    constructor(url: string) {
      // biome-ignore lint/correctness/noConstructorReturn: it is never looked at
      return new FakeSocket(url, 0);
    }
  } as unknown as WebSocketConstructor;
  const transport = relay({ relays: [{ url: 'ws://x/', ticket: '' }], WebSocket, clock });
  const starting = transport.start(new RecordingHost());
  await Promise.resolve();
  await transport.close();
  await expect(starting).rejects.toMatchObject({ code: 'ENETDOWN' });
  expect(clock.pending.count).toBe(0);
});

describe('routes', () => {
  const way = (...addresses: string[]) => ({ isDraining: false, locals: addresses.map((address) => ({ address })) });
  const [a, b] = [way('9.9.9.1', '2a00::1'), way('9.9.9.2', '2a00::2')];

  test('spread the addresses of a peer over the relays, of both families', () => {
    const routes = new Routes([a, b]);
    const peers = ['8.8.8.1', '8.8.8.2', '2600::1', '2600::2', '8.8.8.3', '8.8.8.4'];
    const sources = peers.map((address) => routes.find(address)?.source);
    expect(sources).toEqual(['9.9.9.1', '9.9.9.2', '2a00::1', '2a00::2', '9.9.9.1', '9.9.9.2']);
    expect(peers.map((address) => routes.find(address)?.source)).toEqual(sources);
  });

  test('return to the preferred relay when it is back', () => {
    const flaky = { isDraining: false, locals: [...a.locals] };
    const routes = new Routes([flaky, b]);
    expect(routes.find('8.8.8.1')?.relay).toBe(flaky);
    flaky.locals = [];
    expect(routes.find('8.8.8.1')?.relay).toBe(b);
    flaky.locals = [...a.locals];
    expect(routes.find('8.8.8.1')?.relay).toBe(flaky);
  });

  test('don’t exist for a family that no relay has', () => {
    expect(new Routes([way('9.9.9.1')]).find('2600::1')).toBeUndefined();
  });

  test('avoid a relay that refuses the destination, while another may accept it', () => {
    const routes = new Routes([a, b]);
    expect(routes.find('8.8.8.1')?.relay).toBe(a);
    expect(routes.refused('8.8.8.1', a)).toBe(true);
    expect(routes.find('8.8.8.1')?.relay).toBe(b);
    expect(routes.refused('8.8.8.1', b)).toBe(false);
    routes.clearRefusals(a);
    expect(routes.find('8.8.8.1')?.relay).toBe(a);
  });
});

describe('answers', () => {
  const packet = (...types: number[]) => {
    const bytes = new Uint8Array(12 + 16 * types.length);
    for (const [index, type] of types.entries()) bytes.set([type, 0, 0, 16], 12 + 16 * index);
    return { source: '9.9.9.1', destination: '192.0.2.1', port: 9899, trafficClass: 0, bytes };
  };
  const [DATA, SACK, HEARTBEAT, HEARTBEAT_ACK] = [0, 3, 4, 5] as const;

  test('go back the way that the packets came: SACKs and HEARTBEAT ACKs without other chunks', () => {
    const answers = new AnswerRoutes<{ isUp: boolean }>();
    const [first, second] = [{ isUp: true }, { isUp: true }];
    expect(answers.find(packet(SACK))).toBeUndefined();
    answers.arrived('192.0.2.1', first, '9.9.9.1');
    answers.arrived('192.0.2.2', first, '9.9.9.1');
    answers.arrived('192.0.2.1', second, '9.9.9.2');
    for (const chunks of [[SACK], [HEARTBEAT_ACK], [HEARTBEAT_ACK, SACK]]) {
      expect(answers.find(packet(...chunks))).toEqual({ link: second, source: '9.9.9.2' });
      expect(answers.find({ ...packet(...chunks), destination: '192.0.2.2' })?.link).toBe(first);
    }
    for (const chunks of [[DATA], [SACK, DATA], [HEARTBEAT_ACK, HEARTBEAT], [HEARTBEAT]]) {
      expect(answers.find(packet(...chunks))).toBeUndefined();
    }
  });

  test('take the usual route if that relay is lost', () => {
    const answers = new AnswerRoutes<{ isUp: boolean }>();
    const link = { isUp: true };
    answers.arrived('192.0.2.1', link, '9.9.9.1');
    link.isUp = false;
    expect(answers.find(packet(SACK))).toBeUndefined();
  });
});
