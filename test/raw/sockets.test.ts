import { expect, test } from 'vitest';
import * as R from '../../src/raw.js';
import { scenario } from '../../src/simulated.js';
import { CLIENT_ADDRESSES, connected, listening, open, PORT, SERVER, SERVER_ADDRESSES, start, two } from './fixture.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

test('usrsctp_connectx sets up an association with all addresses of both ends', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted, id } = await connected(network);
    expect(id).toBeGreaterThan(R.SCTP_ALL_ASSOC);
    expect(client.usrsctp_getpaddrs(so, 0)).toEqual(SERVER);
    const local = client.usrsctp_getladdrs(so, 0);
    if (local === -1) throw new Error(client.errno.toString());
    expect(local.map((one) => ('address' in one ? one.address : one)).sort()).toEqual(CLIENT_ADDRESSES);
    expect(server.usrsctp_getpaddrs(accepted, 0)).toHaveLength(2);
    expect(client.usrsctp_getassocid(so, SERVER[1]!)).toBe(id);
    expect(client.usrsctp_getassocid(so, { address: '10.9.9.9', port: PORT })).toBe(0);
    client.usrsctp_freepaddrs(SERVER);
    client.usrsctp_freeladdrs(local);
    expect(local).toHaveLength(2); // nothing to free
  }));

test('L17 usrsctp_connectx does not block: an event and SO_ERROR report a failure, and reading SO_ERROR clears it', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = open(client);
    expect(client.usrsctp_connectx(so, [{ address: '10.0.1.2', port: 9 }])).toBe(0);
    expect(client.usrsctp_get_events(so)).toBe(0);
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR)).toBe(0);
    await network.advance(1000);
    expect(client.usrsctp_get_events(so) & R.SCTP_EVENT_ERROR).toBeTruthy();
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR)).toBe('ECONNREFUSED');
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR)).toBe(0);
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR, new Uint8Array(4))).toEqual(new Uint8Array(4));
    expect(client.usrsctp_get_events(so) & R.SCTP_EVENT_ERROR).toBe(0);
  }));

test('usrsctp_connect fails with EINPROGRESS, then with EALREADY; SCTP_EVENT_WRITE reports that it has connected', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, server } = await two(network);
    listening(server, R.SOCK_STREAM);
    const so = open(client);
    expect(client.usrsctp_connect(so, SERVER[0]!)).toBe(-1);
    expect(client.errno).toBe('EINPROGRESS');
    expect(client.usrsctp_connect(so, SERVER[0]!)).toBe(-1);
    expect(client.errno).toBe('EALREADY');
    expect(client.usrsctp_get_events(so)).toBe(0);
    await network.advance(100);
    expect(client.usrsctp_get_events(so)).toBe(R.SCTP_EVENT_WRITE);
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR)).toBe(0);
  }));

test('when a call returns, everything that it sends has been given to the transport', () =>
  scenario({ seed: 1 }, async (network) => {
    const host = network.host('client', CLIENT_ADDRESSES);
    const sent: number[] = [];
    const send = host.transport.send.bind(host.transport);
    host.transport.send = (packets) => {
      sent.push(...packets.map(({ bytes }) => bytes[12] ?? -1));
      send(packets);
    };
    const client = await start(network, host);
    const server = await start(network, network.host('server', SERVER_ADDRESSES));
    listening(server, R.SOCK_STREAM);
    const so = open(client);
    client.usrsctp_connectx(so, SERVER);
    expect(sent).toEqual([R.SCTP_INITIATION]);
    await network.advance(1000);
    sent.length = 0;
    client.usrsctp_sendv(so, bytes('now'));
    expect(sent).toEqual([R.SCTP_DATA]);
    await network.advance(1000);
    sent.length = 0;
    client.usrsctp_shutdown(so, R.SHUT_WR);
    expect(sent).toEqual([R.SCTP_SHUTDOWN]);
  }));

