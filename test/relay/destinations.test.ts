import { afterEach, describe, expect, test } from 'vitest';
import { Stack } from '../../src/index.js';
import { closePeers, peer, started } from '../support/peers.js';
import { closeLater, closeRelays, metric, startRelay, through, until } from '../support/relays.js';
import { answer, init, sctp } from '../support/sctp.js';

afterEach(async () => {
  await closeRelays();
  closePeers();
});

describe('destinations', () => {
  test('one that the policy refuses is EACCES, and connectx reports it', async () => {
    const server = await startRelay('127.0.0.11', { allow: ['127.0.0.1:9899'] });
    const { host, send } = await started([server]);
    send('127.0.0.1', 9898, init());
    send('10.0.0.1', 9899, init());
    await until(() => host.refusals.length === 2, 'two refusals');
    expect(host.refusals).toEqual([
      { destination: '127.0.0.1', code: 'EACCES' },
      { destination: '10.0.0.1', code: 'EACCES' },
    ]);
    const stack = closeLater(await Stack.create({ transport: await through([server]) }));
    const connecting = stack.socket().connectx([{ address: '127.0.0.5', port: 5001 }], { timeoutMs: 5000 });
    await expect(connecting).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('one that only one of two relays refuses is reached through the other', async () => {
    const strict = await startRelay('127.0.0.11', { allow: ['127.0.0.9:*'] });
    const { received, port } = await peer();
    const { transport, host, send } = await started([strict, await startRelay('127.0.0.12')]);
    expect(transport.route('127.0.0.1')?.source).toBe('127.0.0.11');
    send('127.0.0.1', port, init());
    await until(() => transport.route('127.0.0.1')?.source === '127.0.0.12', 'the other route');
    send('127.0.0.1', port, init());
    await until(() => received.length === 1, 'the INIT');
    expect(received[0]?.address).toBe('127.0.0.12');
    expect(host.refusals).toEqual([]);
  });

  test('unanswered INITs are limited: EPERM after 5 s, because INITs are sent again; the first answer lifts the limit', async () => {
    const server = await startRelay('127.0.0.11', { limits: { unanswered: 12 } });
    const { socket, received, port } = await peer();
    const { transport, host, send } = await started([server]);
    send('127.0.0.1', port, ...Array.from({ length: 10 }, () => init()));
    await until(() => received.length === 3, 'three of them');
    const startMs = performance.now();
    const again = () => {
      send('127.0.0.1', port, init());
      return host.refusals.length === 1;
    };
    await until(again, 'a refusal that is reported');
    expect(performance.now() - startMs).toBeGreaterThan(4000);
    expect(host.refusals).toEqual([{ destination: '127.0.0.1', code: 'EPERM' }]);
    expect(received.length).toBeLessThanOrEqual(5); // 12 / 4, and one for 4 s
    const before = received.length;
    socket.send(answer(), transport.relays[0]?.addresses[0]?.port ?? 0, '127.0.0.11');
    await until(() => host.packets.length === 1, 'the answer');
    send('127.0.0.1', port, ...Array.from({ length: 10 }, () => init()));
    await until(() => received.length === before + 3, 'three more');
  });

  test('INITs of all clients to one address are limited together', async () => {
    const server = await startRelay('127.0.0.11', { limits: { unansweredInits: 5 } });
    const { received, port } = await peer();
    for (const sub of ['a', 'b', 'c']) {
      const { host, send } = await started([server], { claims: { sub } });
      send(
        '127.0.0.1',
        port,
        ...['1', '2', '3'].map((_, i) => init({ sourcePort: 50_000 + sub.charCodeAt(0) * 10 + i })),
      );
      const again = () => {
        send('127.0.0.1', port, init({ sourcePort: 50_990 }));
        return host.refusals.length === 1;
      };
      if (sub === 'c') await until(again, 'a refusal that is reported');
      else await until(() => received.length === Math.min(5, (sub.charCodeAt(0) - 96) * 3), 'INITs');
    }
    expect(received.length).toBeGreaterThanOrEqual(5);
    expect(received.length).toBeLessThanOrEqual(9); // and a tenth of 5 in each second, up to a refusal after 5 s or more
  });

  test('two clients can’t use one SCTP port towards the same peer: EADDRINUSE', async () => {
    const server = await startRelay();
    const { received, port } = await peer();
    const [first, second] = [await started([server]), await started([server])];
    first.send('127.0.0.1', port, init({ sourcePort: 50_001 }));
    await until(() => received.length === 1, 'the first INIT');
    second.send('127.0.0.1', port, init({ sourcePort: 50_001 }), init({ sourcePort: 50_002 }));
    await until(() => second.host.refusals.length === 1 && received.length === 2, 'a refusal');
    expect(second.host.refusals).toEqual([{ destination: '127.0.0.1', code: 'EADDRINUSE' }]);
    await first.transport.close();
    await until(() => server.server.clients === 1, 'the first to have left');
    second.send('127.0.0.1', port, init({ sourcePort: 50_001 }));
    await until(() => received.length === 3, 'the port to be free');
  });
});

describe('a relay lets through', () => {
  test('only complete SCTP packets with a correct CRC32c, in both directions', async () => {
    const server = await startRelay();
    const { socket, received, port } = await peer();
    const { transport, host, send } = await started([server]);
    const bad = sctp();
    bad[10]! ^= 1;
    send('127.0.0.1', port, bad, new Uint8Array(100), Buffer.from('GET / HTTP/1.1\r\n\r\n'), init());
    await until(() => received.length === 1, 'the good one');
    const dropped = 'usrsctp_relay_dropped_total';
    expect(metric(await server.server.metrics(), `${dropped}{direction="out",reason="not_sctp"}`)).toBe(3);
    const back = transport.relays[0]?.addresses[0]?.port ?? 0;
    for (const bytes of [bad, new Uint8Array(40), answer()]) socket.send(bytes, back, '127.0.0.11');
    await until(() => host.packets.length === 1, 'the good answer');
    expect(metric(await server.server.metrics(), `${dropped}{direction="in",reason="not_sctp"}`)).toBe(2);
  });

  test('only datagrams from an address and port that the client has sent to', async () => {
    const server = await startRelay();
    const [known, stranger] = [await peer(), await peer('127.0.0.2')];
    const other = await peer();
    const { transport, host, send } = await started([server]);
    send('127.0.0.1', known.port, init());
    await until(() => known.received.length === 1, 'the INIT');
    const back = transport.relays[0]?.addresses[0]?.port ?? 0;
    for (const { socket } of [stranger, other, known]) socket.send(answer(), back, '127.0.0.11');
    await until(() => host.packets.length === 1, 'the answer');
    expect(host.packets[0]).toMatchObject({ source: '127.0.0.1', port: known.port });
    const unsolicited = 'usrsctp_relay_dropped_total{direction="in",reason="unsolicited"}';
    await until(async () => metric(await server.server.metrics(), unsolicited) === 2, 'the others to be dropped');
  });

  test('no packets from another port, and they don’t redirect the client’s packets', async () => {
    const server = await startRelay();
    const [known, forger] = [await peer(), await peer()];
    const { transport, host, send } = await started([server]);
    send('127.0.0.1', known.port, init());
    await until(() => known.received.length === 1, 'the INIT');
    const back = transport.relays[0]?.addresses[0]?.port ?? 0;
    for (const { socket } of [forger, known]) socket.send(answer(), back, '127.0.0.11');
    await until(() => host.packets.length === 1, 'the answer');
    send('127.0.0.1', known.port, sctp());
    await until(() => known.received.length === 2, 'the next packet');
    expect(forger.received).toEqual([]);
  });

  test('datagrams from peers that the client has reached through another relay', async () => {
    const { socket, received, port } = await peer();
    const second = await startRelay('127.0.0.12', { allow: ['127.0.0.1:*'] });
    const { transport, host, send } = await started([await startRelay('127.0.0.11'), second]);
    send('127.0.0.1', port, init());
    send('127.0.0.5', port, init()); // when the second relay has refused this one, it has got the permit for the one before
    const refused = 'usrsctp_relay_refused_total{reason="destination"}';
    await until(
      async () => metric(await second.server.metrics(), refused) !== undefined,
      'the permits at the second relay',
    );
    await until(() => received.length === 1, 'the INIT');
    socket.send(answer(), transport.relays[1]?.addresses[0]?.port ?? 0, '127.0.0.12');
    await until(() => host.packets.length === 1, 'the answer to the other address');
    expect(host.packets[0]?.destination).toBe('127.0.0.12');
  });

  test('no more than the rate of the ticket; the excess is dropped', async () => {
    const server = await startRelay('127.0.0.11', { limits: { unanswered: 1000 } });
    const { received, port } = await peer();
    const { send } = await started([server], { claims: { bytesPerSecond: 1 } });
    const large = sctp({ chunks: [[0, 1400]] }); // 1416 bytes, and 28 for headers: 45 of them are 64 KiB
    send('127.0.0.1', port, ...Array.from({ length: 44 }, () => large));
    send('127.0.0.1', port, ...Array.from({ length: 16 }, () => large));
    const rate = 'usrsctp_relay_dropped_total{direction="out",reason="rate"}';
    await until(async () => metric(await server.server.metrics(), rate) === 15, 'the rest to be dropped');
    await until(() => received.length === 45, 'what the rate allows');
  });
});
