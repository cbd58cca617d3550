import { expect, test } from 'vitest';
import { type OptionName, optionType, optionTypes } from '../../src/bridge/option-types.js';
import { writeStruct } from '../../src/bridge/struct.js';
import * as R from '../../src/raw.js';
import { scenario } from '../../src/simulated.js';
import { connected, open, SERVER, two } from './fixture.js';

const WRITE_ONLY: readonly OptionName[] = [
  'SCTP_SET_PEER_PRIMARY_ADDR',
  'SCTP_AUTH_CHUNK',
  'SCTP_AUTH_KEY',
  'SCTP_AUTH_DEACTIVATE_KEY',
  'SCTP_AUTH_DELETE_KEY',
  'SCTP_RESET_STREAMS',
  'SCTP_RESET_ASSOC',
  'SCTP_ADD_STREAMS',
  'SCTP_ACCEPT_ZERO_CHECKSUM',
];

const READ_ONLY: readonly OptionName[] = [
  'SCTP_STATUS',
  'SCTP_GET_PEER_ADDR_INFO',
  'SCTP_PEER_AUTH_CHUNKS',
  'SCTP_LOCAL_AUTH_CHUNKS',
  'SCTP_GET_ASSOC_NUMBER',
  'SCTP_GET_ASSOC_ID_LIST',
  'SCTP_TIMEOUTS',
  'SCTP_PR_STREAM_STATUS',
  'SCTP_PR_ASSOC_STATUS',
  'SCTP_GET_SNDBUF_USE',
  'SCTP_PCB_STATUS',
  'SCTP_GET_NONCE_VALUES',
];

/** The argument that an option needs to be read. */
const ARGUMENTS: Partial<Record<OptionName, object>> = {
  SCTP_EVENT: { se_type: R.SCTP_ASSOC_CHANGE },
  SCTP_GET_PEER_ADDR_INFO: { spinfo_address: SERVER[0] },
  SCTP_PEER_ADDR_PARAMS: { spp_address: SERVER[0] },
  SCTP_PEER_ADDR_THLDS: { spt_address: SERVER[0] },
  SCTP_REMOTE_UDP_ENCAPS_PORT: { sue_address: SERVER[0] },
  SCTP_PR_STREAM_STATUS: { sprstat_policy: R.SCTP_PR_SCTP_ALL },
  SCTP_PR_ASSOC_STATUS: { sprstat_policy: R.SCTP_PR_SCTP_ALL },
  SCTP_CC_OPTION: { option: R.SCTP_CC_OPT_STEADY_STEP },
};

/** Options that usrsctp refuses to set to the value that they have, and why. */
const REFUSED: Partial<Record<OptionName, string>> = {
  SCTP_AUTOCLOSE: 'EINVAL', // not for one-to-one sockets
  SCTP_I_WANT_MAPPED_V4_ADDR: 'EINVAL', // for IPv6 sockets only
  SCTP_REUSE_PORT: 'EINVAL', // for unbound sockets only
};

/** They are negotiated when an association is set up, so they can be set on sockets only. */
const OF_SOCKETS =
  /^SCTP_(ECN|PR|AUTH|ASCONF|RECONFIG|NRSACK|PKTDROP|INTERLEAVING)_SUPPORTED$|^SCTP_GET_ASSOC_(NUMBER|ID_LIST)$/;

const numbers = R as unknown as Readonly<Record<string, number>>;
/** The options of the usrsctp that was built: upstream's main has more. */
const names = (Object.keys(optionTypes) as OptionName[]).filter((name) => numbers[name] !== undefined);

test.each(names.filter((name) => !WRITE_ONLY.includes(name)))(
  '%s can be read as an object or number and as bytes, and set to that',
  (name) =>
    scenario({ seed: 1 }, async (network) => {
      const { client, so: own, id } = await connected(network);
      const so = OF_SOCKETS.test(name) ? open(client, R.SOCK_SEQPACKET) : own;
      const number = numbers[name]!;
      client.usrsctp_sysctl_set_sctp_cmt_on_off(1);
      if (name === 'SCTP_CC_OPTION') {
        client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_PLUGGABLE_CC, { assoc_value: R.SCTP_CC_RTCC });
      }
      if (name === 'SCTP_SS_VALUE') {
        client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_PLUGGABLE_SS, { assoc_value: R.SCTP_SS_PRIORITY });
      }
      if (name === 'SCTP_INTERLEAVING_SUPPORTED') {
        client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_FRAGMENT_INTERLEAVE, R.SCTP_FRAG_LEVEL_2);
      }
      const read = () => client.usrsctp_getsockopt(so, R.IPPROTO_SCTP, number, ARGUMENTS[name] as never);
      const value = read();
      expect(value, String(client.errno)).not.toBe(-1);
      const type = optionType(name);
      expect(typeof value).toBe(type === 'int' ? 'number' : 'object');
      const informed = client.usrsctp_opt_info(so, so === own ? id : 0, number, ARGUMENTS[name] as never);
      expect(type === 'int' ? informed : Object.keys(Object(informed))).toEqual(
        type === 'int' ? value : Object.keys(value),
      );
      if (READ_ONLY.includes(name)) {
        expect(client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, number, new Uint8Array(200))).toBe(-1);
        return;
      }
      const set = client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, number, value as never);
      expect(set === 0 ? undefined : client.errno).toBe(REFUSED[name]);
      expect(read()).toEqual(value);
    }),
);