test('usrsctp_sendv and usrsctp_recvv transfer a message with its info', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    for (const option of [R.SCTP_RECVRCVINFO, R.SCTP_RECVNXTINFO]) {
      expect(server.usrsctp_setsockopt(accepted, R.IPPROTO_SCTP, option, 1)).toBe(0);
    }
    const info = { snd_sid: 3, snd_ppid: R.htonl(46), snd_flags: R.SCTP_UNORDERED };
    expect(client.usrsctp_sendv(so, bytes('one'), null, info, R.SCTP_SENDV_SNDINFO)).toBe(3);
    const spa = {
      sendv_flags: R.SCTP_SEND_SNDINFO_VALID | R.SCTP_SEND_PRINFO_VALID,
      sendv_sndinfo: { snd_sid: 4 },
      sendv_prinfo: { pr_policy: R.SCTP_PR_SCTP_RTX, pr_value: 2 },
    };
    expect(client.usrsctp_sendv(so, bytes('two!'), null, spa, R.SCTP_SENDV_SPA)).toBe(4);
    await network.advance(1000);

    const peeked = server.usrsctp_recvv(accepted, 100, R.MSG_PEEK);
    const first = server.usrsctp_recvv(accepted, 100);
    if (first === -1 || peeked === -1) throw new Error(String(server.errno));
    expect(text(first.data)).toBe('one');
    expect(text(peeked.data)).toBe('one');
    expect(first.flags).toBe(R.MSG_EOR);
    expect(first.from).toMatchObject({ address: '10.0.1.1' });
    if (first.infotype !== R.SCTP_RECVV_RN) throw new Error(`infotype ${first.infotype}`);
    const { recvv_rcvinfo, recvv_nxtinfo } = first.info;
    expect(recvv_rcvinfo).toMatchObject({ rcv_sid: 3, rcv_ssn: 0, rcv_flags: R.SCTP_UNORDERED });
    expect(R.ntohl(recvv_rcvinfo.rcv_ppid)).toBe(46);
    expect(recvv_nxtinfo).toMatchObject({ nxt_sid: 4, nxt_length: 4, nxt_flags: R.SCTP_COMPLETE });

    const head = server.usrsctp_recvv(accepted, 3);
    const tail = server.usrsctp_recvv(accepted, 3);
    if (head === -1 || tail === -1) throw new Error(String(server.errno));
    expect([text(head.data), head.flags & R.MSG_EOR]).toEqual(['two', 0]);
    expect([text(tail.data), tail.flags & R.MSG_EOR]).toEqual(['!', R.MSG_EOR]);
    expect(head).toMatchObject({ infotype: R.SCTP_RECVV_RCVINFO, info: { rcv_sid: 4 } });
    expect(server.usrsctp_recvv(accepted, 3)).toBe(-1);
    expect(server.errno).toBe('EAGAIN');
  }));

test('usrsctp_sendv refuses what C refuses, with the same errno', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, so } = await connected(network);
    const failure = (result: number) => (result === -1 ? client.errno : result);
    expect(failure(client.usrsctp_sendv(so, bytes('x'), null, { snd_sid: 500 }, R.SCTP_SENDV_SNDINFO))).toBe('EINVAL');
    expect(failure(client.usrsctp_sendv(so, new Uint8Array()))).toBe('EINVAL');
    expect(failure(client.usrsctp_sendv(so, new Uint8Array(1e6)))).toBe('EMSGSIZE');
    expect(failure(client.usrsctp_sendv(so, bytes('x'), null, {}, R.SCTP_SENDV_AUTHINFO))).toBe('EINVAL');
    expect(failure(client.usrsctp_sendv(so, bytes('x'), null, {}, 99))).toBe('EINVAL');
    expect(failure(client.usrsctp_sendv(so, bytes('x'), SERVER))).toBe('EINVAL'); // at most one address
    expect(failure(client.usrsctp_sendv(null, bytes('x')))).toBe('EBADF');
    const bound = client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_SNDBUF);
    const taken = [];
    while (client.usrsctp_sendv(so, new Uint8Array(10_000)) > 0) taken.push(10_000);
    expect(client.errno).toBe('EAGAIN');
    expect(taken.length * 10_000).toBeLessThanOrEqual(Number(bound) + 50_000);
  }));

test('a message to an address sets up an association, which usrsctp_peeloff moves to a socket of its own', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await two(network);
    const listener = listening(server, R.SOCK_SEQPACKET, R.SCTP_ASSOC_CHANGE);
    const so = open(client, R.SOCK_SEQPACKET);
    const info = new Uint8Array(R.structs.sctp_sndinfo.size);
    expect(client.usrsctp_sendv(so, bytes('hello'), SERVER[0]!, info, R.SCTP_SENDV_SNDINFO)).toBe(5);
    await network.advance(1000);
    const up = server.usrsctp_recvv(listener, 1000);
    if (up === -1) throw new Error(String(server.errno));
    expect(up.flags & R.MSG_NOTIFICATION).toBeTruthy();
    const id = new DataView(up.data.buffer).getUint32(R.structs.sctp_assoc_change.fields.sac_assoc_id.offset, true);
    const own = server.usrsctp_peeloff(listener, id);
    expect(own).toBeGreaterThan(0);
    expect(server.usrsctp_recvv(own, 100)).toMatchObject({ data: bytes('hello') });
    expect(server.usrsctp_peeloff(listener, 12_345)).toBeNull();
    expect(server.errno).toBe('ENOENT');
  }));

