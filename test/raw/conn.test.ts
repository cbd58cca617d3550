import { expect, test } from 'vitest';
import { sysctls } from '../../src/generated/sysctls.js';
import { ConnAddresses } from '../../src/raw/connaddresses.js';
import * as R from '../../src/raw.js';
import { SeededRandom } from '../../src/simulated/seeded-random.js';
import { scenario } from '../../src/simulated.js';
import { crc32c } from '../../src/wire/crc32c.js';
import { RTO_INITIAL_MS } from '../support/upstream.js';
import { connected, open, two } from './fixture.js';

/** Two stacks that run on top of each other's usrsctp_conninput(), as WebRTC's do on top of DTLS. */
async function coupled() {
  const sent: { tos: number; set_df: number; buffer: Uint8Array }[] = [];
  const address = { any: 'value' };
  const left: R.Usrsctp = await R.usrsctp_init({
    conn_output(addr, buffer, tos, set_df) {
      expect(addr).toBe(address);
      sent.push({ tos, set_df, buffer });
      right.usrsctp_conninput(7, buffer);
      return 0;
    },
  });
  const right: R.Usrsctp = await R.usrsctp_init_nothreads({
    conn_output: (_, buffer) => left.usrsctp_conninput(address, buffer, 0),
  });
  left.usrsctp_register_address(address);
  right.usrsctp_register_address(7);
  const so = left.usrsctp_socket(R.AF_CONN, R.SOCK_STREAM, R.IPPROTO_SCTP);
  const listener = right.usrsctp_socket(R.AF_CONN, R.SOCK_STREAM, R.IPPROTO_SCTP);
  expect(left.usrsctp_bind(so, { conn: address, port: 5000 })).toBe(0);
  expect(right.usrsctp_bind(listener, { conn: 7, port: 5000 })).toBe(0);
  right.usrsctp_listen(listener, 1);
  return { left, right, so, listener, address, sent };
}

test('an association over AF_CONN goes through conn_output and usrsctp_conninput, whatever the address is', async () => {
  const { left, right, so, listener, address, sent } = await coupled();
  expect([left.usrsctp_connect(so, { conn: address, port: 5000 }), left.errno]).toEqual([-1, 'EINPROGRESS']);
  const accepted = right.usrsctp_accept(listener);
  expect(right.usrsctp_getpaddrs(accepted, 0)).toEqual([{ conn: 7, port: 5000 }]);
  const local = left.usrsctp_getladdrs(so, 0);
  expect(local).toEqual([{ conn: address, port: 5000 }]);
  const data = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  expect(left.usrsctp_sendv(so, data)).toBe(data.length);
  const got = right.usrsctp_recvv(accepted, 200_000);
  expect(got).toMatchObject({ from: { conn: 7, port: 5000 } });
  expect(got !== -1 && Buffer.compare(got.data, data)).toBe(0);
  expect(sent.length).toBeGreaterThan(50);
  expect(sent.every(({ tos, set_df }) => tos <= 3 && set_df <= 1)).toBe(true); // ECN-capable
  right.usrsctp_deregister_address(7); // its packets are dropped now
  left.usrsctp_sendv(so, data.subarray(0, 10));
  expect([right.usrsctp_recvv(accepted, 100), right.errno]).toEqual([-1, 'EAGAIN']);
  expect([left.usrsctp_connect(so, { conn: 'unknown', port: 1 }), left.errno]).toEqual([-1, 'EADDRNOTAVAIL']);
  for (const usrsctp of [left, right]) usrsctp.usrsctp_finish();
});

test('over AF_CONN the peer can not be asked for another primary path, and the address stays usable', async () => {
  const { left, right, so, listener, address } = await coupled();
  const enable = (end: R.Usrsctp, of: R.SocketArgument) => {
    expect(end.usrsctp_setsockopt(of, R.IPPROTO_SCTP, R.SCTP_AUTH_SUPPORTED, { assoc_value: 1 })).toBe(0);
    expect(end.usrsctp_setsockopt(of, R.IPPROTO_SCTP, R.SCTP_ASCONF_SUPPORTED, { assoc_value: 1 })).toBe(0);
  };
  enable(left, so);
  enable(right, listener);
  left.usrsctp_connect(so, { conn: address, port: 5000 });
  for (let count = 0; count < 10; count++) {
    const primary = { sspp_addr: { conn: address, port: 5000 } };
    expect(left.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_SET_PEER_PRIMARY_ADDR, primary)).toBe(-1);
    expect(left.errno).toBe('EINVAL');
  }
  for (let port = 6000; port < 6050; port++) {
    const other = left.usrsctp_socket(R.AF_CONN, R.SOCK_STREAM, R.IPPROTO_SCTP);
    expect(left.usrsctp_bind(other, { conn: address, port })).toBe(0);
  }
  for (const usrsctp of [left, right]) usrsctp.usrsctp_finish();
});

