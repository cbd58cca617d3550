import { expect, test } from 'vitest';
import * as R from '../../src/raw.js';
import { scenario } from '../../src/simulated.js';
import { connected, listening, open, PORT, SERVER, two } from './fixture.js';

const text = (data: Uint8Array) => new TextDecoder().decode(data);
const bytes = (content: string) => new TextEncoder().encode(content);

test('receive_cb gets each message with its info and ulp_info, and null at the end', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await two(network);
    const calls: unknown[] = [];
    const receive: R.ReceiveCallback = (sock, addr, data, rcv, flags, ulp_info) => {
      calls.push([addr && 'address' in addr && addr.address, data && text(data), rcv?.rcv_sid, flags, ulp_info]);
      if (data) server.usrsctp_sendv(sock, data, null, { snd_sid: rcv?.rcv_sid ?? 0 }, R.SCTP_SENDV_SNDINFO);
      else server.usrsctp_close(sock);
      return 1;
    };
    const info = { name: 'echo' };
    const listener = server.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP, receive, null, 0, info);
    server.usrsctp_bind(listener, { address: '0.0.0.0', port: PORT });
    server.usrsctp_listen(listener, 1);
    const so = open(client);
    client.usrsctp_connectx(so, SERVER);
    await network.advance(100);
    client.usrsctp_sendv(so, bytes('before accept'), null, { snd_sid: 2 }, R.SCTP_SENDV_SNDINFO);
    await network.advance(100);
    const accepted = server.usrsctp_accept(listener); // inherits the callback
    expect(server.usrsctp_get_ulpinfo(accepted)).toBe(info);
    await network.advance(100);
    expect(server.usrsctp_set_ulpinfo(accepted, 7)).toBe(0);
    client.usrsctp_sendv(so, bytes('after'), null, { snd_sid: 5 }, R.SCTP_SENDV_SNDINFO);
    await network.advance(100);
    client.usrsctp_shutdown(so, R.SHUT_WR);
    await network.advance(1000);
    expect(calls).toEqual([
      ['10.0.1.1', 'before accept', 2, R.MSG_EOR, info],
      ['10.0.1.1', 'after', 5, R.MSG_EOR, 7],
      [undefined, null, undefined, 0, 7],
    ]);
    expect(client.usrsctp_recvv(so, 100)).toMatchObject({ data: bytes('before accept') });
    expect(client.usrsctp_recvv(so, 100)).toMatchObject({ data: bytes('after') });
  }));

test('send_cb is called when at least sb_threshold bytes are free again', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, server } = await two(network);
    const listener = listening(server, R.SOCK_STREAM);
    const rooms: unknown[] = [];
    const send: R.SendCallback = (_, sb_free, ulp_info) => rooms.push([sb_free >= 100_000, ulp_info]);
    const so = client.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP, () => 1, send, 100_000, 'mine');
    client.usrsctp_connectx(so, SERVER);
    await network.advance(100);
    rooms.length = 0;
    while (client.usrsctp_sendv(so, new Uint8Array(10_000)) > 0);
    expect(rooms).toEqual([]);
    const accepted = server.usrsctp_accept(listener);
    const drain = () => {
      while (server.usrsctp_recvv(accepted, 100_000) !== -1);
    };
    for (let round = 0; round < 50 && rooms.length === 0; round++) {
      await network.advance(100);
      drain();
    }
    expect(rooms[0]).toEqual([true, 'mine']);
  }));

test('without receive_cb, usrsctp_socket refuses send_cb, sb_threshold and ulp_info', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    expect(client.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP, null, () => 1)).toBeNull();
    expect(client.errno).toBe('EINVAL');
    expect(client.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP, null, null, 1)).toBeNull();
    expect(client.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP, null, null, 0, {})).toBeNull();
    expect(client.usrsctp_socket(99, R.SOCK_STREAM, R.IPPROTO_SCTP)).toBeNull();
  }));