test('usrsctp_bind and usrsctp_bindx add and remove addresses', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const [first, second] = CLIENT_ADDRESSES.map((address) => ({ address, port: 7000 }));
    const so = open(client);
    expect(client.usrsctp_bind(so, first!)).toBe(0);
    expect(client.usrsctp_bindx(so, [second!], R.SCTP_BINDX_ADD_ADDR)).toBe(0);
    expect(client.usrsctp_getladdrs(so, 0)).toHaveLength(2);
    expect(client.usrsctp_bindx(so, [first!], R.SCTP_BINDX_REM_ADDR)).toBe(0);
    expect(client.usrsctp_getladdrs(so, 0)).toEqual([second]);
    const other = open(client);
    expect([client.usrsctp_bind(other, second!), client.errno]).toEqual([-1, 'EADDRINUSE']);
    expect([client.usrsctp_bind(other, { address: '10.9.9.9', port: 1 }), client.errno]).toEqual([-1, 'EADDRNOTAVAIL']);
    expect([client.usrsctp_bind(other, { address: 'nowhere', port: 1 }), client.errno]).toEqual([-1, 'EINVAL']);
  }));

test('usrsctp_accept returns the address of the peer, and fails with EAGAIN if there is no association', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await two(network);
    const listener = listening(server, R.SOCK_STREAM);
    expect([server.usrsctp_accept(listener), server.errno]).toEqual([null, 'EAGAIN']);
    client.usrsctp_connect(open(client), SERVER[0]!);
    await network.advance(100);
    expect(server.usrsctp_get_events(listener)).toBe(R.SCTP_EVENT_READ);
    const name: { address?: R.Sockaddr | undefined } = {};
    expect(server.usrsctp_accept(listener, name)).toBeGreaterThan(0);
    expect(name.address).toMatchObject({ address: '10.0.1.1' });
  }));

test('usrsctp_shutdown ends both directions in order, and usrsctp_finish fails until the last socket is closed', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted, listener } = await connected(network);
    client.usrsctp_sendv(so, bytes('last'));
    expect(client.usrsctp_shutdown(so, R.SHUT_WR)).toBe(0);
    expect([client.usrsctp_shutdown(so, 99), client.errno]).toEqual([-1, 'EINVAL']);
    await network.advance(1000);
    expect(server.usrsctp_recvv(accepted, 100)).toMatchObject({ data: bytes('last') });
    expect(server.usrsctp_recvv(accepted, 100)).toMatchObject({ data: new Uint8Array() });
    expect([server.usrsctp_finish(), server.errno]).toEqual([-1, 'EBUSY']);
    for (const handle of [accepted, listener]) server.usrsctp_close(handle);
    client.usrsctp_close(so);
    await network.advance(60_000);
    expect(client.usrsctp_finish()).toBe(0);
    expect(server.usrsctp_finish()).toBe(0);
    expect(server.usrsctp_finish()).toBe(0);
    await network.standStill(server.finished);
    expect([server.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP), server.errno]).toEqual([null, 'ENETDOWN']);
    expect(server.stopError?.code).toBe('ENETDOWN');
    expect(server.usrsctp_get_stat().sctps_inpackets).toBe(0);
    expect(server.usrsctp_sysctl_get_sctp_ecn_enable()).toBe(-1);
  }));

test('every function fails with EBADF for a stale, made-up or missing handle', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const closed = open(client);
    client.usrsctp_close(closed);
    for (const so of [closed, 12_345 as R.SocketHandle, null]) {
      const results = [
        () => client.usrsctp_bind(so, SERVER[0]!),
        () => client.usrsctp_bindx(so, SERVER, R.SCTP_BINDX_ADD_ADDR),
        () => client.usrsctp_listen(so, 1),
        () => client.usrsctp_accept(so) ?? -1,
        () => client.usrsctp_peeloff(so, 1) ?? -1,
        () => client.usrsctp_connect(so, SERVER[0]!),
        () => client.usrsctp_connectx(so, SERVER),
        () => client.usrsctp_shutdown(so, R.SHUT_RDWR),
        () => client.usrsctp_sendv(so, bytes('x')),
        () => client.usrsctp_recvv(so, 10),
        () => client.usrsctp_getpaddrs(so, 0),
        () => client.usrsctp_getladdrs(so, 0),
        () => client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_NODELAY, 1),
        () => client.usrsctp_getsockopt(so, R.IPPROTO_SCTP, R.SCTP_NODELAY),
        () => client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR),
        () => client.usrsctp_opt_info(so, 0, R.SCTP_RTOINFO),
        () => client.usrsctp_set_non_blocking(so, 1),
        () => client.usrsctp_get_non_blocking(so),
        () => client.usrsctp_set_upcall(so, null),
        () => client.usrsctp_set_ulpinfo(so, 1),
        () => client.usrsctp_get_ulpinfo(so),
        () => client.usrsctp_get_events(so),
      ].map((call) => {
        client.usrsctp_set_non_blocking(null, 0); // sets another errno: EOPNOTSUPP
        expect(client.errno).toBe('EOPNOTSUPP');
        return [call(), client.errno];
      });
      expect(results).toEqual(results.map(() => [-1, 'EBADF']));
    }
  }));

