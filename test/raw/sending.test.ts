import { expect, test } from 'vitest';
import * as R from '../../src/raw.js';
import { type Network, scenario } from '../../src/simulated.js';
import { decodePacket } from '../../src/wire/decode.js';
import { CLIENT_ADDRESSES, connected, listening, open, PORT, SERVER, SERVER_ADDRESSES, two } from './fixture.js';

const SECOND = { address: '10.0.2.2', port: PORT };
const SCHEDULERS = [
  R.SCTP_SS_DEFAULT,
  R.SCTP_SS_ROUND_ROBIN,
  R.SCTP_SS_ROUND_ROBIN_PACKET,
  R.SCTP_SS_PRIORITY,
  R.SCTP_SS_FAIR_BANDWITH,
  R.SCTP_SS_FIRST_COME,
];

const bytes = (length: number) => new Uint8Array(length).fill(1);

test.each(SCHEDULERS)('SCTP_ADDR_OVER sends a message to the address that it names (scheduler %i)', (assoc_value) =>
  scenario({ seed: 1, conditions: { latencyMs: 5 } }, async (network) => {
    const { client, so, server, accepted } = await connected(network);
    client.usrsctp_set_non_blocking(so, 1);
    client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_PLUGGABLE_SS, { assoc_id: 0, assoc_value });
    const sent: [stream: number, destination: string][] = [];
    for (const round of [0, 1, 2]) {
      for (const stream of [0, 1, 2, 1]) {
        const isOver = stream === 1;
        const info = { snd_sid: stream, snd_flags: isOver ? R.SCTP_ADDR_OVER : 0 };
        const to = isOver ? [SECOND] : null;
        expect(client.usrsctp_sendv(so, bytes(800 + round), to, info, R.SCTP_SENDV_SNDINFO)).toBe(800 + round);
        sent.push([stream, isOver ? '10.0.2.2' : '10.0.1.2']);
      }
      if (round === 1) await network.advance(1000);
    }
    await network.advance(5000);
    for (const _ of sent) expect(server.usrsctp_recvv(accepted, 1000)).not.toBe(-1);
    const left = network.trace
      .entries()
      .flatMap(({ from, destination, bytes: packet }) =>
        decodePacket(packet).chunks.flatMap((chunk): [number, string][] =>
          from === 'client' && chunk.type === 'DATA' ? [[chunk.streamId, destination]] : [],
        ),
      );
    expect(left.sort()).toEqual(sent.sort());
  }),
);

/** The chunks that a host has sent. */
function chunksOf(network: Network, name: string): string[] {
  const packets = network.trace.entries().filter(({ from }) => from === name);
  return packets.flatMap(({ bytes: packet }) => decodePacket(packet).chunks.map(({ type }) => type));
}

for (const [state, afterMs] of [
  ['COOKIE-WAIT', 0],
  ['COOKIE-ECHOED', 25],
] as const) {
  test(`a shutdown in ${state} is carried out as soon as the association is up`, () =>
    scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
      const { client, server } = await two(network);
      const listener = listening(server, R.SOCK_STREAM);
      const so = open(client);
      client.usrsctp_set_non_blocking(so, 1);
      client.usrsctp_connect(so, SERVER[0]!);
      await network.advance(afterMs);
      expect(client.usrsctp_shutdown(so, R.SHUT_WR)).toBe(0);
      await network.advance(1000);
      expect(chunksOf(network, 'client')).toContain('SHUTDOWN');
      expect(chunksOf(network, 'server')).toContain('SHUTDOWN ACK');
      expect([...chunksOf(network, 'client'), ...chunksOf(network, 'server')]).not.toContain('ABORT');
      expect(server.usrsctp_accept(listener)).not.toBeNull();
    }));

  test(`a shutdown in ${state} is carried out when both ends connect at once`, () =>
    scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
      const { client, server } = await two(network);
      const ends = [
        [client, CLIENT_ADDRESSES[0]!, SERVER_ADDRESSES[0]!],
        [server, SERVER_ADDRESSES[0]!, CLIENT_ADDRESSES[0]!],
      ] as const;
      const [so] = ends.map(([usrsctp, own, peer]) => {
        const handle = open(usrsctp);
        usrsctp.usrsctp_set_non_blocking(handle, 1);
        usrsctp.usrsctp_bind(handle, { address: own, port: PORT });
        usrsctp.usrsctp_connect(handle, { address: peer, port: PORT });
        return handle;
      });
      await network.advance(afterMs);
      expect(client.usrsctp_shutdown(so!, R.SHUT_WR)).toBe(0);
      await network.advance(1000);
      expect(chunksOf(network, 'client')).toContain('SHUTDOWN');
      expect([...chunksOf(network, 'client'), ...chunksOf(network, 'server')]).not.toContain('ABORT');
    }));
}

test('sending after a shutdown fails with EPIPE', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, so } = await connected(network);
    client.usrsctp_set_non_blocking(so, 1);
    client.usrsctp_sendv(so, bytes(10));
    client.usrsctp_shutdown(so, R.SHUT_WR);
    expect([client.usrsctp_sendv(so, bytes(10)), client.errno]).toEqual([-1, 'EPIPE']);
    await network.advance(25);
    expect([client.usrsctp_sendv(so, bytes(10)), client.errno]).toEqual([-1, 'EPIPE']);
  }));

