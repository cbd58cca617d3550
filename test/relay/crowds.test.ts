import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../src/relay/codec.js';
import { Destinations } from '../../src/relay/destinations.js';
import { parseLimits } from '../../src/relay/limits.js';
import { PendingConnections } from '../../src/relay/pending-connections.js';
import { Policy, parseRule } from '../../src/relay/policy.js';
import { inspectPacket } from '../../src/relay/sctp.js';
import { UnansweredLimit } from '../../src/relay/unanswered-limit.js';
import { VirtualClock } from '../../src/simulated/virtual-clock.js';
import { RecordingHost } from '../../src/testing/recording-host.js';
import { closePeers, started } from '../support/peers.js';
import { closeRelays, metric, startRelay, through, until } from '../support/relays.js';
import { answer, init } from '../support/sctp.js';
import { PEER } from '../support/session.js';

afterEach(async () => {
  await closeRelays();
  closePeers();
});

/** Clients of one relay with one destination, whose INITs go through the relay's common limit. */
function crowd(count: number, unansweredInits: number) {
  const clock = new VirtualClock();
  const limits = parseLimits({ unansweredInits });
  const unanswered = new UnansweredLimit(limits, clock);
  const policy = new Policy([[parseRule('0.0.0.0/0:*')]], []);
  const packet = inspectPacket(init())!;
  const sent: { client: number; atMs: number }[] = [];
  const refusedAtMs: number[] = [];
  const clients = Array.from({ length: count }, () => new Destinations(policy, limits, unanswered));
  const connect = (client: number) => {
    const destinations = clients[client]!;
    const settle = (refusal: unknown) => {
      if (refusal !== undefined) return refusedAtMs.push(clock.now());
      destinations.sent(PEER, packet, clock.now());
      return sent.push({ client, atMs: clock.now() });
    };
    const refusal = destinations.outbound(PEER, packet, clock.now());
    if (refusal === 'crowded') destinations.wait(PEER, settle);
    else settle(refusal);
  };
  const answerTo = (client: number) => {
    const initAck = inspectPacket(answer({ chunks: [[2, 16]], initiateTag: 8 }))!;
    expect(clients[client]?.received(PEER, initAck, clock.now())).toBeDefined();
  };
  return { clock, sent, refusedAtMs, connect, answerTo };
}

describe('INITs of many clients to one address', () => {
  test('wait for their turn: 300 clients are through within half a second at a round trip of 100 ms', async () => {
    const { clock, sent, refusedAtMs, connect, answerTo } = crowd(300, 100);
    for (let client = 0; client < 300; client++) connect(client);
    expect(sent).toHaveLength(100);
    let answered = 0;
    for (let ms = 0; ms < 500; ms += 5) {
      await clock.advance(5);
      while (sent[answered] !== undefined && sent[answered]!.atMs + 100 <= clock.now())
        answerTo(sent[answered++]!.client);
    }
    expect([sent.length, refusedAtMs]).toEqual([300, []]);
    expect(new Set(sent.map(({ client }) => client)).size).toBe(300);
  });

  test('are refused after a second if the address answers nobody; each client has one that waits', async () => {
    const { clock, sent, refusedAtMs, connect } = crowd(40, 10);
    for (let round = 0; round < 3; round++) for (let client = 0; client < 40; client++) connect(client);
    const waiting = 40;
    expect(sent).toHaveLength(10);
    expect(refusedAtMs).toHaveLength(120 - 10 - waiting);
    await clock.advance(1100);
    expect(refusedAtMs).toHaveLength(120 - sent.length);
    expect(sent.length).toBeGreaterThanOrEqual(10);
    expect(sent.length).toBeLessThanOrEqual(12);
    expect(clock.pending.count).toBe(0);
  });
});