test('the end of an association has no info, neither of its last message nor of another socket', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    server.usrsctp_setsockopt(accepted, R.IPPROTO_SCTP, R.SCTP_RECVRCVINFO, 1);
    client.usrsctp_sendv(so, new Uint8Array(10), null, { snd_sid: 3 }, R.SCTP_SENDV_SNDINFO);
    client.usrsctp_shutdown(so, R.SHUT_WR);
    await network.advance(1000);
    expect(server.usrsctp_recvv(accepted, 0)).toMatchObject({ infotype: R.SCTP_RECVV_RCVINFO, info: { rcv_sid: 3 } });
    expect(server.usrsctp_recvv(accepted, 100)).toMatchObject({ infotype: R.SCTP_RECVV_RCVINFO });
    for (const length of [100, 0]) {
      const end = server.usrsctp_recvv(accepted, length);
      expect(end).toMatchObject({ data: new Uint8Array(), infotype: R.SCTP_RECVV_NOINFO, info: undefined });
    }
  }));

test('the functions can be called without their object, which has errno', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const { usrsctp_socket, usrsctp_bind, usrsctp_close, usrsctp_sysctl_get_sctp_ecn_enable } = client;
    const so = usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP);
    expect(usrsctp_bind(so, { address: '10.9.9.9', port: 7000 })).toBe(-1);
    expect(client.errno).toBe('EADDRNOTAVAIL');
    usrsctp_close(so);
    expect(usrsctp_sysctl_get_sctp_ecn_enable()).toBe(1);
  }));

test('arguments of a wrong JavaScript type throw TypeError', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = open(client);
    const wrong = (value: unknown) => value as never;
    const calls = [
      () => client.usrsctp_socket(wrong('AF_INET'), R.SOCK_STREAM, R.IPPROTO_SCTP),
      () => client.usrsctp_socket(R.AF_INET, R.SOCK_STREAM, R.IPPROTO_SCTP, wrong('callback')),
      () => client.usrsctp_bind(wrong('socket'), SERVER[0]!),
      () => client.usrsctp_bind(so, wrong('10.0.0.1')),
      () => client.usrsctp_bind(so, { address: '10.0.1.1', port: 70_000 }),
      () => client.usrsctp_connectx(so, wrong(SERVER[0])),
      () => client.usrsctp_sendv(so, wrong('text')),
      () => client.usrsctp_recvv(so, wrong('100')),
      () => client.usrsctp_recvv(so, -1),
      () => client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_NODELAY, wrong('on')),
      () => client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_RTOINFO, wrong(1)),
      () => client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_INITMSG, { sinit_num_ostreams: 70_000 }),
      () => client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_INITMSG, wrong({ no_such_field: 1 })),
      () => client.usrsctp_set_upcall(so, wrong(1)),
      () => client.usrsctp_sysctl_set_sctp_rto_min_default(wrong('1')),
      () => client.usrsctp_crc32c(wrong([1])),
    ];
    for (const call of calls) expect(call, String(call)).toThrow(TypeError);
  }));

test('usrsctp_getpaddrs and usrsctp_getladdrs are empty if there is no association, or no address any more', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = open(client);
    expect(client.usrsctp_getpaddrs(so, 0)).toEqual([]);
    client.usrsctp_bind(so, { address: '10.0.1.1', port: 7000 });
    network.hosts[0]?.addressDown('10.0.1.1');
    network.hosts[0]?.addressDown('10.0.2.1');
    await network.advance(100);
    expect(client.usrsctp_getladdrs(so, 0)).toEqual([]);
  }));

test.each([
  ['unread', true],
  ['that comes later', false],
])('after usrsctp_shutdown of reading, a message %s ends the association, and its sender learns of it', (_, isBefore) =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    const send = () => server.usrsctp_sendv(accepted, bytes('x'));
    if (isBefore) send();
    await network.advance(1000);
    expect(client.usrsctp_shutdown(so, R.SHUT_RD)).toBe(0);
    if (!isBefore) send();
    await network.advance(1000);
    expect(server.usrsctp_getsockopt(accepted, R.SOL_SOCKET, R.SO_ERROR)).toBe('ECONNRESET');
    client.usrsctp_close(so);
    server.usrsctp_close(accepted);
  }),
);