test('an association whose SHUTDOWN ACK is never answered ends with ETIMEDOUT', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    client.usrsctp_set_non_blocking(so, 1);
    network.filter(({ bytes: packet }) => {
      const first = decodePacket(packet).chunks[0]?.type;
      return first === 'SHUTDOWN ACK' || first === 'ABORT' ? 'drop' : undefined;
    });
    server.usrsctp_shutdown(accepted, R.SHUT_WR);
    await network.advance(500_000);
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR)).toBe('ETIMEDOUT');
  }));

test('with explicit EOR, a message larger than the send buffer waits for room: EAGAIN', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, so } = await connected(network);
    client.usrsctp_set_non_blocking(so, 1);
    client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_EXPLICIT_EOR, 1);
    client.usrsctp_setsockopt(so, R.SOL_SOCKET, R.SO_SNDBUF, 20_000);
    network.hold();
    expect(client.usrsctp_sendv(so, bytes(100_000))).toBe(20_000);
    expect([client.usrsctp_sendv(so, bytes(80_000)), client.errno]).toEqual([-1, 'EAGAIN']);
  }));

test('SCTP_EOF aborts an association with an unfinished message: ECONNABORTED', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, so } = await connected(network);
    client.usrsctp_set_non_blocking(so, 1);
    client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_EXPLICIT_EOR, 1);
    expect(client.usrsctp_sendv(so, bytes(100))).toBe(100);
    await network.advance(1000);
    const end = { snd_flags: R.SCTP_EOF };
    expect([client.usrsctp_sendv(so, new Uint8Array(), null, end, R.SCTP_SENDV_SNDINFO), client.errno]).toEqual([
      -1,
      'ECONNABORTED',
    ]);
  }));

test('the rest of an abandoned message is discarded, even if it has SCTP_EOF', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, so, server, accepted } = await connected(network);
    client.usrsctp_set_non_blocking(so, 1);
    client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_EXPLICIT_EOR, 1);
    const piece = (flags: number) => ({
      sendv_flags: R.SCTP_SEND_SNDINFO_VALID | R.SCTP_SEND_PRINFO_VALID,
      sendv_sndinfo: { snd_flags: flags },
      sendv_prinfo: { pr_policy: R.SCTP_PR_SCTP_RTX, pr_value: 0 },
    });
    const heal = network.filter(({ bytes: packet }) =>
      decodePacket(packet).chunks[0]?.type === 'DATA' ? 'drop' : undefined,
    );
    expect(client.usrsctp_sendv(so, bytes(100), null, piece(0), R.SCTP_SENDV_SPA)).toBe(100);
    await network.advance(3000);
    heal();
    const last = piece(R.SCTP_EOR | R.SCTP_EOF);
    expect(client.usrsctp_sendv(so, bytes(50), null, last, R.SCTP_SENDV_SPA)).toBe(50);
    await network.advance(3000);
    expect(server.usrsctp_recvv(accepted, 5000)).toMatchObject({ data: new Uint8Array() }); // the end
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_ERROR)).toBe(0);
  }));

test('SCTP_SENDALL is ignored on a one-to-one socket', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, so, server, accepted } = await connected(network);
    client.usrsctp_set_non_blocking(so, 1);
    const all = { snd_flags: R.SCTP_SENDALL };
    expect(client.usrsctp_sendv(so, bytes(2000), null, all, R.SCTP_SENDV_SNDINFO)).toBe(2000);
    await network.advance(1000);
    expect(server.usrsctp_recvv(accepted, 5000)).toMatchObject({ data: bytes(2000) });
  }));

test('SCTP_SENDALL fails with EAGAIN while one of the associations resets its stream', () =>
  scenario({ seed: 1, conditions: { latencyMs: 10 } }, async (network) => {
    const { client, server } = await two(network);
    listening(server);
    const so = open(client, R.SOCK_SEQPACKET);
    client.usrsctp_set_non_blocking(so, 1);
    const id: { id?: number } = {};
    client.usrsctp_connectx(so, SERVER, id);
    await network.advance(1000);
    network.filter(({ bytes: packet }) => (decodePacket(packet).chunks[0]?.type === 'RE-CONFIG' ? 'drop' : undefined));
    const streams = {
      srs_assoc_id: id.id!,
      srs_flags: R.SCTP_STREAM_RESET_OUTGOING,
      srs_number_streams: 1,
      srs_stream_list: Uint16Array.of(1),
    };
    expect(client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_RESET_STREAMS, streams)).toBe(0);
    const all = (snd_sid: number) => ({ snd_sid, snd_flags: R.SCTP_SENDALL });
    expect([client.usrsctp_sendv(so, bytes(10), null, all(1), R.SCTP_SENDV_SNDINFO), client.errno]).toEqual([
      -1,
      'EAGAIN',
    ]);
    expect(client.usrsctp_sendv(so, bytes(10), null, all(2), R.SCTP_SENDV_SNDINFO)).toBe(10);
  }));