test.each([[7], ['text'], [{ an: 'object' }], [Symbol('any')]])(
  'an association over %s goes on when the address is deregistered and registered again',
  (address) =>
    scenario({ seed: 1 }, async (network) => {
      const init = (conn_output: R.ConnOutput) =>
        network.standStill(
          R.usrsctp_init({ clock: network.clock, random: (bytes) => void bytes.fill(7), conn_output }),
        );
      const left: R.Usrsctp = await init((_, buffer) => right.usrsctp_conninput(address, buffer));
      const right: R.Usrsctp = await init((_, buffer) => left.usrsctp_conninput(address, buffer));
      for (const usrsctp of [left, right]) usrsctp.usrsctp_register_address(address);
      const so = left.usrsctp_socket(R.AF_CONN, R.SOCK_STREAM, R.IPPROTO_SCTP);
      const listener = right.usrsctp_socket(R.AF_CONN, R.SOCK_STREAM, R.IPPROTO_SCTP);
      left.usrsctp_bind(so, { conn: address, port: 5000 });
      right.usrsctp_bind(listener, { conn: address, port: 5000 });
      right.usrsctp_listen(listener, 1);
      left.usrsctp_connect(so, { conn: address, port: 5000 });
      const accepted = right.usrsctp_accept(listener);
      for (const usrsctp of [left, right]) usrsctp.usrsctp_deregister_address(address);
      left.usrsctp_sendv(so, Uint8Array.of(1));
      right.usrsctp_sendv(accepted, Uint8Array.of(2));
      await network.advance(100);
      expect([right.usrsctp_recvv(accepted, 100), left.usrsctp_recvv(so, 100)]).toEqual([-1, -1]);
      for (const usrsctp of [left, right]) usrsctp.usrsctp_register_address(address);
      await network.advance(5000);
      expect(right.usrsctp_recvv(accepted, 100)).toMatchObject({ data: Uint8Array.of(1), from: { conn: address } });
      expect(left.usrsctp_recvv(so, 100)).toMatchObject({ data: Uint8Array.of(2), from: { conn: address } });
      expect(right.usrsctp_getpaddrs(accepted, 0)).toEqual([{ conn: address, port: 5000 }]);
    }),
);

test('two values never share an AF_CONN address, however many are registered and deregistered', () => {
  const addresses = new ConnAddresses();
  const seen = new Map<number, unknown>();
  for (let round = 0; round < 3; round++) {
    for (let value = 0; value < 3000; value++) {
      const number = addresses.register(value);
      expect(seen.get(number) ?? value).toBe(value);
      seen.set(number, value);
      addresses.deregister(value);
    }
  }
});

test('AF_CONN packets can be sent without a CRC32c', async () => {
  const { left, right, so, listener, address, sent } = await coupled();
  const checksum = (packet: Uint8Array) => new DataView(packet.buffer, packet.byteOffset).getUint32(8);
  left.usrsctp_enable_crc32c_offload();
  right.usrsctp_enable_crc32c_offload();
  left.usrsctp_connect(so, { conn: address, port: 5000 });
  expect(right.usrsctp_accept(listener)).not.toBeNull();
  expect(sent.map(({ buffer }) => checksum(buffer))).toEqual(sent.map(() => 0));
  left.usrsctp_disable_crc32c_offload();
  sent.length = 0;
  left.usrsctp_sendv(so, new Uint8Array(10));
  expect(sent.map(({ buffer }) => checksum(buffer) !== 0)).toEqual([true]);
});

