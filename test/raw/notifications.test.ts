import { expect, test } from 'vitest';
import * as R from '../../src/raw.js';
import { type Network, scenario } from '../../src/simulated.js';
import { sealPacket } from '../../src/wire/crc32c.js';
import { chunk, u32 } from '../support/packets.js';
import { connected, listening, open, SERVER, two } from './fixture.js';

const ALL = [
  R.SCTP_ASSOC_CHANGE,
  R.SCTP_PEER_ADDR_CHANGE,
  R.SCTP_REMOTE_ERROR,
  R.SCTP_SEND_FAILED_EVENT,
  R.SCTP_SHUTDOWN_EVENT,
  R.SCTP_ADAPTATION_INDICATION,
  R.SCTP_PARTIAL_DELIVERY_EVENT,
  R.SCTP_AUTHENTICATION_EVENT,
  R.SCTP_SENDER_DRY_EVENT,
  R.SCTP_STREAM_RESET_EVENT,
  R.SCTP_ASSOC_RESET_EVENT,
  R.SCTP_STREAM_CHANGE_EVENT,
];

/** The notifications among everything that waits to be read. */
function notifications(usrsctp: R.Usrsctp, so: R.SocketArgument): R.SctpNotification[] {
  const found: R.SctpNotification[] = [];
  for (;;) {
    const got = usrsctp.usrsctp_recvv(so, 100_000);
    if (got === -1 || got.data.length === 0) return found;
    if (!(got.flags & R.MSG_NOTIFICATION)) continue;
    const notification = R.sctp_notification(got.data);
    if (notification) found.push(notification);
  }
}

async function quiet(network: Network) {
  const all = await connected(network, ...ALL);
  await network.advance(1000);
  const before = [notifications(all.client, all.so), notifications(all.server, all.accepted)] as const;
  return { ...all, before };
}

const data = (length: number) => new Uint8Array(length);

test('SCTP_ASSOC_CHANGE reports that an association is up, SCTP_PEER_ADDR_CHANGE that a path is confirmed', () =>
  scenario({ seed: 1 }, async (network) => {
    const { before, id } = await quiet(network);
    expect(before[0]).toContainEqual(
      expect.objectContaining({ name: 'SCTP_ASSOC_CHANGE', sac_state: R.SCTP_COMM_UP, sac_assoc_id: id }),
    );
    expect(before[1]).toContainEqual(
      expect.objectContaining({
        name: 'SCTP_PEER_ADDR_CHANGE',
        spc_state: R.SCTP_ADDR_CONFIRMED,
        spc_aaddr: expect.objectContaining({ address: '10.0.2.1' }),
      }),
    );
  }));

test('SCTP_ADAPTATION_INDICATION reports the adaptation layer of the peer', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await two(network);
    const listener = listening(server, R.SOCK_SEQPACKET, R.SCTP_ADAPTATION_INDICATION);
    const so = open(client);
    client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_ADAPTATION_LAYER, { ssb_adaptation_ind: 0xabc });
    client.usrsctp_connectx(so, SERVER);
    await network.advance(1000);
    expect(notifications(server, listener)).toMatchObject([
      { name: 'SCTP_ADAPTATION_INDICATION', sai_adaptation_ind: 0xabc },
    ]);
  }));

test('SCTP_SENDER_DRY_EVENT reports that everything has been acknowledged', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, so } = await quiet(network);
    client.usrsctp_sendv(so, data(10));
    expect(notifications(client, so)).toEqual([]);
    await network.advance(1000);
    expect(notifications(client, so)).toMatchObject([{ name: 'SCTP_SENDER_DRY_EVENT' }]);
  }));

test('SCTP_SHUTDOWN_EVENT reports that the peer shuts down, SCTP_ASSOC_CHANGE that the shutdown is complete', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await quiet(network);
    client.usrsctp_shutdown(so, R.SHUT_WR);
    await network.advance(1000);
    expect(notifications(server, accepted)).toMatchObject([
      { name: 'SCTP_SHUTDOWN_EVENT' },
      { name: 'SCTP_ASSOC_CHANGE', sac_state: R.SCTP_SHUTDOWN_COMP },
    ]);
  }));

test.each([
  ['SCTP_SEND_FAILED_EVENT', true, { ssfe_info: expect.objectContaining({ snd_context: 99 }) }],
  ['SCTP_SEND_FAILED', false, { ssf_info: expect.objectContaining({ sinfo_context: 99 }) }],
])('%s reports what was not delivered', (name, isNew, info) =>
  scenario({ seed: 1 }, async (network) => {
    const { client, so } = await quiet(network);
    const events = { [R.SCTP_SEND_FAILED_EVENT]: isNew, [R.SCTP_SEND_FAILED]: !isNew };
    for (const [type, on] of Object.entries(events)) {
      const event = { se_type: Number(type), se_on: on ? 1 : 0 };
      client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_EVENT, { ...event, se_assoc_id: R.SCTP_ALL_ASSOC });
    }
    network.partition('*');
    client.usrsctp_sendv(so, data(10), null, { snd_context: 99 }, R.SCTP_SENDV_SNDINFO);
    client.usrsctp_sendv(so, Uint8Array.of(1), null, { snd_flags: R.SCTP_ABORT }, R.SCTP_SENDV_SNDINFO);
    expect(notifications(client, so)).toContainEqual(expect.objectContaining({ name, ...info }));
  }),
);

