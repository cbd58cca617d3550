import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { optionTypes } from '../../src/bridge/option-types.js';
import * as R from '../../src/raw.js';
import { scenario } from '../../src/simulated.js';
import { upstream } from '../support/upstream.js';

const numbers = R as unknown as Readonly<Record<string, number>>;

/** Constants of upstream's main. The pinned release doesn't have them. */
const ACCEPT_ZERO_CHECKSUM = numbers['SCTP_ACCEPT_ZERO_CHECKSUM'] ?? -1;
const LOWER_LAYER_DTLS = numbers['SCTP_EDMID_LOWER_LAYER_DTLS'] ?? -1;
/** The parameter of INIT and INIT ACK with that method (RFC 9653 4). */
const ACCEPTABLE = Buffer.from([0x80, 0x01, 0, 8, 0, 0, 0, 1]);

const [INIT, COOKIE_ECHO] = [1, 10];

/** Sends a message over AF_CONN; the ends that are named accept packets without a checksum. Returns the packets of both. */
function exchange(accepting: readonly boolean[]) {
  return scenario({ seed: 1 }, async (network) => {
    const packets: Buffer[] = [];
    const init = (other: () => R.Usrsctp) =>
      network.standStill(
        R.usrsctp_init({
          clock: network.clock,
          conn_output: (_, packet) => {
            packets.push(Buffer.from(packet));
            other().usrsctp_conninput(7, packet);
          },
        }),
      );
    const left: R.Usrsctp = await init(() => right);
    const right: R.Usrsctp = await init(() => left);
    const [so, listener] = [left, right].map((usrsctp, index) => {
      usrsctp.usrsctp_register_address(7);
      const socket = usrsctp.usrsctp_socket(R.AF_CONN, R.SOCK_STREAM, R.IPPROTO_SCTP);
      const method = accepting[index] ? LOWER_LAYER_DTLS : 0;
      expect(usrsctp.usrsctp_setsockopt(socket, R.IPPROTO_SCTP, ACCEPT_ZERO_CHECKSUM, method as never)).toBe(0);
      usrsctp.usrsctp_bind(socket, { conn: 7, port: 5000 });
      return socket;
    });
    right.usrsctp_listen(listener!, 1);
    left.usrsctp_connect(so!, { conn: 7, port: 5000 });
    const accepted = right.usrsctp_accept(listener!);
    left.usrsctp_sendv(so!, Uint8Array.of(1, 2, 3));
    await network.advance(1000);
    expect(right.usrsctp_recvv(accepted, 100)).toMatchObject({ data: Uint8Array.of(1, 2, 3) });
    const counted = [left, right].map((usrsctp) => Reflect.get(usrsctp.usrsctp_get_stat(), 'sctps_recvzerocrc'));
    for (const usrsctp of [left, right]) usrsctp.usrsctp_finish();
    return { packets, counted };
  });
}

/** A test of an option that the pinned release doesn't have. */
const testOfMain = (name: string, run: () => Promise<void>) => {
  if (upstream === 'main') test(name, run);
};

const isWithoutChecksum = (packet: Buffer) => packet.readUInt32LE(8) === 0;
const isOf = (type: number) => (packet: Buffer) => packet[12] === type;

testOfMain('two ends that accept a zero checksum send packets with it (RFC 9653)', async () => {
  const { packets, counted } = await exchange([true, true]);
  const init = packets.find(isOf(INIT))!;
  expect(init.includes(ACCEPTABLE)).toBe(true);
  // These two always have a checksum (RFC 9653 5.2).
  const always = packets.filter((packet) => isOf(INIT)(packet) || isOf(COOKIE_ECHO)(packet));
  expect(always.some(isWithoutChecksum)).toBe(false);
  const others = packets.filter((packet) => !always.includes(packet));
  expect(others.length).toBeGreaterThan(3);
  expect(others.every(isWithoutChecksum)).toBe(true);
  expect(counted.every((count: number) => count > 0)).toBe(true);
});

testOfMain('if only one end accepts a zero checksum, all packets have checksums', async () => {
  for (const accepting of [
    [true, false],
    [false, true],
    [false, false],
  ]) {
    const { packets, counted } = await exchange(accepting);
    expect(packets.find(isOf(INIT))!.includes(ACCEPTABLE)).toBe(accepting[0]);
    expect(packets.some(isWithoutChecksum)).toBe(false);
    expect(counted).toEqual([0, 0]);
  }
});

test("wasm/layout/constants.txt lists every option, including those of upstream's main only", () => {
  const listed = readFileSync('wasm/layout/constants.txt', 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.split(/\s+/));
  const absent = Object.keys(optionTypes).filter((name) => numbers[name] === undefined);
  expect(absent).toEqual(upstream === 'main' ? [] : ['SCTP_ACCEPT_ZERO_CHECKSUM']);
  expect(listed).toEqual(expect.arrayContaining([...Object.keys(optionTypes), 'SCTP_EDMID_LOWER_LAYER_DTLS']));
});