test('usrsctp_crc32c is the CRC32c, for each length of a packet', async () => {
  const usrsctp = await R.usrsctp_init();
  const random = new SeededRandom(5);
  const data = new Uint8Array(65_536);
  random.fill(data);
  const lengths = [...Array.from({ length: 1600 }, (_, length) => length), 9000, 65_521, 65_535];
  const wrong = lengths.filter((length) => {
    const bytes = data.subarray(length % 16, (length % 16) + length);
    return usrsctp.usrsctp_crc32c(bytes) !== crc32c(bytes);
  });
  expect(wrong).toEqual([]);
  // RFC 3720 appendix B.4: 32 bytes of zeros.
  expect(usrsctp.usrsctp_crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});

test('usrsctp_dumppacket writes what text2pcap reads', () =>
  scenario({ seed: 1, limitMs: 1e7 }, async (network) => {
    const { client } = await two(network);
    await network.advance(3_723_004.5);
    const dump = client.usrsctp_dumppacket(Uint8Array.of(1, 0xab, 255), R.SCTP_DUMP_OUTBOUND);
    expect(dump).toBe('\nO 01:02:03.004500 0000 01 ab ff # SCTP_PACKET\n');
    expect(client.usrsctp_dumppacket(Uint8Array.of(0), R.SCTP_DUMP_INBOUND)).toMatch(/^\nI /);
    expect(client.usrsctp_dumppacket(new Uint8Array(), R.SCTP_DUMP_INBOUND)).toBeNull();
    client.usrsctp_freedumpbuffer(dump ?? '');
  }));

test('usrsctp_dumppacket writes the local time of day with the clock of the machine', async () => {
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Asia/Kolkata'; // 5:30 ahead of UTC
  try {
    const usrsctp = await R.usrsctp_init();
    const [, time = ''] = /^\nI (\S+) /.exec(usrsctp.usrsctp_dumppacket(Uint8Array.of(1), 0) ?? '') ?? [];
    const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
    const now = new Date(Date.now() + 5.5 * 3_600_000);
    const nowS = now.getUTCHours() * 3600 + now.getUTCMinutes() * 60 + now.getUTCSeconds();
    const differenceS = Math.abs(hours * 3600 + minutes * 60 + seconds - nowS);
    expect(Math.min(differenceS, 86_400 - differenceS)).toBeLessThan(60);
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('usrsctp_get_stat counts', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server } = await connected(network);
    expect(client.usrsctp_get_stat()).toMatchObject({
      sctps_activeestab: 1,
      sctps_passiveestab: 0,
      sctps_currestab: 1,
    });
    expect(server.usrsctp_get_stat()).toMatchObject({ sctps_activeestab: 0, sctps_passiveestab: 1 });
    expect(client.usrsctp_get_stat().sctps_outpackets).toBeGreaterThan(1);
  }));

test('usrsctp_handle_timers does not move time: the clock does', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = open(client);
    client.usrsctp_connectx(so, [{ address: '10.0.1.99', port: 1 }]);
    client.usrsctp_handle_timers(60_000);
    expect(client.usrsctp_get_stat().sctps_timoinit).toBe(0);
    await network.advance(1.1 * RTO_INITIAL_MS);
    expect(client.usrsctp_get_stat().sctps_timoinit).toBe(1);
  }));

const tunables = ['sctp_hashtblsize', 'sctp_pcbtblsize', 'sctp_chunkscale'];

test.each(sysctls)('sysctl %s can be read, and set to the value that it has', async (name) => {
  const usrsctp = await R.usrsctp_init();
  const value = usrsctp[`usrsctp_sysctl_get_${name}`]();
  expect(value).toBeGreaterThanOrEqual(0);
  const setter = tunables.includes(name) ? `usrsctp_tunable_set_${name}` : `usrsctp_sysctl_set_${name}`;
  const set = Reflect.get(usrsctp, setter) as (value: number) => number;
  const isReadOnly = name === 'sctp_multiple_asconfs'; // usrsctp.h declares a setter that usrsctp doesn't define
  expect(set(value), String(usrsctp.errno)).toBe(isReadOnly ? -1 : 0);
  if (isReadOnly) expect(usrsctp.errno).toBe('EPERM');
  expect(usrsctp[`usrsctp_sysctl_get_${name}`]()).toBe(value);
});

test('a sysctl applies to one instance of usrsctp only', async () => {
  const [one, other] = [await R.usrsctp_init(), await R.usrsctp_init()];
  const before = other.usrsctp_sysctl_get_sctp_rto_min_default();
  expect(one.usrsctp_sysctl_set_sctp_rto_min_default(123)).toBe(0);
  expect(one.usrsctp_sysctl_get_sctp_rto_min_default()).toBe(123);
  expect(other.usrsctp_sysctl_get_sctp_rto_min_default()).toBe(before);
  expect([one.usrsctp_sysctl_set_sctp_ecn_enable(99), one.errno]).toEqual([-1, 'EINVAL']);
});