test('SCTP_STREAM_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT and SCTP_ASSOC_RESET_EVENT report what was reset', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await quiet(network);
    for (const [usrsctp, handle] of [[client, so] as const, [server, accepted] as const]) {
      const all = { assoc_value: R.SCTP_ENABLE_VALUE_MASK };
      usrsctp.usrsctp_setsockopt(handle, R.IPPROTO_SCTP, R.SCTP_ENABLE_STREAM_RESET, all);
    }
    const reset = {
      srs_flags: R.SCTP_STREAM_RESET_OUTGOING,
      srs_number_streams: 1,
      srs_stream_list: Uint16Array.of(2),
    };
    expect(client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_RESET_STREAMS, reset)).toBe(0);
    await network.advance(1000);
    expect(notifications(server, accepted)).toMatchObject([
      { name: 'SCTP_STREAM_RESET_EVENT', strreset_flags: R.SCTP_STREAM_RESET_INCOMING_SSN },
    ]);
    expect(client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_ADD_STREAMS, { sas_outstrms: 4 })).toBe(0);
    await network.advance(1000);
    expect(notifications(server, accepted)).toMatchObject([
      { name: 'SCTP_STREAM_CHANGE_EVENT', strchange_instrms: 14 },
    ]);
    expect(client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_RESET_ASSOC, 0), String(client.errno)).toBe(0);
    await network.advance(1000);
    expect(notifications(server, accepted).map(({ name }) => name)).toContain('SCTP_ASSOC_RESET_EVENT');
  }));

test('SCTP_REMOTE_ERROR reports a chunk that the peer did not recognize', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, so } = await quiet(network);
    const end = network.filter((packet) => {
      if (packet.source !== '10.0.1.1') return packet;
      const bytes = Buffer.concat([packet.bytes, chunk(0x7e, 0, u32(1))]); // a chunk type that asks to be reported (RFC 9260 3.2)
      sealPacket(bytes);
      return { ...packet, bytes };
    });
    client.usrsctp_sendv(so, data(4));
    await network.advance(1000);
    end();
    const errors = notifications(client, so).filter(({ name }) => name === 'SCTP_REMOTE_ERROR');
    expect(errors[0]).toMatchObject({ sre_error: R.SCTP_CAUSE_UNRECOG_CHUNK }); // RFC 6458 6.1.3 has it in network byte order
  }));

test('SCTP_AUTHENTICATION_EVENT reports that the peer does not support authentication', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await two(network);
    const listener = open(server, R.SOCK_SEQPACKET);
    for (const option of [R.SCTP_ASCONF_SUPPORTED, R.SCTP_AUTH_SUPPORTED] as const) {
      expect(server.usrsctp_setsockopt(listener, R.IPPROTO_SCTP, option, { assoc_value: 0 })).toBe(0);
    }
    server.usrsctp_bind(listener, { address: '0.0.0.0', port: 5001 });
    server.usrsctp_listen(listener, 1);
    const so = open(client, R.SOCK_STREAM, R.SCTP_AUTHENTICATION_EVENT);
    client.usrsctp_connectx(so, SERVER);
    await network.advance(1000);
    expect(notifications(client, so)).toMatchObject([
      { name: 'SCTP_AUTHENTICATION_EVENT', auth_indication: R.SCTP_AUTH_NO_AUTH },
    ]);
  }));

test('SCTP_PARTIAL_DELIVERY_EVENT reports that the rest of a message will not come', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await quiet(network);
    server.usrsctp_setsockopt(accepted, R.IPPROTO_SCTP, R.SCTP_PARTIAL_DELIVERY_POINT, 2000);
    client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_EXPLICIT_EOR, 1);
    const spa = {
      sendv_flags: R.SCTP_SEND_SNDINFO_VALID | R.SCTP_SEND_PRINFO_VALID,
      sendv_prinfo: { pr_policy: R.SCTP_PR_SCTP_TTL, pr_value: 500 },
    };
    client.usrsctp_sendv(so, data(20_000), null, spa, R.SCTP_SENDV_SPA); // the beginning of a message only
    await network.advance(100);
    expect(server.usrsctp_recvv(accepted, 3000)).toMatchObject({ flags: 0 });
    const heal = network.partition('*');
    const last = { ...spa, sendv_sndinfo: { snd_flags: R.SCTP_EOR } };
    client.usrsctp_sendv(so, data(5000), null, last, R.SCTP_SENDV_SPA);
    await network.advance(10_000);
    heal();
    await network.advance(60_000);
    expect(notifications(server, accepted)).toContainEqual(
      expect.objectContaining({
        name: 'SCTP_PARTIAL_DELIVERY_EVENT',
        pdapi_indication: R.SCTP_PARTIAL_DELIVERY_ABORTED,
      }),
    );
  }));

test('usrsctp never sends SCTP_NOTIFICATIONS_STOPPED_EVENT', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, so } = await connected(network);
    const event = { se_type: R.SCTP_NOTIFICATIONS_STOPPED_EVENT, se_on: 1 };
    expect(client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_EVENT, event)).toBe(-1);
    expect(client.errno).toBe('EOPNOTSUPP');
  }));

test('sctp_notification returns undefined for an unknown or truncated notification', () => {
  expect(R.sctp_notification(new Uint8Array())).toBeUndefined();
  expect(R.sctp_notification(Uint8Array.of(R.SCTP_ASSOC_CHANGE, 0, 0, 0))).toBeUndefined();
  expect(R.sctp_notification(Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined();
});