test.each(names.filter((name) => WRITE_ONLY.includes(name)))('%s cannot be read', (name) =>
  scenario({ seed: 1 }, async (network) => {
    const { client, so } = await connected(network);
    expect(client.usrsctp_getsockopt(so, R.IPPROTO_SCTP, numbers[name]!, new Uint8Array(200))).toBe(-1);
    expect(client.errno).toBe('ENOPROTOOPT');
  }),
);

test('an option is the same as bytes in C layout and as an object', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = open(client);
    const value = { srto_assoc_id: 0, srto_initial: 700, srto_max: 8000, srto_min: 300 };
    const bytes = writeStruct(R.structs.sctp_rtoinfo, value);
    expect(client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, R.SCTP_RTOINFO, bytes)).toBe(0);
    expect(client.usrsctp_getsockopt(so, R.IPPROTO_SCTP, R.SCTP_RTOINFO)).toEqual(value);
    expect(client.usrsctp_getsockopt(so, R.IPPROTO_SCTP, R.SCTP_RTOINFO, new Uint8Array(16))).toEqual(bytes);
    expect(client.usrsctp_opt_info(so, 0, R.SCTP_RTOINFO, new Uint8Array(16))).toEqual(bytes);
    expect(client.usrsctp_getsockopt(so, R.IPPROTO_SCTP, R.SCTP_RTOINFO, new Uint8Array(15))).toBe(-1);
    expect(client.errno).toBe('EINVAL');
    expect([client.usrsctp_opt_info(so, R.SCTP_ALL_ASSOC, R.SCTP_RTOINFO), client.errno]).toEqual([-1, 'EINVAL']);
    expect([client.usrsctp_setsockopt(so, 99, 1, new Uint8Array(4)), client.errno]).toEqual([-1, 'ENOPROTOOPT']);
    expect([client.usrsctp_setsockopt(so, R.IPPROTO_SCTP, 0x7777, 1), client.errno]).toEqual([-1, 'ENOPROTOOPT']);
  }));

test('the options of level SOL_SOCKET are SO_RCVBUF, SO_SNDBUF, SO_LINGER and SO_ERROR', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const so = open(client);
    for (const option of [R.SO_RCVBUF, R.SO_SNDBUF] as const) {
      expect(client.usrsctp_setsockopt(so, R.SOL_SOCKET, option, 77_000)).toBe(0);
      expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, option)).toBe(77_000);
    }
    expect(client.usrsctp_setsockopt(so, R.SOL_SOCKET, R.SO_LINGER, { l_onoff: 1, l_linger: 5 })).toBe(0);
    expect(client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_LINGER)).toEqual({ l_onoff: 1, l_linger: 5 });
    expect([client.usrsctp_getsockopt(so, R.SOL_SOCKET, R.SO_TYPE), client.errno]).toEqual([-1, 'EINVAL']);
  }));

test('buffers begin with 262,144 bytes in spite of the default of sctp_recvspace, or with the value that it was set to', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client } = await two(network);
    const sizes = (so = open(client)) =>
      [R.SO_SNDBUF, R.SO_RCVBUF].map((option) => client.usrsctp_getsockopt(so, R.SOL_SOCKET, option as 1));
    expect(client.usrsctp_sysctl_get_sctp_recvspace()).toBe(131_072);
    expect(sizes()).toEqual([262_144, 262_144]);
    client.usrsctp_sysctl_set_sctp_sendspace(50_000);
    client.usrsctp_sysctl_set_sctp_recvspace(60_000);
    expect(sizes()).toEqual([50_000, 60_000]);
  }));

test('a socket with a linger time of 0 aborts its association when it is closed', () =>
  scenario({ seed: 1 }, async (network) => {
    const { client, server, so, accepted } = await connected(network);
    client.usrsctp_setsockopt(so, R.SOL_SOCKET, R.SO_LINGER, { l_onoff: 1, l_linger: 0 });
    client.usrsctp_close(so);
    await network.advance(100);
    expect([server.usrsctp_recvv(accepted, 100), server.errno]).toEqual([-1, 'ECONNRESET']);
  }));