describe('connections that have not presented a ticket', () => {
  const pending = (limits: object, ...addresses: string[]) => {
    const all = new PendingConnections<{ address: string }>(parseLimits(limits));
    for (const address of addresses) all.add({ address });
    return all;
  };

  test('are limited for each IPv4 address and for each IPv6 network of 64 bits', () => {
    const six = ['2001:db8::1', '2001:db8::ffff', '2001:db8:0:0:1::'];
    const all = pending({ pendingPerAddress: 3 }, ...six, '192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1', '192.0.2.2');
    expect(all.crowdedOut('2001:db8::9')).toBe('newcomer');
    expect(all.crowdedOut('192.0.2.1')).toBe('newcomer');
    expect(all.crowdedOut('2001:db8:0:1::9')).toBeUndefined();
    expect(all.crowdedOut('192.0.2.2')).toBeUndefined();
  });

  test('make room for a newcomer from elsewhere: the oldest one of the source that has the most', () => {
    const crowds = ['192.0.2.1', '192.0.2.2', '192.0.2.2', '192.0.2.2', '192.0.2.1'];
    const all = pending({ pending: 5, pendingPerAddress: 50 }, ...crowds);
    expect(all.crowdedOut('192.0.2.3')).toBe(all.all[1]);
    expect(all.crowdedOut('192.0.2.2')).toBe('newcomer');
  });

  test('from four addresses do not keep a fifth one out', async () => {
    let next = 0;
    const addresses = [...Array.from({ length: 8 }, (_, index) => `192.0.2.${index % 4}`), '192.0.2.9'];
    const clientAddress = () => addresses[next++] ?? '';
    const relay = await startRelay('127.0.0.11', { clientAddress, limits: { pending: 8, pendingPerAddress: 2 } });
    const sockets = Array.from({ length: 8 }, () => new WebSocket(relay.url, SUBPROTOCOL));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    const gone = Promise.race(sockets.map((socket) => once(socket, 'close')));
    await (await through([relay])).start(new RecordingHost());
    expect((await gone)[0]).toBe(4429);
    for (const socket of sockets) socket.terminate();
  });
});

describe('a request that is rejected', () => {
  test.each([
    ['for its path', '/elsewhere', '404', 'path'],
    ['while the relay drains', '/relay', '503', 'draining'],
  ])(
    '%s is counted, and its connection is destroyed, though the client keeps it open',
    async (_what, path, status, reason) => {
      const http = createServer();
      const relay = await startRelay('127.0.0.11', { server: http });
      if (reason === 'draining') {
        await (await through([relay])).start(new RecordingHost());
        void relay.server.drain(40_000);
      }
      const socket = connect({ port: Number(new URL(relay.url).port), host: '127.0.0.1', allowHalfOpen: true });
      const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13';
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`);
      const [head] = await once(socket, 'data');
      expect(String(head)).toContain(status);
      const connections = () =>
        new Promise<number>((resolve, reject) => {
          http.getConnections((error, count) => (error ? reject(error) : resolve(count)));
        });
      await until(async () => (await connections()) === relay.server.clients, 'the connection to be destroyed');
      const counted = `usrsctp_relay_closings_total{reason="${reason}"}`;
      expect(metric(await relay.server.metrics(), counted)).toBe(1);
      socket.destroy();
    },
  );
});

describe('sessions that wait to be resumed', () => {
  /** A client comes, and loses its connection. */
  const lose = async (relay: Awaited<ReturnType<typeof startRelay>>, sub: string) => {
    const { transport } = await started([relay], { claims: { sub } });
    relay.cut();
    await until(() => transport.relays[0]?.state !== 'up', 'the connection to be lost');
    await transport.close();
  };

  test('make room for newcomers, the longest lost first; connected ones do not', async () => {
    const relay = await startRelay('127.0.0.11', { limits: { clients: 2, clientsPerSubject: 2 } });
    const ended = () => relay.log.filter(({ event }) => event === 'ended').map(({ subject }) => subject);
    await lose(relay, 'first');
    await lose(relay, 'second');
    const claims = (sub: string) => ({ claims: { sub } });
    await started([relay], claims('third'));
    expect(ended()).toEqual(['first']);
    await started([relay], claims('fourth'));
    expect(ended()).toEqual(['first', 'second']);
    await expect(started([relay], claims('fifth'))).rejects.toMatchObject({ code: 'ENOBUFS' });
  });

  test('make room for their own subject: a program that restarts again and again does not shut itself out', async () => {
    const relay = await startRelay('127.0.0.11', { limits: { clients: 100, clientsPerSubject: 2 } });
    await lose(relay, 'another');
    for (let restart = 0; restart < 5; restart++) await lose(relay, 'me');
    expect(relay.log.filter(({ event, subject }) => event === 'ended' && subject === 'another')).toEqual([]);
  });
});