test('an upcall is called with its argument for connections, messages, room and the end', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await two(network);
    const listener = listening(server, R.SOCK_STREAM);
    const calls: unknown[] = [];
    const upcall: R.Upcall = (so, arg) => {
      for (;;) {
        const got = server.usrsctp_recvv(so, 100);
        if (got === -1) return;
        calls.push([arg, text(got.data)]);
        if (got.data.length === 0) return server.usrsctp_close(so);
      }
    };
    server.usrsctp_set_upcall(
      listener,
      (so, arg) => {
        const accepted = server.usrsctp_accept(so);
        calls.push([arg, 'accepted']);
        server.usrsctp_set_upcall(accepted, upcall, 'data');
      },
      'listener',
    );
    const so = open(client);
    const events: number[] = [];
    client.usrsctp_set_upcall(so, (handle) => events.push(client.usrsctp_get_events(handle)));
    client.usrsctp_connectx(so, SERVER);
    await network.advance(100);
    expect(events.at(-1)).toBe(R.SCTP_EVENT_WRITE);
    client.usrsctp_sendv(so, bytes('one'));
    client.usrsctp_sendv(so, bytes('two'));
    await network.advance(1000);
    client.usrsctp_close(so);
    await network.advance(1000);
    expect(calls).toEqual([
      ['listener', 'accepted'],
      ['data', 'one'],
      ['data', 'two'],
      ['data', ''],
    ]);
  }));

test('an upcall that takes one connection or one message at a time gets all of them, as in native usrsctp', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await two(network);
    const listener = open(server);
    server.usrsctp_bind(listener, { address: '0.0.0.0', port: PORT });
    server.usrsctp_listen(listener, 20);
    const accepted: R.SocketHandle[] = [];
    const got: string[] = [];
    server.usrsctp_set_upcall(listener, (so) => {
      const one = server.usrsctp_accept(so);
      if (one === null) return;
      accepted.push(one);
      server.usrsctp_set_upcall(one, (from) => {
        const message = server.usrsctp_recvv(from, 100);
        if (message !== -1) got.push(text(message.data));
      });
    });
    const sockets = Array.from({ length: 20 }, () => open(client));
    for (const so of sockets) client.usrsctp_connectx(so, SERVER);
    await network.advance(1000);
    expect(accepted).toHaveLength(20);
    const [so = null] = sockets;
    for (let number = 0; number < 10; number++) client.usrsctp_sendv(so, bytes(`${number}`));
    await network.advance(1000);
    expect(got).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  }));

test('an upcall that takes nothing, or only peeks, is called once for an event; one that reads the end is not called for ever', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    let calls = 0;
    let flags = R.MSG_PEEK;
    let length = -1;
    server.usrsctp_set_upcall(accepted, () => {
      calls++;
      const got = server.usrsctp_recvv(accepted, 100, flags);
      length = got === -1 ? -1 : got.data.length;
    });
    calls = 0;
    client.usrsctp_sendv(so, bytes('one'));
    await network.advance(1000);
    expect([calls, length]).toEqual([1, 3]);
    flags = 0;
    client.usrsctp_sendv(so, bytes('three'));
    await network.advance(1000);
    expect([calls, length]).toEqual([3, 5]);
    client.usrsctp_shutdown(so, R.SHUT_WR);
    await network.advance(1000);
    expect(length).toBe(0);
    expect(calls).toBeLessThan(10);
  }));

test('what an upcall sends has been given to the transport when the call returns during which it was called', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    let sent = 0;
    network.filter((packet) => {
      if (packet.source.endsWith('.2') && packet.bytes[12] === 0) sent++; // DATA
      return undefined;
    });
    const counts: number[] = [];
    const answer = () => {
      server.usrsctp_sendv(accepted, bytes('answer'));
      counts.push(sent);
    };
    answer();
    server.usrsctp_set_upcall(accepted, () => {
      if (server.usrsctp_recvv(accepted, 100) !== -1) answer();
    });
    sent = 0;
    client.usrsctp_sendv(so, bytes('question'));
    const arrived = new Promise<number>((resolve) => {
      client.usrsctp_set_upcall(so, () => resolve(network.clock.now()));
    });
    await network.advance(1000);
    expect(counts).toEqual([1, 0]); // the packet leaves after the upcall
    expect(sent).toBeGreaterThan(0);
    expect(await arrived).toBeLessThan(1002);
  }));

test('an upcall that is set late is called at once if there is something to read, and null removes it', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    client.usrsctp_sendv(so, bytes('early'));
    await network.advance(100);
    let calls = 0;
    server.usrsctp_set_upcall(accepted, () => calls++);
    expect(calls).toBe(1);
    server.usrsctp_set_upcall(accepted, null);
    client.usrsctp_sendv(so, bytes('late'));
    await network.advance(100);
    expect(calls).toBe(1);
  }));

test('sockets never block: usrsctp_set_non_blocking refuses to make them', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = open(client);
    expect(client.usrsctp_get_non_blocking(so)).toBe(1);
    expect(client.usrsctp_set_non_blocking(so, 1)).toBe(0);
    expect([client.usrsctp_set_non_blocking(so, 0), client.errno]).toEqual([-1, 'EOPNOTSUPP']);
    expect(client.usrsctp_get_non_blocking(so)).toBe(1);
  }));
